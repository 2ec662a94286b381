#include "base/util.h"
#include "base/json/json_value.h"

#include "base/json/json_escape.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The code point of the checked escape after `\u` at *p; *p advances past it. */
static uint32_t escaped_code_point(const char **p)
{
    uint32_t unit = (uint32_t)json_hex_unit(*p);
    *p += 4;
    if (unit < 0xD800 || unit > 0xDBFF)
        return unit;
    uint32_t low = (uint32_t)json_hex_unit(*p + 2);
    *p += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static char *put_escape(char *out, const char **p)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = *(*p)++;
    if (c == 'u')
        return out + utf8_put(escaped_code_point(p), out);
    const char *name = strchr(names, c);
    *out = name ? meanings[name - names] : c;
    return out + 1;
}

/* Into a buf that may be too small. */
static bool append_text(buf *scratch, const char *p, const char *end, slice *out)
{
    buf_clear(scratch);
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        const char *stop = slash ? slash : end;
        buf_append(scratch, p, (size_t)(stop - p));
        p = stop;
        if (slash) {
            char bytes[4];
            p++;
            buf_append(scratch, bytes, (size_t)(put_escape(bytes, &p) - bytes));
        }
    }
    *out = buf_slice(scratch);
    return !scratch->overflow;
}

/* Copies bytes up to the next backslash or the end. */
static char *copy_plain(char *out, const char **p, const char *end)
{
#ifdef __SSE2__
    for (; end - *p >= 16; *p += 16, out += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)*p);
        unsigned slashes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        _mm_storeu_si128((__m128i *)(void *)out, bytes);
        if (slashes) {
            *p += __builtin_ctz(slashes);
            return out + __builtin_ctz(slashes);
        }
    }
#endif
    while (*p < end && **p != '\\')
        *out++ = *(*p)++;
    return out;
}

/* No text is longer than its escaped form, so that `out` is large enough. */
static char *copy_text(char *out, const char *p, const char *end)
{
    while ((out = copy_plain(out, &p, end)), p < end) {
        p++;
        out = put_escape(out, &p);
    }
    return out;
}

/* The content that `scratch` had is not needed. */
static void make_room(buf *scratch, size_t len)
{
    if (len + 1 <= scratch->capacity)
        return;
    size_t capacity = MAX(len + 1, MIN(2 * scratch->capacity, scratch->max_bytes));
    free(scratch->data);
    scratch->data = xrealloc(NULL, capacity);
    scratch->capacity = capacity;
}

bool json_text(const json_value *value, buf *scratch, slice *out)
{
    *out = value->raw;
    if (!value->escaped)
        return true;
    const char *p = value->raw.data, *end = p + value->raw.len;
    if (value->raw.len > scratch->max_bytes)
        return append_text(scratch, p, end, out);
    make_room(scratch, value->raw.len);
    scratch->len = (size_t)(copy_text(scratch->data, p, end) - scratch->data);
    scratch->data[scratch->len] = '\0';
    scratch->overflow = false;
    *out = buf_slice(scratch);
    return true;
}

char *json_text_dup(const json_value *value)
{
    AUTO(buf) scratch = BUF(value->raw.len + 1); /* unescaped text is not longer */
    slice text;
    if (value->type != JSON_STRING || !json_text(value, &scratch, &text))
        return NULL;
    return slice_dup(text);
}

bool json_unsigned(const json_value *value, uint64_t *out)
{
    char digits[24];
    if (value->type != JSON_NUMBER || value->raw.len >= sizeof digits)
        return false;
    memcpy(digits, value->raw.data, value->raw.len);
    digits[value->raw.len] = '\0';
    return num_parse_u64(digits, out);
}

bool json_is_true(const json_value *value)
{
    return value->type == JSON_BOOL && value->raw.data[0] == 't';
}
