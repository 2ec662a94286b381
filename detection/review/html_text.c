#include "base/util.h"
#include "detection/review/html_text.h"

#include <inttypes.h>

/* Bytes of a character that is not shown: control characters, and Unicode's direction marks. */
static size_t hidden_bytes(const unsigned char *p)
{
    bool turns = (p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||
                 (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
    if (turns)
        return 3;
    if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
        return 2;
    return *p == 0x7F || (*p < 0x20 && *p != '\n' && *p != '\t');
}

static const char *entity_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* `<` cannot end the script element, or begin a comment in it. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '<':
        return "\\u003c";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void put_escaped(buf *out, const char *text, const char *(*escape)(unsigned char c))
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        size_t hidden = hidden_bytes(p);
        const char *escaped = escape(*p);
        if (hidden > 0) {
            buf_append_str(out, "\uFFFD");
            p += hidden - 1;
        } else if (escaped) {
            buf_append_str(out, escaped);
        } else {
            buf_append_char(out, (char)*p);
        }
    }
}

void html_put_text(buf *out, const char *text)
{
    put_escaped(out, text, entity_of);
}

void html_put_json(buf *out, const char *text)
{
    buf_append_char(out, '"');
    put_escaped(out, text, escape_of);
    buf_append_char(out, '"');
}

void html_put_number(buf *out, uint64_t value)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
}
