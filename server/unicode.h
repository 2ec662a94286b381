/* Unicode as the detection needs it: UTF-8, lower-casing, a few character properties.
 *
 * What:    decodes and checks UTF-8; looks code points up in tables that are generated from the
 *          Unicode character database (unicode_tables.sh).
 * Owner:   nothing; the tables are static.
 * Threads: any.
 * Fails:   never; text that is handed to utf8_next must have passed utf8_check.
 * Sources: RFC 3629; the Unicode standard, 3.13 (case), PropList (White_Space), UnicodeData
 *          (general category).
 */
#ifndef SERVER_UNICODE_H
#define SERVER_UNICODE_H

#include "base/buf.h"

/* The offset of the first byte that does not belong to valid UTF-8, or text.len. */
size_t utf8_check(slice text);
/* The code point at *offset (< text.len); *offset moves behind it. */
uint32_t utf8_next(slice text, size_t *offset);
/* The code point that ends right before *offset (> 0); *offset moves to its first byte. */
uint32_t utf8_previous(slice text, size_t *offset);
/* Writes 1 to 4 bytes. */
size_t utf8_put(uint32_t code_point, char out[4]);

bool unicode_is_white_space(uint32_t code_point);
bool unicode_is_letter(uint32_t code_point); /* general category L */
bool unicode_is_number(uint32_t code_point); /* general category N */
bool unicode_is_cased(uint32_t code_point);
bool unicode_is_case_ignorable(uint32_t code_point);
uint32_t unicode_simple_lower(uint32_t code_point);
const char *unicode_version(void); /* of the tables: "15.0.0" */

#endif
