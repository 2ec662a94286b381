#include "s3/cli/rows.h"

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    cli_call call = {.c = c};
    if (!s3_uri_parse(c->words[0], &uri, e))
        return false;
    if (uri.key[0])
        return err_set(e, ERR_USAGE, "%s: write s3://bucket", c->words[0]);
    return cli_await(&call, s3_create_bucket(c->client, uri.bucket, cli_on_done, &call), e);
}

static const option rows[] = {ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_mb = {
    .name = "mb",
    .summary = "make a bucket",
    .options = SET(rows, "mb", "decon-s3 mb [OPTION]... s3://BUCKET", "Makes a bucket.",
                   "Example:\n  decon-s3 mb s3://my-bucket\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
