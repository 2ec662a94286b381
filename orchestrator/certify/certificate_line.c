#include "orchestrator/certify/certificate_line.h"

#include <string.h>

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "base/utf8.h"

static const char *const verdicts[CERTIFICATE_VERDICT_COUNT] = {
    [CERTIFICATE_CLEAN] = "clean",     [CERTIFICATE_CONTAMINATED] = "contaminated",
    [CERTIFICATE_FAILED] = "failed",   [CERTIFICATE_LEFT] = "left",
    [CERTIFICATE_REFUSED] = "refused",
};

const char *certificate_verdict_name(certificate_verdict v)
{
    return verdicts[v];
}

/* Names are in ascending order, and json_put_string escapes as RFC 8785 demands. */
void certificate_line_write(const certificate_line *line, buf *out)
{
    buf_append_char(out, '{');
    if (line->checksum.kind != S3_CHECKSUM_NONE) {
        json_open(out, "checksum");
        json_member_string(out, "kind", slice_from(s3_checksum_name(line->checksum.kind)));
        json_member_string(out, "value", slice_from(line->checksum.text));
        json_close(out);
    }
    if (line->etag.len)
        json_member_string(out, "etag", line->etag);
    json_member_string(out, "key", line->key);
    if (line->unproven)
        json_member_bool(out, "provenance", false);
    if (line->settings.len)
        json_member_string(out, "settings", line->settings);
    json_member_unsigned(out, "size", line->size_bytes);
    json_member_string(out, "verdict", slice_from(verdicts[line->verdict]));
    if (line->version_id.len)
        json_member_string(out, "version_id", line->version_id);
    json_close(out);
}

/* --- reading --- */

certificate_scratch certificate_scratch_new(void)
{
    certificate_scratch s = {.again = BUF(CERTIFICATE_LINE_MAX_BYTES)};
    for (size_t i = 0; i < CERTIFICATE_SCRATCHES; i++)
        s.texts[i] = BUF(CERTIFICATE_LINE_MAX_BYTES);
    return s;
}

void certificate_scratch_deinit(certificate_scratch *s)
{
    for (size_t i = 0; i < CERTIFICATE_SCRATCHES; i++)
        buf_deinit(&s->texts[i]);
    buf_deinit(&s->again);
}

enum {
    ETAG,
    KEY,
    SETTINGS,
    VERDICT,
    VERSION_ID,
    STRINGS,
    CHECKSUM = STRINGS,
    SIZE,
    PROVENANCE,
    COUNT
};

static bool take_checksum(const json_value *value, s3_checksum *out)
{
    static const char *const keys[] = {"kind", "value"};
    json_value members[2];
    if (value->type == JSON_ABSENT)
        return true;
    if (!json_read_members(value->raw, keys, members, 2, NULL, NULL) ||
        members[0].type != JSON_STRING || members[1].type != JSON_STRING ||
        members[1].raw.len >= sizeof out->text)
        return false;
    AUTO_FREE char *kind = slice_dup(members[0].raw);
    memcpy(out->text, members[1].raw.data, members[1].raw.len);
    return s3_checksum_parse_kind(kind, &out->kind);
}

static bool take_verdict(slice name, certificate_verdict *out)
{
    for (size_t i = 0; i < CERTIFICATE_VERDICT_COUNT; i++)
        if (slice_equal_str(name, verdicts[i])) {
            *out = (certificate_verdict)i;
            return true;
        }
    return false;
}

static bool take_values(const json_value values[COUNT], certificate_scratch *s,
                        certificate_line *out)
{
    slice texts[STRINGS] = {{0}};
    for (size_t i = 0; i < STRINGS; i++)
        if (values[i].type == JSON_STRING && !json_text(&values[i], &s->texts[i], &texts[i]))
            return false;
    out->etag = texts[ETAG];
    out->key = texts[KEY];
    out->settings = texts[SETTINGS];
    out->version_id = texts[VERSION_ID];
    out->unproven = values[PROVENANCE].type == JSON_BOOL;
    return out->key.len > 0 && take_verdict(texts[VERDICT], &out->verdict) &&
           json_unsigned(&values[SIZE], &out->size_bytes) &&
           out->size_bytes <= CERTIFICATE_SIZE_MAX &&
           take_checksum(&values[CHECKSUM], &out->checksum);
}

bool certificate_line_read(slice text, certificate_scratch *s, certificate_line *out, err *e)
{
    static const char *const keys[COUNT] = {[ETAG] = "etag",         [KEY] = "key",
                                            [SETTINGS] = "settings", [VERDICT] = "verdict",
                                            [SIZE] = "size",         [VERSION_ID] = "version_id",
                                            [CHECKSUM] = "checksum", [PROVENANCE] = "provenance"};
    json_value values[COUNT];
    *out = (certificate_line){.size_bytes = 0};
    if (utf8_check(text) < text.len)
        return err_set(e, ERR_PARSE, "not UTF-8");
    if (!json_read_members(text, keys, values, COUNT, NULL, e))
        return false;
    if (!take_values(values, s, out))
        return err_set(e, ERR_PARSE, "not a line of a certificate of format 1");
    buf_clear(&s->again);
    certificate_line_write(out, &s->again);
    return slice_equal(buf_slice(&s->again), text) ||
           err_set(e, ERR_PARSE, "not in canonical form, or with unknown members");
}
