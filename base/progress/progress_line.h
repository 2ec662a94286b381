/* Progress of long work: a status line on a terminal, otherwise occasional log lines.
 *
 * What:    progress_line_show may be called often; it limits what is shown.
 * Owner:   an embedded value, progress_line_init; progress_line_end removes the line.
 * Threads: one at a time. Fails: never.
 */
#ifndef BASE_PROGRESS_PROGRESS_LINE_H
#define BASE_PROGRESS_PROGRESS_LINE_H

#include "base/util.h"

typedef struct progress_line {
    uint64_t line_ms;   /* between log lines without a terminal */
    uint64_t redraw_ms; /* between updates of the status line */
    uint64_t start_ms, last_line_ms, last_draw_ms;
} progress_line;

void progress_line_init(progress_line *p, uint64_t now_ms);
/* Whether progress_line_show would show something now; avoids formatting the text otherwise. */
bool progress_line_is_due(const progress_line *p, uint64_t now_ms);
void progress_line_show(progress_line *p, uint64_t now_ms, const char *words);
void progress_line_end(progress_line *p);

#endif
