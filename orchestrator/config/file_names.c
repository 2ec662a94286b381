#include "orchestrator/config/file_names.h"

#include <ctype.h>

#include "base/utf8.h"
#include "decon/base/buf.h"
#include "decon/compression/codec.h"
#include "base/util.h"

#define FILE_NAME_MAX_BYTES 255
#define SUFFIX_MAX_BYTES    64
#define CODEC_SUFFIX_SIZE   8

/* Further suffixes of inputs, NULL-terminated; NULL: none. Set once, before a run begins. */
static const char *const *more_suffixes;

void names_take_suffixes(const char *const *suffixes)
{
    more_suffixes = suffixes;
}

bool names_check_suffix(const char *text, err *e)
{
    size_t len = strlen(text);
    bool plain = text[0] == '.' && len > 1 && len <= SUFFIX_MAX_BYTES && !strchr(text, '/');
    for (const char *p = text; plain && *p; p++)
        plain = (unsigned char)*p > ' ' && *p != 0x7f;
    return plain || err_set(e, ERR_CONFIG,
                            "'%.80s' is not a suffix; write one like .ndjson (a dot, then up to %d "
                            "bytes without blanks and slashes)",
                            text, SUFFIX_MAX_BYTES - 1);
}

typedef struct name_parts {
    size_t base_len;
    bool is_input, is_standard;    /* standard: .jsonl or .json, plain or with a codec's suffix */
    char codec[CODEC_SUFFIX_SIZE]; /* ".gz" or "", always in small letters */
} name_parts;

/* The codec's suffix at the end of `text`, in any case; spelled as in the table. */
static void find_codec(const char *text, char out[CODEC_SUFFIX_SIZE])
{
    char low[CODEC_SUFFIX_SIZE + 1];
    size_t len = strlen(text), take = MIN(len, sizeof low - 1), i;
    for (i = 0; i < take; i++)
        low[i] = (char)tolower((unsigned char)text[len - take + i]);
    low[take] = '\0';
    snprintf(out, CODEC_SUFFIX_SIZE, "%s", codec_name_suffix(low));
}

/* Removes the longest matching suffix. */
static void try_suffix(const char *key, size_t len, const char *suffix, bool standard,
                       name_parts *parts)
{
    size_t suffix_len = strlen(suffix);
    if (len < suffix_len || memcmp(key + len - suffix_len, suffix, suffix_len) != 0)
        return;
    size_t base_len = len - suffix_len;
    if (parts->is_input && parts->base_len <= base_len)
        return;
    parts->is_input = true;
    parts->is_standard = standard;
    parts->base_len = base_len;
    find_codec(key + base_len, parts->codec);
}

static name_parts split_name(const char *key)
{
    static const char *const standard[] = {".jsonl", ".json"};
    name_parts parts = {0};
    size_t len = strlen(key), bare_len = len - strlen(codec_name_suffix(key));
    for (size_t i = 0; i < ARRAY_LEN(standard); i++)
        try_suffix(key, bare_len, standard[i], true, &parts);
    for (const char *const *s = more_suffixes; s && *s; s++) {
        try_suffix(key, len, *s, false, &parts);
        try_suffix(key, bare_len, *s, false, &parts);
    }
    return parts;
}

bool names_is_input(const char *key)
{
    return split_name(key).is_input;
}

size_t names_base_len(const char *key)
{
    return split_name(key).base_len;
}

static bool take_end(slice *text, const char *const *ends)
{
    for (; *ends; ends++)
        if (slice_ends_with(*text, *ends)) {
            text->len -= strlen(*ends);
            return true;
        }
    return false;
}

bool names_is_near_input(const char *key)
{
    static const char *const packed[] = {".gz",  ".gzip", ".z",   ".zst",    ".zstd", ".zz", ".bz2",
                                         ".bz",  ".xz",   ".lz4", ".lzma",   ".lz",   ".br", ".sz",
                                         ".lzo", ".zip",  ".7z",  ".snappy", NULL};
    static const char *const kinds[] = {".jsonl", ".json",      ".ndjson", ".ldjson",
                                        ".jl",    ".jsonlines", ".jsons",  NULL};
    AUTO_FREE char *low = xstrdup(names_basename(key));
    for (char *p = low; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    slice text = slice_from(low);
    while (take_end(&text, packed)) /* `.jsonl.gz.gz` too */
        continue;
    return take_end(&text, kinds);
}

const char *names_basename(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash ? slash + 1 : key;
}

output_names names_outputs(const char *relative, const char *report_prefix,
                           const char *cleaned_prefix)
{
    name_parts parts = split_name(relative);
    int base = (int)parts.base_len;
    return (output_names){
        .report_key = xasprintf("%s%.*s" NAMES_REPORT_SUFFIX, report_prefix, base, relative),
        .marker_key = xasprintf("%s%.*s" NAMES_MARKER_SUFFIX, report_prefix, base, relative),
        .near_key = xasprintf("%s%.*s" NAMES_NEAR_SUFFIX, report_prefix, base, relative),
        .cleaned_key = xasprintf("%s%.*s" NAMES_CLEANED_SUFFIX "%s", cleaned_prefix, base, relative,
                                 parts.codec),
    };
}

void output_names_deinit(output_names *n)
{
    free(n->report_key);
    free(n->marker_key);
    free(n->near_key);
    free(n->cleaned_key);
    *n = (output_names){0};
}

static bool take_digits(slice *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text->len <= i || !isdigit((unsigned char)text->data[text->len - 1 - i]))
            return false;
    text->len -= count;
    return true;
}

/* From its end: .jsonl, two decimals, a point, one digit, a dash, the mode. The only mode is
 * simple. */
bool names_is_python_report(const char *key)
{
    slice text = slice_from(names_basename(key));
    static const char *const suffix[] = {".jsonl", NULL}, *const point[] = {".", NULL},
                             *const mode[] = {"-simple-", NULL};
    return take_end(&text, suffix) && take_digits(&text, 2) && take_end(&text, point) &&
           take_digits(&text, 1) && take_end(&text, mode) && text.len > 0;
}

bool names_is_python_cleaned(const char *key)
{
    return str_ends_with(key, ".gz") && names_is_input(key) &&
           !strstr(names_basename(key), NAMES_CLEANED_SUFFIX);
}

bool names_is_utf8(const char *s)
{
    slice text = slice_from(s);
    return utf8_check(text) == text.len;
}

/* A name that is too long is cut before its suffixes. */
static char *shorten(const char *base, size_t base_len, const char *suffixes)
{
    size_t keep = base_len, room = FILE_NAME_MAX_BYTES - strlen(suffixes);
    if (keep > room) {
        keep = room;
        while (keep > 0 &&
               ((unsigned char)base[keep] & 0xC0) == 0x80) /* never inside a character */
            keep--;
    }
    return xasprintf("%.*s%s", (int)keep, base, suffixes);
}

/* Detection servers recognise formats by the name. */
char *names_local(const char *key)
{
    const char *name = names_basename(key);
    name_parts parts = split_name(name);
    AUTO_FREE char *suffixes = parts.is_input && !parts.is_standard
                                   ? xasprintf(".jsonl%s", parts.codec)
                                   : xstrdup(name + parts.base_len);
    char *local = shorten(name, parts.base_len, suffixes);
    if (!names_is_utf8(local))
        for (char *p = local; *p; p++)
            if ((unsigned char)*p >= 0x80)
                *p = '_';
    return local;
}
