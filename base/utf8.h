/* UTF-8: validation of a text, and iteration over its code points.
 *
 * What:    RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Owner:   texts are borrowed.
 * Threads: any; pure.
 * Fails:   never; utf8_next and utf8_previous need a text that utf8_check accepts.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "decon/base/buf.h"

/* The offset of the first byte that does not belong to valid UTF-8, or text.len. */
size_t utf8_check(slice text);
/* The code point at *offset (< text.len); *offset advances to the next one. */
static inline uint32_t utf8_next(slice text, size_t *offset)
{
    const uint8_t *p = (const uint8_t *)text.data + *offset;
    if (p[0] < 0x80) {
        *offset += 1;
        return p[0];
    }
    if (p[0] < 0xE0) {
        *offset += 2;
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    }
    if (p[0] < 0xF0) {
        *offset += 3;
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    }
    *offset += 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
           (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}
/* The code point that ends right before *offset (> 0); *offset moves to its first byte. */
uint32_t utf8_previous(slice text, size_t *offset);
/* Writes 1 to 4 bytes. */
size_t utf8_put(uint32_t code_point, char out[4]);

#endif
