#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    cli_call call = {.c = c};
    if (!cli_parse_bucket(c->words[0], &uri, e) ||
        !cli_await(&call, s3_create_bucket(c->client, uri.bucket, cli_on_done, &call), e))
        return false;
    AUTO_FREE char *text = xasprintf("s3://%s", uri.bucket);
    print_done(c, &(print_result){.operation = "mb", .from = text, .size_bytes = PRINT_NO_SIZE});
    return true;
}

static const option rows[] = {ROW_QUIET, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_mb = {
    .name = "mb",
    .summary = "create a bucket",
    .options = SET(rows, "mb", "decon-s3 mb [OPTION]... s3://BUCKET",
                   "Creates a bucket in the configured region.",
                   "Example:\n  decon-s3 mb s3://my-bucket\n"
                   "  decon-s3 mb --region eu-central-1 s3://my-bucket\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
