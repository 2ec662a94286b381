/* Word boundaries of Unicode text.
 *
 * What:    cuts text at every boundary; text between words is a segment too.
 * Owner:   nothing; the tables are static.
 * Threads: any.
 * Fails:   never; the text is valid UTF-8.
 * Sources: Unicode Standard Annex 29, 4.1 (rules WB1 to WB999), Unicode 15.0.
 */
#ifndef DETECTION_TEXT_WORD_BREAK_H
#define DETECTION_TEXT_WORD_BREAK_H

#include "decon/base/buf.h"

/* Where the segment that begins at the boundary `at` (< text.len) ends. */
size_t word_break_end(slice text, size_t at);

#endif
