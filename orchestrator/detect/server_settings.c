#include "orchestrator/detect/server_settings.h"

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "decon/base/digest.h"
#include "orchestrator/fleet/settings_record.h"

enum { FINGERPRINT, SETTINGS, THRESHOLD, MODE, PURIFY, RECALL, FILTERS, SETS, COUNT };

static void put_raw(buf *json, const char *key, const json_value *value)
{
    const char *quote = value->type == JSON_STRING ? "\"" : "";
    json_key(json, key);
    buf_append_str(json, quote);
    buf_append_slice(json, value->raw);
    buf_append_str(json, quote);
}

/* As in detection/config/fingerprint.c: ascending keys, and the SHA-256 of the text. */
static void make_partial(const json_value *values, server_settings *out)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    AUTO(buf) json = BUF(4096);
    put_raw(&json, "contamination_score_threshold", &values[THRESHOLD]);
    put_raw(&json, "mode", &values[MODE]);
    json_member_bool(&json, "partial", true);
    put_raw(&json, "purify", &values[PURIFY]);
    json_close(&json);
    sha256(buf_slice(&json), digest);
    hex_encode(digest, sizeof digest, hex);
    *out = (server_settings){.fingerprint = xstrdup(hex), .json = buf_give(&json), .partial = true};
}

/* NULL: the server does not report it. */
static char *copy_of(const json_value *value, json_type type)
{
    return value->type == type ? xstrndup(value->raw.data, value->raw.len) : NULL;
}

void server_settings_read(slice health, server_settings *out)
{
    static const char *const keys[COUNT] = {[FINGERPRINT] = "fingerprint",
                                            [SETTINGS] = "settings",
                                            [THRESHOLD] = "contamination_score_threshold",
                                            [MODE] = "mode",
                                            [PURIFY] = "purify",
                                            [RECALL] = "recall",
                                            [FILTERS] = "filters",
                                            [SETS] = "evaluation_sets"};
    json_value values[COUNT];
    *out = (server_settings){0};
    if (!json_read_members(health, keys, values, COUNT, NULL, NULL))
        return;
    const json_value *f = &values[FINGERPRINT], *s = &values[SETTINGS];
    AUTO_FREE char *fingerprint = xstrndup(f->type == JSON_STRING ? f->raw.data : "", f->raw.len);
    if (settings_fingerprint_is_valid(fingerprint) && s->type == JSON_OBJECT)
        *out = (server_settings){.fingerprint = move(fingerprint),
                                 .json = xstrndup(s->raw.data, s->raw.len),
                                 .recall = copy_of(&values[RECALL], JSON_OBJECT),
                                 .filters = copy_of(&values[FILTERS], JSON_OBJECT),
                                 .sets = copy_of(&values[SETS], JSON_ARRAY)};
    else if (values[THRESHOLD].type == JSON_NUMBER && values[MODE].type == JSON_STRING &&
             values[PURIFY].type == JSON_BOOL)
        make_partial(values, out);
}

void server_settings_deinit(server_settings *s)
{
    free(s->fingerprint);
    free(s->json);
    free(s->recall);
    free(s->filters);
    free(s->sets);
    *s = (server_settings){0};
}
