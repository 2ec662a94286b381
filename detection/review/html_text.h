/* Text and numbers in a page of HTML.
 *
 * What:    what comes from reports is put as text, never as markup.
 * Owner:   everything is appended to the caller's buf. Threads: any. Fails: as the buf does (overflow).
 */
#ifndef DETECTION_REVIEW_HTML_TEXT_H
#define DETECTION_REVIEW_HTML_TEXT_H

#include "decon/base/buf.h"

/* For text and for attributes in double quotes. Control characters, which a page must not hold, and
 * marks that turn the direction of writing become U+FFFD. */
void html_put_text(buf *out, const char *text);
void html_put_number(buf *out, uint64_t value); /* 1,234,567 */

#endif
