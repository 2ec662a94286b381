#include "base/util.h"
#include "base/json/json_write.h"

#include <inttypes.h>
#include <math.h>

#include "base/json/json_number.h"

static void put_escape(buf *out, unsigned char c)
{
    switch (c) {
    case '"':
        buf_append_str(out, "\\\"");
        return;
    case '\\':
        buf_append_str(out, "\\\\");
        return;
    case '\b':
        buf_append_str(out, "\\b");
        return;
    case '\f':
        buf_append_str(out, "\\f");
        return;
    case '\n':
        buf_append_str(out, "\\n");
        return;
    case '\r':
        buf_append_str(out, "\\r");
        return;
    case '\t':
        buf_append_str(out, "\\t");
        return;
    default:
        buf_printf(out, "\\u%04x", c);
    }
}

void json_put_string(buf *out, slice text)
{
    size_t done = 0;
    buf_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_append(out, text.data + done, i - done);
        put_escape(out, c);
        done = i + 1;
    }
    buf_append(out, text.data ? text.data + done : "", text.len - done);
    buf_append_char(out, '"');
}

static void put_plain(buf *out, const char *digits, int count, int point)
{
    if (point <= 0) {
        buf_append_str(out, "0.");
        for (int i = point; i < 0; i++)
            buf_append_char(out, '0');
        buf_append_str(out, digits);
        return;
    }
    for (int i = 0; i < point; i++)
        buf_append_char(out, i < count ? digits[i] : '0');
    buf_append_char(out, '.');
    buf_append_str(out, point < count ? digits + point : "0");
}

void json_put_float(buf *out, float value)
{
    char digits[JSON_DIGITS_BYTES];
    int point;
    if (!isfinite(value)) {
        buf_append_str(out, "null");
        return;
    }
    if (signbit(value))
        buf_append_char(out, '-');
    double wide = fabs((double)value);
    if (wide == 0) {
        buf_append_str(out, "0.0");
        return;
    }
    int count = json_shortest_digits(wide, digits, &point);
    if (wide >= 1e-5 && wide < 1e16)
        put_plain(out, digits, count, point);
    else
        buf_printf(out, "%c%s%se%d", digits[0], count > 1 ? "." : "", digits + 1, point - 1);
}

void json_key(buf *out, const char *key)
{
    char last = out->len == 0 ? '\n' : out->data[out->len - 1];
    if (last != '{')
        buf_append_char(out, last == '\n' ? '{' : ',');
    json_put_string(out, slice_from(key));
    buf_append_char(out, ':');
}

void json_open(buf *out, const char *key)
{
    json_key(out, key);
    buf_append_char(out, '{');
}

void json_close(buf *out)
{
    buf_append_char(out, '}');
}

void json_member_string(buf *out, const char *key, slice text)
{
    json_key(out, key);
    json_put_string(out, text);
}

void json_member_int(buf *out, const char *key, int64_t value)
{
    json_key(out, key);
    buf_printf(out, "%" PRId64, value);
}

void json_member_unsigned(buf *out, const char *key, uint64_t value)
{
    json_key(out, key);
    buf_printf(out, "%" PRIu64, value);
}

void json_member_float(buf *out, const char *key, float value)
{
    json_key(out, key);
    json_put_float(out, value);
}

void json_member_bool(buf *out, const char *key, bool value)
{
    json_key(out, key);
    buf_append_str(out, value ? "true" : "false");
}
