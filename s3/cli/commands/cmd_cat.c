#include <errno.h>

#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    errno = 0;
    return fwrite(data.data, 1, data.len, stdout) == data.len ||
           err_set_errno(e, ERR_IO, errno, "cannot write to standard output");
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    UNUSED(result);
    cli_finish(ctx, error);
}

static bool cat_one(cli *c, const s3_uri *uri, err *e)
{
    cli_call call = {.c = c};
    s3_get_options options = {.bucket = uri->bucket,
                              .key = uri->key,
                              .fd = -1,
                              .on_data = on_data,
                              .on_done = on_got,
                              .ctx = &call};
    return cli_await(&call, s3_get(c->client, &options), e);
}

static bool run(cli *c, err *e)
{
    return cli_each_object(c, cat_one, e) && print_flush(e);
}

static const option rows[] = {ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_cat = {
    .name = "cat",
    .summary = "write objects to standard output",
    .options =
        SET(rows, "cat", "decon-s3 cat [OPTION]... s3://BUCKET/KEY...",
            "Writes the objects' bytes to standard output, one after the other. * and ? in a "
            "key match any characters, and one character.",
            "Examples:\n  decon-s3 cat s3://my-bucket/train.jsonl.gz | zcat | head\n"
            "  decon-s3 cat 's3://my-bucket/part-*.jsonl' >all.jsonl\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
