#include "s3/cli/s5cmd/globals.h"

#include <stdlib.h>

#include "decon/base/log.h"
#include "base/util.h"

#define WORKERS_DEFAULT 256
#define WORKERS_MAX     1000
#define RETRIES_DEFAULT 10
#define RETRIES_MAX     999

enum {
    GLOBAL_JSON,
    GLOBAL_WORKERS,
    GLOBAL_RETRIES,
    GLOBAL_ENDPOINT,
    GLOBAL_NO_VERIFY,
    GLOBAL_LOG,
    GLOBAL_COMPLETION,
    GLOBAL_DRY_RUN,
    GLOBAL_STAT,
    GLOBAL_NO_SIGN,
    GLOBAL_LIST_V1,
    GLOBAL_PAYER,
    GLOBAL_PROFILE,
    GLOBAL_CREDENTIALS,
    GLOBAL_HELP,
    GLOBAL_VERSION
};

/* clang-format off */
static const s5cmd_flag rows[] = {
    {"json", NULL, false, GLOBAL_JSON, "results and errors as JSON lines"},
    {"numworkers", NULL, true, GLOBAL_WORKERS, "requests in flight; default: 256, at most 1000"},
    {"retry-count", "r", true, GLOBAL_RETRIES, "retries of a request; default: 10"},
    {"endpoint-url", NULL, true, GLOBAL_ENDPOINT, "address of the store; else S3_ENDPOINT_URL, then as decon-s3"},
    {"no-verify-ssl", NULL, false, GLOBAL_NO_VERIFY, "do not check certificates"},
    {"log", NULL, true, GLOBAL_LOG, "trace, debug, info (default) or error: errors only"},
    {"install-completion", NULL, false, GLOBAL_COMPLETION, "refused: see decon-s3 completion"},
    {"dry-run", NULL, false, GLOBAL_DRY_RUN, "print what would be done, and do nothing"},
    {"stat", NULL, false, GLOBAL_STAT, "no effect"},
    {"no-sign-request", NULL, false, GLOBAL_NO_SIGN, "send requests without a signature"},
    {"use-list-objects-v1", NULL, false, GLOBAL_LIST_V1, "no effect: ListObjectsV2 is used"},
    {"request-payer", NULL, true, GLOBAL_PAYER, "who pays for requests: requester"},
    {"profile", NULL, true, GLOBAL_PROFILE, "section of the credentials file"},
    {"credentials-file", NULL, true, GLOBAL_CREDENTIALS, "file with credentials"},
    {"help", "h", false, GLOBAL_HELP, "print this help"},
    {"version", "v", false, GLOBAL_VERSION, "print the version"},
};
/* clang-format on */
const s5cmd_flags s5cmd_global_flags = {rows, ARRAY_LEN(rows)};

static bool take_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *out,
                        err *e)
{
    uint64_t number = 0;
    if (!num_parse_u64(text, &number) || number < (uint64_t)min)
        return err_set(e, ERR_USAGE, "--%s '%s': is not a number of at least %lld", name, text,
                       (long long)min);
    *out = number > (uint64_t)max ? max : (int64_t)number;
    return true;
}

static bool take_level(s5cmd_globals *g, const char *text, err *e)
{
    static const char *const names[] = {"trace", "debug", "info", "error"};
    static const log_level levels[] = {LOG_DEBUG, LOG_DEBUG, LOG_WARN, LOG_ERROR};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!str_equal(names[i], text))
            continue;
        g->log_level = levels[i];
        g->quiet = levels[i] == LOG_ERROR;
        return true;
    }
    return err_set(e, ERR_USAGE, "--log '%s': allowed values: trace, debug, info, error", text);
}

static bool take_payer(s5cmd_globals *g, const char *text, err *e)
{
    g->request_payer = text;
    return str_equal(text, "requester") ||
           err_set(e, ERR_USAGE, "--request-payer '%s': the only value is requester", text);
}

