#include "orchestrator/verify/cmd_verify.h"

#include <jansson.h>

#include "decon/base/log.h"

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
    fprintf(out, "%llu lines (%llu blank), the longest of ", (unsigned long long)v->lines,
            (unsigned long long)v->blank_lines);
    print_size(out, v->longest_line_bytes);
}

static void print_notes(FILE *out, const verdict *v, const char *content_key)
{
    if (v->suffix_differs)
        fprintf(out, "; its name promises another format than %s", codec_get(v->format)->name);
    if (v->unscannable_lines)
        fprintf(out, "; %llu lines have no text under '%s'",
                (unsigned long long)v->unscannable_lines, content_key);
    if (v->skipped_lines)
        fprintf(out,
                "; the detection server skips %llu lines (lone surrogates, more than %d levels or "
                "numbers beyond 1.8e308)",
                (unsigned long long)v->skipped_lines, JSONL_SERVER_DEPTH);
    if (v->lone_surrogates)
        fprintf(out, "; %llu escapes of half a character (lone surrogates)",
                (unsigned long long)v->lone_surrogates);
}

/* Every message begins with the file's name already, or names it. */
void verify_print_text(FILE *out, const char *name, const verdict *v, const err *error,
                       const char *content_key)
{
    if (error) {
        fprintf(out, "FAILED  %s\n", error->message);
        return;
    }
    AUTO_FREE char *shown = xstrdup(name);
    for (char *c = shown; *c; c++) /* in one line, as in messages */
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
    fprintf(out, "OK      %s: %s, ", shown, codec_get(v->format)->name);
    print_lines(out, v);
    fputs("; ", out);
    print_sizes(out, v);
    print_notes(out, v, content_key);
    fputc('\n', out);
}

static json_t *checksum_list(unsigned checksums)
{
    json_t *list = json_array();
    for (unsigned bit = 1; bit <= CODEC_CHECK_XXH64; bit <<= 1) {
        char name[CODEC_CHECK_NAMES_BYTES];
        if (checksums & bit)
            json_array_append_new(list, json_string(codec_check_names(bit, name)));
    }
    return list;
}

static void put_count(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void put_verdict(json_t *object, const verdict *v)
{
    json_object_set_new(object, "format", json_string(codec_get(v->format)->name));
    json_object_set_new(object, "suffix_differs", json_boolean(v->suffix_differs));
    put_count(object, "raw_bytes", v->raw_bytes);
    put_count(object, "decoded_bytes", v->decoded_bytes);
    json_object_set_new(object, "ratio", json_real(ratio(v)));
    put_count(object, "members", v->members);
    json_object_set_new(object, "checksums", checksum_list(v->checksums));
    put_count(object, "lines", v->lines);
    put_count(object, "blank_lines", v->blank_lines);
    put_count(object, "longest_line_bytes", v->longest_line_bytes);
    put_count(object, "unscannable_lines", v->unscannable_lines);
    put_count(object, "skipped_lines", v->skipped_lines);
    put_count(object, "lone_surrogates", v->lone_surrogates);
}

/* A name or message that is not UTF-8 is shown as far as it goes. */
static json_t *any_string(const char *text)
{
    json_t *string = json_string(text);
    if (string)
        return string;
    AUTO_FREE char *plain = xstrdup(text);
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    return json_string(plain);
}

void verify_print_json(FILE *out, const char *name, const verdict *v, const err *error)
{
    json_t *object = json_object();
    json_object_set_new(object, "file", any_string(name));
    json_object_set_new(object, "ok", json_boolean(!error));
    if (error) {
        json_object_set_new(object, "code", json_string(err_code_name(error->code)));
        json_object_set_new(object, "message", any_string(error->message));
    } else {
        put_verdict(object, v);
    }
    AUTO_FREE char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fprintf(out, "%s\n", text ? text : "{}");
    json_decref(object);
}

void verify_print_sums(const verify_sums *s)
{
    char text[256];
    snprintf(text, sizeof text,
             "SUMMARY: Files=%llu Sound=%llu Unsound=%llu Unread=%llu Ignored=%llu Lines=%llu "
             "Bytes=%llu Decoded=%llu",
             (unsigned long long)(s->sound + s->unsound + s->unread), (unsigned long long)s->sound,
             (unsigned long long)s->unsound, (unsigned long long)s->unread,
             (unsigned long long)s->ignored, (unsigned long long)s->lines,
             (unsigned long long)s->raw_bytes, (unsigned long long)s->decoded_bytes);
    if (s->json)
        log_info("%s", text);
    else
        fprintf(s->out, "%s\n", text);
}
