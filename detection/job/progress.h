/* How far a long piece of work is: one line at the end of a terminal, or a log line now and then.
 *
 * What:    progress_show is called often; it decides when something is to be seen.
 * Owner:   an embedded value, progress_init; progress_end takes the line away.
 * Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_JOB_PROGRESS_H
#define DETECTION_JOB_PROGRESS_H

#include "base/util.h"

typedef struct progress {
    uint64_t line_ms;   /* between log lines where there is no terminal */
    uint64_t redraw_ms; /* between changes of the line on one */
    uint64_t start_ms, last_line_ms, last_draw_ms;
} progress;

void progress_init(progress *p, uint64_t now_ms);
/* Whether progress_show would show something now: ask before making the words. */
bool progress_is_due(const progress *p, uint64_t now_ms);
void progress_show(progress *p, uint64_t now_ms, const char *words);
void progress_end(progress *p);

#endif
