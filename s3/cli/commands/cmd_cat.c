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

/* Bytes FROM-TO (inclusive), FROM- or -LENGTH, as in HTTP's Range. */
static bool parse_range(const char *text, s3_get_slice_options *out, err *e)
{
    uint64_t from = 0, to = 0;
    const char *given = str_starts_with(text, "bytes=") ? text + strlen("bytes=") : text;
    const char *dash = strchr(given, '-');
    AUTO_FREE char *first = dash ? xstrndup(given, (size_t)(dash - given)) : NULL;
    bool has_from = first && first[0], has_to = dash && dash[1];
    bool ok = dash && (has_from || has_to) && (!has_from || num_parse_u64(first, &from)) &&
              (!has_to || num_parse_u64(dash + 1, &to)) && (has_from || to > 0) &&
              (!has_from || !has_to || from <= to);
    if (!ok)
        return err_set(e, ERR_USAGE,
                       "--range '%s': write FROM-TO (the first byte is 0), FROM- or -LENGTH", text);
    out->from_end = !has_from;
    out->offset_bytes = from;
    out->len_bytes = !has_from ? to : has_to ? to - from + 1 : 0;
    return true;
}

static bool cat_slice(void *ctx, cli *c, const s3_uri *uri, err *e)
{
    UNUSED(ctx);
    cli_call call = {.c = c};
    s3_get_slice_options options = {.bucket = uri->bucket,
                                    .key = uri->key,
                                    .version_id = c->config->version_id,
                                    .on_data = on_data,
                                    .on_done = cli_on_done,
                                    .ctx = &call};
    return parse_range(c->config->range, &options, e) &&
           cli_await(&call, s3_get_slice(c->client, &options), e);
}

static bool cat_whole(void *ctx, cli *c, const s3_uri *uri, err *e)
{
    UNUSED(ctx);
    cli_call call = {.c = c};
    s3_get_options options = {.bucket = uri->bucket,
                              .key = uri->key,
                              .version_id = c->config->version_id,
                              .fd = -1,
                              .on_data = on_data,
                              .on_done = on_got,
                              .ctx = &call};
    return cli_await(&call, s3_get(c->client, &options), e);
}

static bool run(cli *c, err *e)
{
    s3_get_slice_options unused = {0};
    const char *range = c->config->range;
    if ((range && !parse_range(range, &unused, e)) || !cli_check_version(c, e))
        return false;
    return cli_each_object(c, range ? cat_slice : cat_whole, NULL, e) && print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "range", .type = OPTION_STRING, .offset = AT(range), .metavar = "BYTES", .section = "Reading",
     .help = "Write some bytes of each object only: 0-99, 100- or -500 (the last 500). No checksum covers them."},
    ROW_VERSION_ID, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_cat = {
    .name = "cat",
    .summary = "write objects to standard output",
    .options =
        SET(rows, "cat", "decon-s3 cat [OPTION]... s3://BUCKET/KEY...",
            "Writes the objects' bytes to standard output, one after the other. * and ? in a "
            "key match any characters, and one character.",
            "Examples:\n  decon-s3 cat s3://my-bucket/train.jsonl.gz | zcat | head\n"
            "  decon-s3 cat 's3://my-bucket/part-*.jsonl' >all.jsonl\n"
            "  decon-s3 cat --range -1000 s3://my-bucket/run.log\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
