#include "base/util.h"
#include "base/json/json_read.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/json/json_escape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The members wanted from one object. With a path: the member of its first part is searched with
 * the rest of the path. */
typedef struct wanted {
    const char *const *keys;
    json_value *values;
    size_t count;
    const char *path; /* NULL, or the rest of a dotted path; then `values` is its one value */
    json_member_found *each; /* NULL, or is called for each member */
    void *ctx;
} wanted;

typedef struct reader {
    const char *start, *at, *end;
    unsigned depth;
    err *e;
} reader;

static bool read_value(reader *r, const wanted *w, json_value *out);

static bool fail(reader *r, const char *cause)
{
    return err_set(r->e, ERR_PARSE, "byte %zu: %s", (size_t)(r->at - r->start), cause);
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* The text after `\u`. A high surrogate must be followed by an escaped low surrogate. */
static bool read_unicode_escape(reader *r)
{
    int unit = r->end - r->at < 4 ? -1 : json_hex_unit(r->at);
    if (unit < 0)
        return fail(r, "\\u without four hex digits");
    r->at += 4;
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return fail(r, "unpaired surrogate escape");
    if (unit < 0xD800 || unit > 0xDBFF)
        return true;
    if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
        return fail(r, "unpaired surrogate escape");
    int low = json_hex_unit(r->at + 2);
    if (low < 0xDC00 || low > 0xDFFF)
        return fail(r, "unpaired surrogate escape");
    r->at += 6;
    return true;
}

static bool read_escape(reader *r)
{
    if (r->at == r->end)
        return fail(r, "the text ends inside a string");
    char c = *r->at++;
    if (c == 'u')
        return read_unicode_escape(r);
    if (c != '\0' && strchr("\"\\/bfnrt", c))
        return true;
    return fail(r, "unknown escape in a string");
}

#ifdef __SSE2__

/* One bit for each of 16 bytes that is a quote, a backslash or a control character. */
static unsigned special_of(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(control, quote), backslash));
}

#define SPECIAL_BYTES     16
#define SPECIAL_BITS_BYTE 1 /* of special_of for each byte */

#else

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Bit 7 of each byte that is below `limit`, at most 0x80. A byte above one that is marked may be marked wrongly. */
static uint64_t bytes_below(uint64_t word, unsigned limit)
{
    return (word - EACH(limit)) & ~word & EACH(0x80);
}

/* The same as above for 8 bytes, the lowest bit that is set is right. */
static uint64_t special_of(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word = le64toh(word);
    return bytes_below(word, 0x20) | bytes_below(word ^ EACH('"'), 1) |
           bytes_below(word ^ EACH('\\'), 1);
}

#define SPECIAL_BYTES     8
#define SPECIAL_BITS_BYTE 8

#endif

/* The first quote, backslash or control character, or the end. */
static const char *skip_plain(const char *at, const char *end)
{
    for (; end - at >= SPECIAL_BYTES; at += SPECIAL_BYTES) {
        uint64_t special = special_of(at);
        if (special)
            return at + __builtin_ctzll(special) / SPECIAL_BITS_BYTE;
    }
    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static bool read_string(reader *r, json_value *out)
{
    const char *first = ++r->at;
    bool escaped = false;
    while ((r->at = skip_plain(r->at, r->end)) < r->end) {
        unsigned char c = (unsigned char)*r->at;
        if (c == '"') {
            *out = (json_value){.type = JSON_STRING,
                                .raw = {.data = first, .len = (size_t)(r->at - first)},
                                .escaped = escaped};
            r->at++;
            return true;
        }
        if (c < 0x20)
            return fail(r, "raw control character in a string");
        r->at++;
        escaped = true;
        if (!read_escape(r))
            return false;
    }
    return fail(r, "the text ends inside a string");
}

static size_t skip_digits(reader *r)
{
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - first);
}

static bool within_binary64(slice number)
{
    if (number.len < 300 && !memchr(number.data, 'e', number.len) &&
        !memchr(number.data, 'E', number.len))
        return true;
    AUTO_FREE char *text = slice_dup(number);
    return isfinite(strtod(text, NULL));
}

static bool read_number(reader *r, json_value *out)
{
    const char *first = r->at;
    if (*r->at == '-')
        r->at++;
    bool zero = r->at < r->end && *r->at == '0';
    size_t digits = skip_digits(r);
    if (digits == 0 || (zero && digits > 1))
        return fail(r, "malformed number");
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (skip_digits(r) == 0)
            return fail(r, "malformed number");
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (skip_digits(r) == 0)
            return fail(r, "malformed number");
    }
    *out =
        (json_value){.type = JSON_NUMBER, .raw = {.data = first, .len = (size_t)(r->at - first)}};
    return within_binary64(out->raw) || fail(r, "number out of range");
}

static bool read_word(reader *r, const char *word, json_type type, json_value *out)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return fail(r, "not a JSON value");
    *out = (json_value){.type = type, .raw = {.data = r->at, .len = len}};
    r->at += len;
    return true;
}

