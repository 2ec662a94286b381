/* Unicode as the detection needs it: UTF-8, lower-casing, a few character properties.
 *
 * What:    decodes and checks UTF-8; looks code points up in tables that are generated from the
 *          Unicode character database (unicode_tables.sh).
 * Owner:   nothing; the tables are static, one byte of properties for each code point is filled in
 *          from them when the program starts.
 * Threads: any.
 * Fails:   never; text that is handed to utf8_next must have passed utf8_check.
 * Sources: RFC 3629; the Unicode standard, 3.13 (case), PropList (White_Space), UnicodeData
 *          (general category).
 */
#ifndef DETECTION_TEXT_UNICODE_H
#define DETECTION_TEXT_UNICODE_H

#include "decon/base/buf.h"

/* The offset of the first byte that does not belong to valid UTF-8, or text.len. */
size_t utf8_check(slice text);
/* The code point at *offset (< text.len); *offset moves behind it. */
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

/* Properties of characters, as bits. */
#define UNICODE_WHITE_SPACE    1u
#define UNICODE_LETTER         2u /* general category L */
#define UNICODE_NUMBER         4u /* general category N */
#define UNICODE_CASED          8u
#define UNICODE_CASE_IGNORABLE 16u
#define UNICODE_CAPITAL        32u  /* general category Lu or Lt */
#define UNICODE_SMALL          64u  /* general category Ll */
#define UNICODE_MARK           128u /* general category M */

#define UNICODE_LIMIT 0x110000
extern uint8_t unicode_flags_of[UNICODE_LIMIT]; /* filled before main */

static inline unsigned unicode_flags(uint32_t code_point)
{
    return unicode_flags_of[code_point];
}

uint32_t unicode_simple_lower(uint32_t code_point);
const char *unicode_version(void); /* of the tables: "15.0.0" */

#endif
