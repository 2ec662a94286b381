#include "s3/auth/credential_process.h"

#include <jansson.h>

#include "decon/base/log.h"
#include "base/util.h"

#define OUTPUT_MAX_BYTES ((size_t)64 * 1024)
#define TIME_LIMIT_MS    60000

/* Returns the reason for a failure, or NULL. */
static char *read_members(const json_t *json, int64_t now_s, s3_role_keys *keys)
{
    static const s3_role_key_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                            "Expiration"};
    json_int_t version = json_integer_value(json_object_get(json, "Version"));
    if (!json_is_object(json))
        return xstrdup("its output is not a JSON object");
    if (version != 1)
        return xasprintf("its output has Version %lld, only 1 is supported", (long long)version);
    char *fault = s3_role_keys_take(json, &names, keys);
    if (!fault && keys->expires_s && keys->expires_s <= now_s)
        fault = xasprintf("its keys have expired (%.40s)",
                          json_string_value(json_object_get(json, "Expiration")));
    return fault;
}

static char *read_output(slice output, int64_t now_s, s3_role_keys *keys)
{
    char *reason;
    json_t *json = s3_role_keys_parse(output, "output", &reason);
    if (!reason)
        reason = read_members(json, now_s, keys);
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
        p->on_end(p->ctx, &keys, NULL, S3_KEYS_REFUSED);
        return;
    }
    bool has_text = result->error_line.len > 0;
    AUTO_FREE char *reason =
        xasprintf("credential_process: %s%s%.*s%s", what, has_text ? " and says: " : "",
                  (int)result->error_line.len, has_text ? result->error_line.data : "",
                  has_text ? "" : " (run the command by hand for details)");
    p->on_end(p->ctx, NULL, reason, S3_KEYS_FAILED);
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
