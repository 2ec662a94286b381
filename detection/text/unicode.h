/* Unicode support of the detection: UTF-8, lower-casing, a few character properties.
 *
 * What:    decodes and checks UTF-8; looks up code points in tables generated from the Unicode
 *          character database (unicode_tables.sh).
 * Owner:   nothing; the tables are static, one byte of properties for each code point is filled in
 *          from them when the program starts.
 * Threads: any.
 * Fails:   never; text passed to utf8_next must have passed utf8_check.
 * Sources: RFC 3629; the Unicode standard, 3.13 (case), PropList (White_Space), UnicodeData
 *          (general category).
 */
#ifndef DETECTION_TEXT_UNICODE_H
#define DETECTION_TEXT_UNICODE_H

#include "base/utf8.h"

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
