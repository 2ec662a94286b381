#include "decon/base/log.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"
#include "decon/s3/presign.h"
#include "base/util.h"

static const char *const methods[] = {"GET", "PUT", "HEAD", "DELETE", NULL};

typedef struct signing {
    cli_call call; /* first */
    const char *uri;
    unsigned expires_s;
} signing;

static void on_url(void *ctx, const char *url, int64_t keys_expire_s, const err *error)
{
    signing *g = ctx;
    cli *c = g->call.c;
    if (error) {
        cli_finish(&g->call, error);
        return;
    }
    int64_t left_s = keys_expire_s - clock_wall_s(loop_transport(c->loop));
    if (keys_expire_s != 0 && left_s < (int64_t)g->expires_s)
        log_warn("the URL expires with the credentials that sign it, in %lld s", (long long)left_s);
    if (c->config->json && !c->style) { /* s5cmd prints the URL alone */
        const print_member members[] = {{.name = "uri", .text = g->uri},
                                        {.name = "method", .text = methods[c->config->method]},
                                        {.name = "expires_in", .number = g->expires_s},
                                        {.name = "url", .text = url}};
        print_json(members, ARRAY_LEN(members));
    } else {
        printf("%s\n", url);
    }
    cli_finish(&g->call, NULL);
}

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    signing g = {.call = {.c = c},
                 .uri = c->words[0],
                 .expires_s = (unsigned)(c->config->expires_in_ms / 1000)};
    if (!cli_parse_object(c->words[0], &uri, e))
        return false;
    return cli_await(&g.call,
                     s3_presign_version(c->client, methods[c->config->method], uri.bucket, uri.key,
                                        c->config->version_id, g.expires_s, on_url, &g),
                     e) &&
           print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "expires_in", .type = OPTION_DURATION, .offset = AT(expires_in_ms), .fallback = "1h",
     .min = 1, .max = S3_PRESIGN_MAX_S, .metavar = "TIME", .alias = "expire",
     .section = "Signing", .help = "Lifetime of the URL: 90 (seconds), 15m, 12h, 7d."},
    {.key = "method", .type = OPTION_ENUM, .offset = AT(method), .fallback = "GET",
     .choices = methods, .metavar = "METHOD", .help = "The request that the URL permits."},
    ROW_VERSION_ID, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_presign = {
    .name = "presign",
    .summary = "print a URL that needs no credentials",
    .options =
        SET(rows, "presign", "decon-s3 presign [OPTION]... s3://BUCKET/KEY",
            "Prints a signed URL: it permits anyone to download the object (or, with --method PUT, "
            "to upload it) until the URL or the credentials expire. No request is sent, so the "
            "object need not exist. For a bucket on AWS the region must be the "
            "bucket's own.",
            "Examples:\n"
            "  decon-s3 presign --expires-in 15m s3://my-bucket/report.pdf\n"
            "  curl -T new.pdf \"$(decon-s3 presign --method PUT s3://my-bucket/new.pdf)\"\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
