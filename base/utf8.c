#include "base/util.h"
#include "base/utf8.h"

/* Length of the well-formed sequence at `p`, or 0 (RFC 3629, section 4: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t sequence_len(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];
    size_t len = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (len == 0 || len > left)
        return 0;
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* The first byte at or after `i` that is not ASCII; reads eight bytes at a time. */
static size_t skip_ascii(const uint8_t *p, size_t i, size_t len)
{
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

size_t utf8_check(slice text)
{
    const uint8_t *p = (const uint8_t *)text.data;
    size_t i = skip_ascii(p, 0, text.len);
    while (i < text.len) {
        size_t len = sequence_len(p + i, text.len - i);
        if (len == 0)
            return i;
        i = skip_ascii(p, i + len, text.len);
    }
    return text.len;
}

uint32_t utf8_previous(slice text, size_t *offset)
{
    do
        (*offset)--;
    while (((uint8_t)text.data[*offset] & 0xC0) == 0x80);
    size_t at = *offset;
    return utf8_next(text, &at);
}

size_t utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}
