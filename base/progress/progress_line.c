#include "base/progress/progress_line.h"

#include "decon/base/log.h"
#include "base/util.h"

#define LINE_MS   10000
#define REDRAW_MS 200

void progress_line_init(progress_line *p, uint64_t now_ms)
{
    *p = (progress_line){.line_ms = LINE_MS,
                         .redraw_ms = REDRAW_MS,
                         .start_ms = now_ms,
                         .last_line_ms = now_ms,
                         .last_draw_ms = now_ms};
}

bool progress_line_is_due(const progress_line *p, uint64_t now_ms)
{
    return log_is_terminal() ? now_ms - p->last_draw_ms >= p->redraw_ms
                             : now_ms - p->last_line_ms >= p->line_ms;
}

void progress_line_show(progress_line *p, uint64_t now_ms, const char *words)
{
    if (!progress_line_is_due(p, now_ms))
        return;
    if (log_is_terminal()) {
        p->last_draw_ms = now_ms;
        log_status(words);
    } else {
        p->last_line_ms = now_ms;
        log_info("%s", words);
    }
}

void progress_line_end(progress_line *p)
{
    UNUSED(p);
    log_status(NULL);
}
