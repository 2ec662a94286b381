#include "s3/cli/rows.h"

static bool rm_one(cli *c, const s3_uri *uri, err *e)
{
    cli_call call = {.c = c};
    return cli_await(&call, s3_delete(c->client, uri->bucket, uri->key, cli_on_done, &call), e);
}

static bool run(cli *c, err *e)
{
    return cli_each_object(c, rm_one, e);
}

static const option rows[] = {ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_rm = {
    .name = "rm",
    .summary = "remove objects",
    .options = SET(rows, "rm", "decon-s3 rm [OPTION]... s3://BUCKET/KEY...",
                   "Removes the objects. One that is not there is no error, as in S3.",
                   "Example:\n  decon-s3 rm s3://my-bucket/old.jsonl s3://my-bucket/older.jsonl\n"),
    .words_min = 1,
    .words_max = 10000,
    .needs_client = true,
    .run = run,
};
