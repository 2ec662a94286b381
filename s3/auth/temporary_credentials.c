#include "s3/auth/temporary_credentials.h"

#include <jansson.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/auth/static_credentials.h"
#include "s3/protocol/http_date.h"

void s3_role_keys_deinit(s3_role_keys *keys)
{
    free(keys->access_key_id);
    free(keys->secret_access_key);
    free(keys->session_token);
    *keys = (s3_role_keys){0};
}

/* Copies a member to *out, NULL if it is absent, null or empty. Returns its fault, or NULL. */
static char *take_text(const json_t *object, const char *name, char **out)
{
    const json_t *member = json_object_get(object, name);
    const char *text = json_string_value(member);
    *out = text && *text ? xstrdup(text) : NULL;
    if (!member || json_is_null(member) || text)
        return NULL;
    return xasprintf("its answer's %s is not a string", name);
}

static char *fault_of(const char *name, const char *value, s3_key_kind kind)
{
    const char *what = value ? s3_key_fault(kind, value) : NULL;
    return what ? xasprintf("its answer's %s %s", name, what) : NULL;
}

char *s3_role_keys_fault(const s3_role_keys *keys, const s3_role_key_names *names)
{
    if (!keys->access_key_id && !keys->secret_access_key)
        return xasprintf("its answer has no keys: neither %s nor %s (has the role been removed?)",
                         names->id, names->secret);
    if (!keys->access_key_id || !keys->secret_access_key)
        return xasprintf("its answer has an incomplete key pair: %s, but no %s",
                         keys->access_key_id ? names->id : names->secret,
                         keys->access_key_id ? names->secret : names->id);
    char *fault = fault_of(names->id, keys->access_key_id, S3_KEY_ID);
    if (!fault)
        fault = fault_of(names->secret, keys->secret_access_key, S3_KEY_SECRET);
    return fault ? fault : fault_of(names->token, keys->session_token, S3_KEY_TOKEN);
}

static char *take_expiration(const json_t *object, const char *name, s3_role_keys *out)
{
    AUTO_FREE char *text = NULL;
    char *fault = name ? take_text(object, name, &text) : NULL;
    if (!fault && text && !s3_when_parse(text, &out->expires_s))
        fault = xasprintf("its answer's %s '%.40s' is not a date such as 2026-01-31T12:00:00Z",
                          name, text);
    return fault;
}

char *s3_role_keys_take(const json_t *object, const s3_role_key_names *names, s3_role_keys *out)
{
    *out = (s3_role_keys){0};
    char *fault = json_is_object(object) ? NULL : xstrdup("its answer is not a JSON object");
    if (!fault)
        fault = take_text(object, names->id, &out->access_key_id);
    if (!fault)
        fault = take_text(object, names->secret, &out->secret_access_key);
    if (!fault)
        fault = take_text(object, names->token, &out->session_token);
    if (out->secret_access_key)
        log_secret_add(out->secret_access_key);
    if (out->session_token)
        log_secret_add(out->session_token);
    if (!fault)
        fault = s3_role_keys_fault(out, names);
    if (!fault)
        fault = take_expiration(object, names->expiration, out);
    if (fault)
        s3_role_keys_deinit(out);
    return fault;
}

json_t *s3_role_keys_parse(slice text, const char *what, char **fault)
{
    json_error_t error = {.text = ""};
    *fault = NULL;
    json_t *json =
        text.len ? json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (json_is_object(json))
        return json;
    bool twice = !json && text.len && json_error_code(&error) == json_error_duplicate_key;
    json_decref(json);
    *fault =
        xasprintf(twice ? "a member of its %s occurs twice" : "its %s is not a JSON object", what);
    return NULL;
}

char *s3_role_keys_read_json(slice text, s3_role_keys *out)
{
    static const s3_role_key_names names = {"AccessKeyId", "SecretAccessKey", "Token",
                                            "Expiration"};
    char *fault;
    json_t *json = s3_role_keys_parse(text, "answer", &fault);
    *out = (s3_role_keys){0};
    if (!fault)
        fault = s3_role_keys_take(json, &names, out);
    json_decref(json);
    return fault;
}
