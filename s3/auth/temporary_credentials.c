#include "s3/auth/temporary_credentials.h"

#include <jansson.h>

#include "s3/protocol/http_date.h"

void s3_role_keys_deinit(s3_role_keys *keys)
{
    free(keys->access_key_id);
    free(keys->secret_access_key);
    free(keys->session_token);
    *keys = (s3_role_keys){0};
}

char *s3_role_keys_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? xstrdup(text) : NULL;
}

bool s3_role_keys_read_json(slice text, s3_role_keys *out, const char **reason)
{
    json_t *json = text.len ? json_loadb(text.data, text.len, 0, NULL) : NULL;
    *out = (s3_role_keys){.access_key_id = s3_role_keys_text(json, "AccessKeyId"),
                          .secret_access_key = s3_role_keys_text(json, "SecretAccessKey"),
                          .session_token = s3_role_keys_text(json, "Token")};
    AUTO_FREE char *expiration = s3_role_keys_text(json, "Expiration");
    json_decref(json);
    *reason = NULL;
    if (!out->access_key_id || !out->secret_access_key)
        *reason = "its answer holds no keys (has the role been removed?)";
    else if (expiration && !s3_when_parse_iso(expiration, &out->expires_s))
        *reason = "its answer has an Expiration that is no date";
    if (*reason)
        s3_role_keys_deinit(out);
    return !*reason;
}
