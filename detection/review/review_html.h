/* A review as a web page: one self-contained file for large and small screens.
 *
 * What:    review_html appends the page; style and script are detection/review/review_page.css and
 *          .js.
 * Owner:   text goes to the caller's buf. Threads: any. Fails: when the buf overflows.
 *
 * Text from reports is escaped, and the page's Content-Security-Policy permits only the script with
 * the stated hash, and no requests.
 */
#ifndef DETECTION_REVIEW_REVIEW_HTML_H
#define DETECTION_REVIEW_REVIEW_HTML_H

#include "detection/review/review_read.h"

/* `source`: what was read, for the page's head; `made`: the time. */
void review_html(const review *r, const char *source, const char *made, buf *out);

#endif
