#include "s3/auth/credential_process.h"

#include <jansson.h>

#include "decon/base/log.h"
#include "s3/protocol/http_date.h"

#define OUTPUT_MAX_BYTES ((size_t)64 * 1024)
#define TIME_LIMIT_MS    60000

/* Yields the reason why there are no keys, or NULL. */
static char *read_members(const json_t *json, int64_t now_s, s3_role_keys *keys)
{
    json_int_t version = json_integer_value(json_object_get(json, "Version"));
    if (!json_is_object(json))
        return xstrdup("its output is no JSON object");
    if (version != 1)
        return xasprintf("its output has Version %lld, only 1 is known", (long long)version);
    *keys = (s3_role_keys){.access_key_id = s3_role_keys_text(json, "AccessKeyId"),
                           .secret_access_key = s3_role_keys_text(json, "SecretAccessKey"),
                           .session_token = s3_role_keys_text(json, "SessionToken")};
    AUTO_FREE char *expiration = s3_role_keys_text(json, "Expiration");
    if (!keys->access_key_id || !keys->secret_access_key)
        return xstrdup("its output holds no AccessKeyId, or no SecretAccessKey");
    if (expiration && !s3_when_parse_iso(expiration, &keys->expires_s))
        return xasprintf("its Expiration '%.40s' is no date such as 2026-01-31T12:00:00Z",
                         expiration);
    if (expiration && keys->expires_s <= now_s)
        return xasprintf("the keys that it gives have expired already (%.40s)", expiration);
    return NULL;
}

static char *read_output(slice output, int64_t now_s, s3_role_keys *keys)
{
    json_t *json = output.len ? json_loadb(output.data, output.len, 0, NULL) : NULL;
    char *reason = read_members(json, now_s, keys);
    json_decref(json);
    return reason;
}

static void ended(void *ctx, const process_result *result)
{
    s3_process *p = ctx;
    AUTO(s3_role_keys) keys = {0};
    AUTO_FREE char *what = NULL;
    p->running = NULL;
    if (!result->ok)
        what = xstrdup(result->error.message);
    else if (result->exit_status != 0)
        what = xasprintf("it ended with status %d", result->exit_status);
    else
        what = read_output(result->output, clock_wall_s(p->t), &keys);
    if (!what) {
        p->on_end(p->ctx, &keys, NULL);
        return;
    }
    bool has_words = result->last_words.len > 0;
    AUTO_FREE char *reason =
        xasprintf("credential_process: %s%s%.*s%s", what, has_words ? " and says: " : "",
                  (int)result->last_words.len, has_words ? result->last_words.data : "",
                  has_words ? "" : " (run its command by hand to see more)");
    p->on_end(p->ctx, NULL, reason);
}

void s3_process_init(s3_process *p, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *p = (s3_process){.t = t, .on_end = on_end, .ctx = ctx};
}

void s3_process_start(s3_process *p, const char *command)
{
    p->running = process_start(p->t, &(process_request){.command = command,
                                                        .output_max_bytes = OUTPUT_MAX_BYTES,
                                                        .time_limit_ms = TIME_LIMIT_MS,
                                                        .on_done = ended,
                                                        .ctx = p});
}

void s3_process_cancel(s3_process *p)
{
    process_cancel(p->t, move(p->running));
}
