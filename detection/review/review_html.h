/* A review as a page of its own: one file that needs nothing else, for a desk and for a phone.
 *
 * What:    review_html appends the page; style and script are detection/review/review_page.css and .js.
 * Owner:   text goes to the caller's buf. Threads: any. Fails: as the buf does (overflow).
 *
 * Everything that comes from reports is escaped, and the page's own rules (Content-Security-Policy)
 * let no script run but the one whose hash they name, and nothing be fetched.
 */
#ifndef DETECTION_REVIEW_REVIEW_HTML_H
#define DETECTION_REVIEW_REVIEW_HTML_H

#include "detection/review/review_read.h"

/* `source` is what was read, for the head; `made` when. */
void review_html(const review *r, const char *source, const char *made, buf *out);

#endif