static bool take(s5cmd_globals *g, const s5cmd_flag *row, const char *value, err *e)
{
    switch (row->meaning) {
    case GLOBAL_WORKERS:
        return take_number(row->name, value, 1, WORKERS_MAX, &g->workers, e);
    case GLOBAL_RETRIES:
        return take_number(row->name, value, 0, RETRIES_MAX, &g->retries, e);
    case GLOBAL_LOG:
        return take_level(g, value, e);
    case GLOBAL_PAYER:
        return take_payer(g, value, e);
    case GLOBAL_COMPLETION:
        return err_set(e, ERR_USAGE,
                       "--install-completion: is not offered; `decon-s3 completion` prints the "
                       "script for decon-s3");
    case GLOBAL_STAT:
    case GLOBAL_LIST_V1:
        log_warn("--%s: has no effect here", row->name);
        return true;
    default:
        break;
    }
    const struct {
        int meaning;
        bool *truth;
        const char **text;
    } members[] = {
        {GLOBAL_JSON, &g->json, NULL},
        {GLOBAL_NO_VERIFY, &g->no_verify_ssl, NULL},
        {GLOBAL_DRY_RUN, &g->dry_run, NULL},
        {GLOBAL_NO_SIGN, &g->no_sign_request, NULL},
        {GLOBAL_HELP, &g->help, NULL},
        {GLOBAL_VERSION, &g->version, NULL},
        {GLOBAL_ENDPOINT, NULL, &g->endpoint_url},
        {GLOBAL_PROFILE, NULL, &g->profile},
        {GLOBAL_CREDENTIALS, NULL, &g->credentials_file},
    };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].meaning != row->meaning)
            continue;
        if (members[i].truth)
            *members[i].truth = true;
        else
            *members[i].text = value;
    }
    return true;
}

static bool check(const s5cmd_globals *g, err *e)
{
    const char *url = g->endpoint_url;
    if (url && !str_starts_with(url, "http://") && !str_starts_with(url, "https://"))
        return err_set(e, ERR_USAGE,
                       "bad value for --endpoint-url %s: scheme is missing. Must be of the form "
                       "http://<hostname>/ or https://<hostname>/",
                       url);
    if (g->no_sign_request && (g->profile || g->credentials_file))
        return err_set(e, ERR_USAGE, "\"no-sign-request\" and \"%s\" flags cannot be used together",
                       g->profile ? "profile" : "credentials-file");
    return true;
}

bool s5cmd_globals_read(int argc, char **argv, s5cmd_globals *g, int *first, err *e)
{
    const s5cmd_flag *row;
    const char *value, *url = getenv("S3_ENDPOINT_URL");
    *g = (s5cmd_globals){.log_level = LOG_WARN,
                         .workers = WORKERS_DEFAULT,
                         .retries = RETRIES_DEFAULT,
                         .endpoint_url = url && url[0] ? url : NULL};
    for (*first = 1;;) {
        if (!s5cmd_next_flag(&s5cmd_global_flags, argv, argc, first, &row, &value, e))
            return false;
        if (!row)
            return check(g, e);
        if (!take(g, row, value, e))
            return false;
    }
}

static void replace(char **member, const char *text)
{
    if (!text)
        return;
    free(*member);
    *member = xstrdup(text);
}

void s5cmd_globals_apply(const s5cmd_globals *g, cli_config *config)
{
    config->yes = true;
    config->json = g->json;
    config->dry_run = g->dry_run;
    config->quiet = g->quiet;
    config->log_level = g->log_level;
    config->workers = g->workers;
    config->no_sign_request |= g->no_sign_request;
    config->connection.max_attempts = g->retries + 1;
    config->connection.request_payer = g->request_payer != NULL;
    if (g->no_verify_ssl)
        config->connection.verify_ssl = false;
    replace(&config->endpoint_url, g->endpoint_url);
    replace(&config->profile, g->profile);
    if (g->credentials_file)
        setenv("AWS_SHARED_CREDENTIALS_FILE", g->credentials_file, 1);
}
