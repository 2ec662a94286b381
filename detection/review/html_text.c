#include "base/util.h"
#include "detection/review/html_text.h"

#include <inttypes.h>

void html_put_text(buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool turns = (p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||
                     (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
        bool c1 = p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;
        if (turns || c1) {
            buf_append_str(out, "\uFFFD");
            p += turns ? 2 : 1;
        } else if (*p == '&') {
            buf_append_str(out, "&amp;");
        } else if (*p == '<') {
            buf_append_str(out, "&lt;");
        } else if (*p == '>') {
            buf_append_str(out, "&gt;");
        } else if (*p == '"') {
            buf_append_str(out, "&quot;");
        } else if (*p == '\'') {
            buf_append_str(out, "&#39;");
        } else if (*p == 0x7F || (*p < 0x20 && *p != '\n' && *p != '\t')) {
            buf_append_str(out, "\uFFFD");
        } else {
            buf_append_char(out, (char)*p);
        }
    }
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
