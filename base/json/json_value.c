#include "base/util.h"
#include "base/json/json_value.h"

#include "base/json/json_escape.h"
#include "base/utf8.h"

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

static void append_escape(buf *out, const char **p)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = *(*p)++;
    const char *name = strchr(names, c);
    if (c == 'u') {
        char bytes[4] = {0};
        buf_append(out, bytes, utf8_put(escaped_code_point(p), bytes));
    } else {
        buf_append_char(out, name ? meanings[name - names] : c);
    }
}

bool json_text(const json_value *value, buf *scratch, slice *out)
{
    *out = value->raw;
    if (!value->escaped)
        return true;
    buf_clear(scratch);
    const char *p = value->raw.data, *end = p + value->raw.len;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        const char *stop = slash ? slash : end;
        buf_append(scratch, p, (size_t)(stop - p));
        p = stop;
        if (slash) {
            p++;
            append_escape(scratch, &p);
        }
    }
    *out = buf_slice(scratch);
    return !scratch->overflow;
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
