/* Progress of long work: a status line on a terminal, otherwise occasional log lines.
 *
 * What:    progress_show may be called often; it limits what is shown.
 * Owner:   an embedded value, progress_init; progress_end removes the line.
 * Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_JOB_PROGRESS_H
#define DETECTION_JOB_PROGRESS_H

#include "base/util.h"

typedef struct progress {
    uint64_t line_ms;   /* between log lines without a terminal */
    uint64_t redraw_ms; /* between updates of the status line */
    uint64_t start_ms, last_line_ms, last_draw_ms;
} progress;

void progress_init(progress *p, uint64_t now_ms);
/* Whether progress_show would show something now; avoids formatting the text otherwise. */
bool progress_is_due(const progress *p, uint64_t now_ms);
void progress_show(progress *p, uint64_t now_ms, const char *words);
void progress_end(progress *p);

#endif
