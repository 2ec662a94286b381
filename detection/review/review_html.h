/* A review as a web page: one self-contained file for large and small screens.
 *
 * What:    review_html appends the page; style and script are detection/review/review_page.css and
 *          .js. All matches of `rows` are in the page as data; the script shows them, 50 at a time.
 * Owner:   text goes to the caller's buf; all members are borrowed. Threads: any. Fails: when the buf
 *          overflows.
 *
 * Text from reports is escaped, and the page's Content-Security-Policy permits only the script with
 * the stated hash, and no requests.
 */
#ifndef DETECTION_REVIEW_REVIEW_HTML_H
#define DETECTION_REVIEW_REVIEW_HTML_H

#include "detection/audit/run_settings.h"
#include "detection/review/page_rows.h"
#include "detection/review/review_read.h"

typedef struct review_page {
    const review *r;
    page_rows *rows;
    const char *source;           /* what was read */
    const char *made;             /* the time */
    const run_settings *settings; /* of the scan; or NULL */
    uint64_t files, lines;        /* that were checked; 0: not known */
} review_page;

void review_html(const review_page *p, buf *out);

#endif
