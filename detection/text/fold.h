/* The folding of --normalization extended: texts that look alike become equal.
 *
 * What:    HTML tags, comments and entities are resolved; zero-width characters, soft hyphens and marks
 *          of direction removed; dashes become '-', curly quotes straight ones; the rest is in form
 *          NFKC, which also makes full-width letters plain.
 * Owner:   text is appended to the caller's buf.
 * Threads: any; pure.
 * Fails:   as the buf does (overflow). Input must be valid UTF-8.
 * Sources: Unicode Standard Annex 15 (NFKC), the HTML standard (entities: the usual ones).
 */
#ifndef DETECTION_TEXT_FOLD_H
#define DETECTION_TEXT_FOLD_H

#include "decon/base/buf.h"

/* False: folding would not change the text. */
bool fold_is_needed(slice text);
void fold_text(slice text, buf *out);

#endif