static bool read_array(reader *r, json_value *out)
{
    const char *first = r->at++;
    json_value ignored;
    skip_space(r);
    if (r->at < r->end && *r->at == ']')
        r->at++;
    else
        for (;;) {
            if (!read_value(r, NULL, &ignored))
                return false;
            skip_space(r);
            if (r->at == r->end)
                return fail(r, "the text ends inside an array");
            char c = *r->at++;
            if (c == ']')
                break;
            if (c != ',')
                return fail(r, "a comma is missing between array elements");
        }
    *out = (json_value){.type = JSON_ARRAY, .raw = {.data = first, .len = (size_t)(r->at - first)}};
    return true;
}

static bool key_equals(const json_value *key, const char *name, size_t len)
{
    if (!key->escaped)
        return key->raw.len == len && memcmp(key->raw.data, name, len) == 0;
    AUTO(buf) scratch = BUF(key->raw.len + 1);
    slice text;
    return json_text(key, &scratch, &text) && text.len == len && memcmp(text.data, name, len) == 0;
}

/* The member along a path. A repeated member replaces the value of the earlier one, also in nested
 * objects. */
static bool read_path_member(reader *r, const wanted *w, const json_value *key)
{
    size_t part = strcspn(w->path, ".");
    bool last = w->path[part] == '\0';
    json_value value;
    if (!key_equals(key, w->path, part))
        return read_value(r, NULL, &value);
    unsigned times = w->values->times + 1;
    *w->values = (json_value){0};
    wanted rest = {.values = w->values, .count = 1, .path = w->path + part + 1};
    if (!read_value(r, last ? NULL : &rest, &value))
        return false;
    if (last)
        *w->values = value;
    w->values->times = times;
    return true;
}

static bool read_member_value(reader *r, const wanted *w, const json_value *key)
{
    json_value value;
    if (!w)
        return read_value(r, NULL, &value);
    if (w->path)
        return read_path_member(r, w, key);
    if (!read_value(r, NULL, &value))
        return false;
    if (w->each)
        w->each(w->ctx, key, &value);
    for (size_t i = 0; i < w->count; i++)
        if (key_equals(key, w->keys[i], strlen(w->keys[i]))) {
            value.times = w->values[i].times + 1;
            w->values[i] = value;
        }
    return true;
}

static bool read_member(reader *r, const wanted *w)
{
    json_value key;
    skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return fail(r, "an object key must be a string");
    if (!read_string(r, &key))
        return false;
    skip_space(r);
    if (r->at == r->end || *r->at != ':')
        return fail(r, "a colon is missing after an object key");
    r->at++;
    return read_member_value(r, w, &key);
}

static bool read_object(reader *r, const wanted *w, json_value *out)
{
    const char *first = r->at++;
    skip_space(r);
    if (r->at < r->end && *r->at == '}')
        r->at++;
    else
        for (;;) {
            if (!read_member(r, w))
                return false;
            skip_space(r);
            if (r->at == r->end)
                return fail(r, "the text ends inside an object");
            char c = *r->at++;
            if (c == '}')
                break;
            if (c != ',')
                return fail(r, "a comma is missing between object members");
        }
    *out =
        (json_value){.type = JSON_OBJECT, .raw = {.data = first, .len = (size_t)(r->at - first)}};
    return true;
}

static bool read_nested(reader *r, const wanted *w, json_value *out)
{
    if (++r->depth > JSON_MAX_DEPTH)
        return fail(r, "nested too deeply");
    bool ok = *r->at == '{' ? read_object(r, w, out) : read_array(r, out);
    r->depth--;
    return ok;
}

/* `w` is used if the value is an object; otherwise its values stay absent. */
static bool read_value(reader *r, const wanted *w, json_value *out)
{
    skip_space(r);
    if (r->at == r->end)
        return fail(r, "the text ends where a value is expected");
    switch (*r->at) {
    case '{':
    case '[':
        return read_nested(r, w, out);
    case '"':
        return read_string(r, out);
    case 't':
        return read_word(r, "true", JSON_BOOL, out);
    case 'f':
        return read_word(r, "false", JSON_BOOL, out);
    case 'n':
        return read_word(r, "null", JSON_NULL, out);
    case '-':
    case '0' ... '9':
        return read_number(r, out);
    default:
        return fail(r, "not a JSON value");
    }
}

static bool read_text(slice text, const wanted *w, json_type *type, err *e)
{
    json_value whole;
    const char *start = text.data ? text.data : "";
    reader r = {.start = start, .at = start, .end = start + text.len, .e = e};
    if (w->count > 0)
        memset(w->values, 0, w->count * sizeof *w->values);
    if (!read_value(&r, w, &whole))
        return false;
    skip_space(&r);
    if (type)
        *type = whole.type;
    return r.at == r.end || fail(&r, "more text after the JSON value");
}

bool json_read_members(slice text, const char *const *keys, json_value *values, size_t count,
                       json_type *type, err *e)
{
    wanted w = {.keys = keys, .values = values, .count = count};
    return read_text(text, &w, type, e);
}

bool json_each_member(slice text, json_member_found *each, void *ctx, err *e)
{
    wanted w = {.each = each, .ctx = ctx};
    json_type type = JSON_ABSENT;
    return read_text(text, &w, &type, e) &&
           (type == JSON_OBJECT || err_set(e, ERR_PARSE, "byte 0: not an object"));
}

bool json_read_path(slice text, const char *path, json_value *value, err *e)
{
    wanted w = {.values = value, .count = 1, .path = path};
    return read_text(text, &w, NULL, e);
}
