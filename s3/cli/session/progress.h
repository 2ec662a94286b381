/* The progress line: what was done, how fast, and how long it will take yet.
 *
 * What:    counters of one program run, and their text as the last line of a terminal; the rate is
 *          that of the last seconds. A total and an end are told only once all is listed.
 * Owner:   progress_new / progress_free.
 * Threads: the loop's.
 * Fails:   never. Where standard error is no terminal, nothing is shown.
 */
#ifndef S3_CLI_SESSION_PROGRESS_H
#define S3_CLI_SESSION_PROGRESS_H

#include "decon/base/buf.h"
#include "decon/base/transport.h"

typedef struct progress_numbers {
    uint64_t bytes_done, bytes_total;     /* moved; of all that is planned so far */
    uint64_t objects_done, objects_total; /* ended well; planned so far */
    uint64_t failed;
    uint64_t broken_off, kept; /* by a signal; of those the ones that can go on where they were */
    unsigned planning;         /* sources that are not listed to their end: totals may grow */
} progress_numbers;

typedef struct progress progress;

progress *progress_new(transport *t, bool shown);
void progress_free(progress *p); /* NULL is fine; takes the line away */
progress_numbers *progress_of(progress *p);
/* Takes the line away, so that others can be printed above it; then brings it back. NULL is fine. */
void progress_hide(progress *p);
void progress_show(progress *p);

/* The line's text: pure, for tests. `rate` is in bytes a second; 0: not known. */
void progress_line(const progress_numbers *n, double rate, size_t columns, buf *out);

#endif
