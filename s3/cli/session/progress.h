/* The progress line: work done, rate, and estimated time left.
 *
 * What:    counters of one run, and their text as the last line of a terminal; the rate is that of the
 *          last seconds. Total and estimate are shown only after the listing is complete.
 * Owner:   cli_progress_new / cli_progress_free.
 * Threads: the loop's.
 * Fails:   never. If standard error is not a terminal, nothing is shown.
 */
#ifndef S3_CLI_SESSION_PROGRESS_H
#define S3_CLI_SESSION_PROGRESS_H

#include "decon/base/buf.h"
#include "decon/base/transport.h"

typedef struct progress_numbers {
    uint64_t bytes_done, bytes_total;     /* moved; of all that is planned so far */
    uint64_t objects_done, objects_total; /* succeeded; planned so far */
    uint64_t failed;
    uint64_t interrupted, kept; /* interrupted by a signal; of those the resumable ones */
    unsigned planning;          /* sources whose listing is incomplete: totals may grow */
} progress_numbers;

typedef struct cli_progress cli_progress;

cli_progress *cli_progress_new(transport *t, bool shown);
void cli_progress_free(cli_progress *p); /* NULL is allowed; removes the line */
progress_numbers *cli_progress_of(cli_progress *p);
/* Hides the line while other output is printed, then shows it again. NULL is allowed. */
void cli_progress_hide(cli_progress *p);
void cli_progress_show(cli_progress *p);

/* The line's text, for tests too. `rate` is in bytes per second; 0: unknown. */
void cli_progress_line(const progress_numbers *n, double rate, size_t columns, buf *out);

#endif
