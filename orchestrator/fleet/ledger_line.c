#include "orchestrator/fleet/ledger_line.h"

#include <string.h>

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "base/utf8.h"

#define FORMAT 1

static void write_checksum(const s3_checksum *sum, buf *out)
{
    if (sum->kind == S3_CHECKSUM_NONE)
        return;
    json_open(out, "checksum");
    json_member_string(out, "kind", slice_from(s3_checksum_name(sum->kind)));
    json_member_string(out, "value", slice_from(sum->text));
    json_close(out);
}

void ledger_line_write(const ledger_line *line, buf *out)
{
    AUTO(buf) text = BUF(LEDGER_LINE_MAX_BYTES);
    json_member_int(&text, "format", FORMAT);
    json_member_string(&text, "key", slice_from(line->key));
    json_member_string(&text, "etag", slice_from(line->etag));
    json_member_unsigned(&text, "size", line->size_bytes);
    write_checksum(&line->checksum, &text);
    if (line->version_id)
        json_member_string(&text, "version_id", slice_from(line->version_id));
    json_member_string(&text, "verdict", slice_from(line->contaminated ? "contaminated" : "clean"));
    if (line->lines_known)
        json_member_unsigned(&text, "lines", line->lines);
    json_member_unsigned(&text, "contaminated_lines", line->contaminated_lines);
    json_key(&text, "contaminated_lines_by_set");
    set_counts_write(&line->sets, &text);
    if (line->settings)
        json_member_string(&text, "settings", slice_from(line->settings));
    json_key(&text, "seconds");
    buf_printf(&text, "%llu.%03u", (unsigned long long)(line->spent_ms / 1000),
               (unsigned)(line->spent_ms % 1000));
    json_member_int(&text, "committed", line->committed_s);
    if (line->result_modified_s)
        json_member_int(&text, "result_modified", line->result_modified_s);
    if (line->version)
        json_member_string(&text, "version", slice_from(line->version));
    json_close(&text);
    buf_append_char(&text, '\n');
    if (!text.overflow)
        buf_append_slice(out, buf_slice(&text));
}

/* --- reading --- */

enum {
    FORMAT_KEY,
    KEY,
    ETAG,
    SIZE,
    CHECKSUM,
    VERSION_ID,
    VERDICT,
    LINES,
    CONTAMINATED,
    BY_SET,
    SETTINGS,
    COMMITTED,
    RESULT_MODIFIED,
    VERSION,
    KEY_COUNT
};

/* False: a kind that this version does not know, or a value that is too long. */
static bool read_checksum(const json_value *value, s3_checksum *out)
{
    static const char *const keys[] = {"kind", "value"};
    json_value members[2];
    if (value->type == JSON_ABSENT)
        return true;
    if (!json_read_members(value->raw, keys, members, 2, NULL, NULL))
        return false;
    AUTO_FREE char *kind = json_text_dup(&members[0]);
    AUTO_FREE char *text = json_text_dup(&members[1]);
    if (!kind || !text || strlen(text) >= sizeof out->text ||
        !s3_checksum_parse_kind(kind, &out->kind))
        return false;
    memcpy(out->text, text, strlen(text) + 1);
    return true;
}

static bool read_sets(const json_value *value, set_counts *out)
{
    if (value->type != JSON_OBJECT)
        return value->type == JSON_ABSENT;
    return set_counts_read(value->raw, out);
}

/* 0: unknown. */
static int64_t time_of(const json_value *value)
{
    uint64_t time_s = 0;
    return json_unsigned(value, &time_s) && time_s <= UINT32_MAX ? (int64_t)time_s : 0;
}

bool ledger_line_read(slice text, ledger_line *out, err *e)
{
    static const char *const keys[KEY_COUNT] = {[FORMAT_KEY] = "format",
                                                [KEY] = "key",
                                                [ETAG] = "etag",
                                                [SIZE] = "size",
                                                [CHECKSUM] = "checksum",
                                                [VERSION_ID] = "version_id",
                                                [VERDICT] = "verdict",
                                                [LINES] = "lines",
                                                [CONTAMINATED] = "contaminated_lines",
                                                [BY_SET] = "contaminated_lines_by_set",
                                                [SETTINGS] = "settings",
                                                [COMMITTED] = "committed",
                                                [RESULT_MODIFIED] = "result_modified",
                                                [VERSION] = "version"};
    json_value values[KEY_COUNT];
    uint64_t format = 0;
    *out = (ledger_line){0};
    if (utf8_check(text) < text.len)
        return err_set(e, ERR_PARSE, "the line is not UTF-8");
    if (!json_read_members(text, keys, values, KEY_COUNT, NULL, e))
        return false;
    out->key = json_text_dup(&values[KEY]);
    out->etag = json_text_dup(&values[ETAG]);
    out->settings = json_text_dup(&values[SETTINGS]);
    out->version_id = json_text_dup(&values[VERSION_ID]);
    out->version = json_text_dup(&values[VERSION]);
    out->committed_s = time_of(&values[COMMITTED]);
    out->result_modified_s = time_of(&values[RESULT_MODIFIED]);
    out->lines_known = json_unsigned(&values[LINES], &out->lines);
    out->contaminated = slice_equal_str(values[VERDICT].raw, "contaminated");
    bool ok = json_unsigned(&values[FORMAT_KEY], &format) && format == FORMAT && out->key &&
              out->etag && json_unsigned(&values[SIZE], &out->size_bytes) &&
              json_unsigned(&values[CONTAMINATED], &out->contaminated_lines) &&
              (out->contaminated || slice_equal_str(values[VERDICT].raw, "clean")) &&
              read_checksum(&values[CHECKSUM], &out->checksum) &&
              read_sets(&values[BY_SET], &out->sets);
    if (!ok)
        ledger_line_deinit(out);
    return ok || err_set(e, ERR_PARSE, "not a line of a ledger of format %d", FORMAT);
}

void ledger_line_deinit(ledger_line *line)
{
    free((char *)(uintptr_t)line->key);
    free((char *)(uintptr_t)line->etag);
    free((char *)(uintptr_t)line->settings);
    free((char *)(uintptr_t)line->version_id);
    free((char *)(uintptr_t)line->version);
    set_counts_deinit(&line->sets);
    *line = (ledger_line){0};
}
