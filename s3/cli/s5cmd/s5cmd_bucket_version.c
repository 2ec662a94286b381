/* bucket-version as s5cmd prints it: one sentence, or one JSON object. */
#include <strings.h>

#include "decon/s3/buckets.h"
#include "s3/cli/commands/option_rows.h"
#include "base/util.h"
#include "s3/cli/s5cmd/translate.h"
#include "s3/cli/session/print.h"

static const char *const states[] = {[S3_VERSIONING_OFF] = "",
                                     [S3_VERSIONING_ENABLED] = "Enabled",
                                     [S3_VERSIONING_SUSPENDED] = "Suspended"};

typedef struct question {
    cli_call call; /* first */
    const char *bucket;
} question;

static void print_state(const cli *c, const char *bucket, s3_versioning state, bool is_set)
{
    const print_member members[] = {{.name = "bucket", .text = bucket},
                                    {.name = "status", .text = states[state]}};
    if (c->config->json)
        print_json(members, ARRAY_LEN(members));
    else if (state == S3_VERSIONING_OFF)
        printf("\"%s\" is an unversioned bucket\n", bucket);
    else
        printf("Bucket versioning for \"%s\" is %s\"%s\"\n", bucket, is_set ? "set to " : "",
               states[state]);
}

static void on_state(void *ctx, s3_versioning state, const err *error)
{
    question *q = ctx;
    if (!error)
        print_state(q->call.c, q->bucket, state, false);
    cli_finish(&q->call, error);
}

static bool set(cli *c, const char *bucket, const char *text, err *e)
{
    cli_call call = {.c = c};
    s3_versioning state = S3_VERSIONING_SUSPENDED;
    while (state > S3_VERSIONING_OFF && strcasecmp(text, states[state]) != 0)
        state--;
    if (state == S3_VERSIONING_OFF)
        return err_set(e, ERR_USAGE, "--set '%s': write Enabled or Suspended", text);
    if (!cli_await(&call, s3_set_versioning(c->client, bucket, state, cli_on_done, &call), e))
        return false;
    print_state(c, bucket, state, true);
    return true;
}

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    if (!cli_parse_bucket(c->words[0], &uri, e))
        return false;
    question q = {.call = {.c = c}, .bucket = uri.bucket};
    bool ok = c->config->versioning
                  ? set(c, uri.bucket, c->config->versioning, e)
                  : cli_await(&q.call, s3_get_versioning(c->client, uri.bucket, on_state, &q), e);
    return ok && print_flush(e);
}

static const option rows[] = {
    {.key = "set", .type = OPTION_STRING, .offset = AT(versioning), .help = "The new state."},
    ROWS_OF_CLIENTS,
    ROWS_OF_ALL};

const cli_command s5cmd_command_bucket_version = {
    .name = "bucket-version",
    .options = SET(rows, "bucket-version", "s5cmd bucket-version s3://BUCKET", NULL, NULL),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
