/* Text and numbers in an HTML page.
 *
 * What:    text from reports is escaped, so that it is never markup.
 * Owner:   everything is appended to the caller's buf. Threads: any. Fails: when the buf overflows.
 */
#ifndef DETECTION_REVIEW_HTML_TEXT_H
#define DETECTION_REVIEW_HTML_TEXT_H

#include "decon/base/buf.h"

/* For text and for attributes in double quotes. Control characters, which HTML does not permit, and
 * Unicode's direction marks become U+FFFD. */
void html_put_text(buf *out, const char *text);
/* A JSON string for a script element; the same characters become U+FFFD. */
void html_put_json(buf *out, const char *text);
void html_put_number(buf *out, uint64_t value); /* 1,234,567 */

#endif
