#include <strings.h>

#include "decon/s3/buckets.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

static const char *const states[] = {[S3_VERSIONING_OFF] = "off",
                                     [S3_VERSIONING_ENABLED] = "enabled",
                                     [S3_VERSIONING_SUSPENDED] = "suspended",
                                     NULL};

typedef struct showing {
    cli_call call; /* first */
    const char *uri;
} showing;

static void on_state(void *ctx, s3_versioning state, const err *error)
{
    showing *s = ctx;
    const print_member members[] = {{.name = "uri", .text = s->uri},
                                    {.name = "versioning", .text = states[state]}};
    if (!error && s->call.c->config->json)
        print_json(members, ARRAY_LEN(members));
    else if (!error)
        printf("uri: %s\nversioning: %s\n", s->uri, states[state]);
    cli_finish(&s->call, error);
}

static bool show(cli *c, const s3_uri *uri, const char *name, err *e)
{
    showing s = {.call = {.c = c}, .uri = name};
    return cli_await(&s.call, s3_get_versioning(c->client, uri->bucket, on_state, &s), e) &&
           print_flush(e);
}

static bool set(cli *c, const s3_uri *uri, const char *name, s3_versioning state, err *e)
{
    cli_call call = {.c = c};
    if (!cli_await(&call, s3_set_versioning(c->client, uri->bucket, state, cli_on_done, &call), e))
        return false;
    print_done(c, &(print_result){.operation = "versioning",
                                  .from = name,
                                  .reason = states[state],
                                  .size_bytes = PRINT_NO_SIZE});
    return true;
}

static bool parse_state(const char *word, s3_versioning *out, err *e)
{
    for (s3_versioning i = S3_VERSIONING_ENABLED; i <= S3_VERSIONING_SUSPENDED; i++) {
        if (strcasecmp(word, states[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return err_set(e, ERR_USAGE,
                   "'%s': write enabled or suspended; S3 cannot switch versioning off again", word);
}

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    s3_versioning state = S3_VERSIONING_OFF;
    if (!cli_parse_bucket(c->words[0], &uri, e) ||
        (c->word_count > 1 && !parse_state(c->words[1], &state, e)))
        return false;
    AUTO_FREE char *name = xasprintf("s3://%s", uri.bucket);
    return c->word_count > 1 ? set(c, &uri, name, state, e) : show(c, &uri, name, e);
}

static const option rows[] = {ROW_QUIET, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_versioning = {
    .name = "versioning",
    .summary = "show or set the versioning of a bucket",
    .options = SET(
        rows, "versioning", "decon-s3 versioning [OPTION]... s3://BUCKET [enabled|suspended]",
        "Shows whether the bucket keeps earlier versions of objects: enabled, suspended, or off "
        "(it was never enabled). With enabled or suspended, sets it. While it is suspended, "
        "existing versions stay, and new objects have the version null.",
        "Examples:\n"
        "  decon-s3 versioning s3://my-bucket\n"
        "  decon-s3 versioning s3://my-bucket enabled\n"),
    .words_min = 1,
    .words_max = 2,
    .needs_client = true,
    .run = run,
};
