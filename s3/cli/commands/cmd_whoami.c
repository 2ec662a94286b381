#include "decon/s3/whoami.h"
#include "base/util.h"

#include <time.h>

#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

static void print_as_json(const s3_identity *i)
{
    char expires[32] = "";
    if (i->expires_s)
        print_time(i->expires_s, expires, sizeof expires);
    const print_member members[] = {
        {.name = "provider", .text = i->anonymous ? "anonymous" : i->provider},
        {.name = "detail", .text = i->detail, .absent = !i->detail},
        {.name = "access_key_id", .text = i->access_key_id, .absent = !i->access_key_id},
        {.name = "session_token",
         .text = i->has_session_token ? "yes" : "no",
         .absent = i->anonymous},
        {.name = "expires", .text = expires, .absent = !i->expires_s},
        {.name = "account", .text = i->account, .absent = !i->account},
        {.name = "arn", .text = i->arn, .absent = !i->arn},
        {.name = "user_id", .text = i->user_id, .absent = !i->user_id},
        {.name = "region", .text = i->region},
        {.name = "region_from", .text = i->region_from},
        {.name = "endpoint", .text = i->endpoint},
        {.name = "passed_over", .text = i->passed_over, .absent = !*i->passed_over},
    };
    print_json(members, ARRAY_LEN(members));
}

static void print_expiry(int64_t expires_s)
{
    char when[32], left[32];
    int64_t left_s = expires_s - (int64_t)time(NULL);
    print_time(expires_s, when, sizeof when);
    format_duration((uint64_t)MAX(left_s, (int64_t)0) * 1000, left, sizeof left);
    printf("expires: %s UTC (%s%s)\n", when,
           left_s > 0 ? "in " : "expired: ", left_s > 0 ? left : "still in use");
}

static void print_keys(const s3_identity *i)
{
    if (i->anonymous) {
        printf("provider: none, requests are not signed\n");
        return;
    }
    printf("provider: %s", i->provider);
    if (i->detail)
        printf(" (%s)", i->detail);
    printf("\naccess-key-id: %s\nsession-token: %s\n", i->access_key_id,
           i->has_session_token ? "yes" : "no");
    if (i->expires_s)
        print_expiry(i->expires_s);
    else
        printf("expires: never\n");
}

static void print_lines(const s3_identity *i)
{
    print_keys(i);
    if (i->account)
        printf("account: %s\narn: %s\n", i->account, i->arn);
    if (i->user_id)
        printf("user-id: %s\n", i->user_id);
    printf("region: %s (%s)\nendpoint: %s\n", i->region, i->region_from, i->endpoint);
    if (*i->passed_over)
        printf("passed-over: %s\n", i->passed_over);
}

static void on_done(void *ctx, const s3_identity *identity, const err *error)
{
    cli_call *call = ctx;
    if (!error && call->c->config->json)
        print_as_json(identity);
    else if (!error)
        print_lines(identity);
    cli_finish(call, error);
}

static bool run(cli *c, err *e)
{
    cli_call call = {.c = c};
    return cli_await(&call, s3_whoami(c->client, c->config->ask_sts, on_done, &call), e) &&
           print_flush(e);
}

static const option rows[] = {
    {.key = "ask_sts",
     .type = OPTION_BOOL,
     .offset = AT(ask_sts),
     .section = "Identity",
     .help = "Call STS GetCallerIdentity for account and ARN (needs no permission)."},
    ROWS_OF_CLIENTS,
    ROWS_OF_ALL,
};

const cli_command cli_command_whoami = {
    .name = "whoami",
    .summary = "show the credentials in use, their source and expiration",
    .options =
        SET(rows, "whoami", "decon-s3 whoami [OPTION]...",
            "Finds credentials like any other command and prints them without secrets. "
            "--log-level debug logs each step.",
            "Examples:\n  decon-s3 whoami\n  decon-s3 whoami --profile research --ask-sts\n"),
    .words_min = 0,
    .words_max = 0,
    .needs_client = true,
    .run = run,
};
