#include "base/util.h"
#include "base/utf8.h"

#include <endian.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* The first byte at or after `i` that is not ASCII; reads many bytes at a time. */
static size_t skip_ascii(const uint8_t *p, size_t i, size_t len)
{
#ifdef __SSE2__
    for (; i + 32 <= len; i += 32) {
        __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + i + 16));
        if (_mm_movemask_epi8(_mm_or_si128(low, high)))
            break;
    }
#endif
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            return i + (size_t)__builtin_ctzll(le64toh(word) & UINT64_C(0x8080808080808080)) / 8;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

/* Sequences of two and three bytes, and single ASCII bytes between them; ends before anything else, and
 * near the end of the text. */
static size_t skip_common(const uint8_t *p, size_t i, size_t len)
{
    while (i + 4 <= len) {
        uint32_t word;
        memcpy(&word, p + i, sizeof word);
        word = le32toh(word);
        bool upper = word & 0x2000;                     /* the second byte is A0 or above */
        if ((word & 0xC0E0) == 0x80C0 && (word & 0x1E)) /* not C0, C1 */
            i += 2;
        else if ((word & 0xC0C0F0) == 0x8080E0 && ((word & 0x0F) != 0 || upper) &&
                 ((word & 0x0F) != 0x0D || !upper)) /* not overlong, no surrogate */
            i += 3;
        else if (!(word & 0x80) && (word & 0x8000))
            i++;
        else
            break;
    }
    return i;
}

size_t utf8_check(slice text)
{
    const uint8_t *p = (const uint8_t *)text.data;
    size_t i = skip_ascii(p, 0, text.len);
    while (i < text.len) {
        size_t next = skip_common(p, i, text.len);
        if (next == i) {
            size_t len = sequence_len(p + i, text.len - i);
            if (len == 0)
                return i;
            next = i + len;
        }
        i = skip_ascii(p, next, text.len);
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
