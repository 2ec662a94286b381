#include "orchestrator/verify/cmd_verify.h"

#include "base/json/json_write.h"
#include "base/utf8.h"
#include "decon/base/log.h"
#include "base/util.h"

#define JSON_LINE_MAX_BYTES ((size_t)1 << 20) /* names of up to 4 KiB, escapes of six bytes */

static double ratio(const verdict *v)
{
    return v->raw_bytes ? (double)v->decoded_bytes / (double)v->raw_bytes : 0;
}

static void print_size(FILE *out, uint64_t bytes)
{
    char text[32];
    format_size(bytes, text, sizeof text);
    fprintf(out, "%s", text);
}

static void print_sizes(FILE *out, const verdict *v)
{
    char names[CODEC_CHECK_NAMES_BYTES];
    if (v->format == CODEC_PLAIN) {
        print_size(out, v->decoded_bytes);
        return;
    }
    print_size(out, v->raw_bytes);
    fputs(" to ", out);
    print_size(out, v->decoded_bytes);
    codec_check_names(v->checksums, names);
    fprintf(out, " (ratio %.2f), checksums: %s", ratio(v), names[0] ? names : "nothing to check");
}

static void print_lines(FILE *out, const verdict *v)
{
    fprintf(out, "%llu line%s (%llu blank), the longest of ", (unsigned long long)v->lines,
            plural_s(v->lines), (unsigned long long)v->blank_lines);
    print_size(out, v->longest_line_bytes);
}

static void print_notes(FILE *out, const verdict *v, const char *content_key)
{
    if (v->suffix_differs)
        fprintf(out, "; its name has the suffix of another format than %s",
                codec_get(v->format)->name);
    if (v->unscannable_lines)
        fprintf(out, "; %llu line%s no text under '%s'", (unsigned long long)v->unscannable_lines,
                v->unscannable_lines == 1 ? " has" : "s have", content_key);
    if (v->skipped_lines)
        fprintf(
            out,
            "; the detection server skips %llu line%s (unpaired surrogates, more than %d levels or "
            "numbers beyond 1.8e308)",
            (unsigned long long)v->skipped_lines, plural_s(v->skipped_lines), JSONL_SERVER_DEPTH);
    if (v->lone_surrogates)
        fprintf(out, "; %llu unpaired surrogate%s", (unsigned long long)v->lone_surrogates,
                plural_s(v->lone_surrogates));
}

/* Error messages name the file already. */
void verify_print_text(FILE *out, const char *name, const verdict *v, const err *error,
                       const char *content_key)
{
    if (error) {
        fprintf(out, "FAILED  %s\n", error->message);
        return;
    }
    AUTO_FREE char *shown = xstrdup(name);
    for (char *c = shown; *c; c++) /* one line */
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
    fprintf(out, "OK      %s: %s, ", shown, codec_get(v->format)->name);
    print_lines(out, v);
    fputs("; ", out);
    print_sizes(out, v);
    print_notes(out, v, content_key);
    fputc('\n', out);
}

static void put_checksums(buf *out, unsigned checksums)
{
    const char *comma = "";
    json_key(out, "checksums");
    buf_append_char(out, '[');
    for (unsigned bit = 1; bit <= CODEC_CHECK_XXH64; bit <<= 1) {
        char name[CODEC_CHECK_NAMES_BYTES];
        if (!(checksums & bit))
            continue;
        buf_append_str(out, comma);
        json_put_string(out, slice_from(codec_check_names(bit, name)));
        comma = ",";
    }
    buf_append_char(out, ']');
}

/* Six significant digits; "4.0" for a whole number, so that the type is always the same. */
static void put_ratio(buf *out, double value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.6g", value);
    json_key(out, "ratio");
    buf_printf(out, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

static void put_verdict(buf *out, const verdict *v)
{
    json_member_string(out, "format", slice_from(codec_get(v->format)->name));
    json_member_bool(out, "suffix_differs", v->suffix_differs);
    json_member_unsigned(out, "raw_bytes", v->raw_bytes);
    json_member_unsigned(out, "decoded_bytes", v->decoded_bytes);
    put_ratio(out, ratio(v));
    json_member_unsigned(out, "members", v->members);
    put_checksums(out, v->checksums);
    json_member_unsigned(out, "lines", v->lines);
    json_member_unsigned(out, "blank_lines", v->blank_lines);
    json_member_unsigned(out, "longest_line_bytes", v->longest_line_bytes);
    json_member_unsigned(out, "unscannable_lines", v->unscannable_lines);
    json_member_unsigned(out, "skipped_lines", v->skipped_lines);
    json_member_unsigned(out, "lone_surrogates", v->lone_surrogates);
}

/* In a name or message that is not UTF-8, each byte beyond ASCII is replaced by a question mark. */
static void put_any_string(buf *out, const char *key, const char *text)
{
    slice whole = slice_from(text);
    if (utf8_check(whole) == whole.len) {
        json_member_string(out, key, whole);
        return;
    }
    AUTO_FREE char *plain = xstrdup(text);
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    json_member_string(out, key, slice_from(plain));
}

void verify_print_json(FILE *out, const char *name, const verdict *v, const err *error)
{
    AUTO(buf) line = BUF(JSON_LINE_MAX_BYTES);
    put_any_string(&line, "file", name);
    json_member_bool(&line, "ok", !error);
    if (error) {
        json_member_string(&line, "code", slice_from(err_code_name(error->code)));
        put_any_string(&line, "message", error->message);
    } else {
        put_verdict(&line, v);
    }
    json_close(&line);
    fprintf(out, "%s\n", buf_str(&line));
}

void verify_print_sums(const verify_sums *s)
{
    char text[256];
    snprintf(text, sizeof text,
             "SUMMARY: Files=%llu Valid=%llu Invalid=%llu Unreadable=%llu Ignored=%llu Lines=%llu "
             "Bytes=%llu Decoded=%llu",
             (unsigned long long)s->valid + s->invalid + s->unreadable,
             (unsigned long long)s->valid, (unsigned long long)s->invalid,
             (unsigned long long)s->unreadable, (unsigned long long)s->ignored,
             (unsigned long long)s->lines, (unsigned long long)s->raw_bytes,
             (unsigned long long)s->decoded_bytes);
    if (s->json)
        log_info("%s", text);
    else
        fprintf(s->out, "%s\n", text);
}
