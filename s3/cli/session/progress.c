#include "s3/cli/session/progress.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "base/progress/progress_text.h"

#define TICK_MS        250
#define LINE_MAX_BYTES 1024
#define SAMPLES        20 /* the rate is that of the last five seconds */

struct cli_progress {
    transport *t;
    bool shown;
    timer *tick;
    progress_numbers numbers;
    char *text; /* as last shown, or NULL */
    rate_meter meter;
};

void cli_progress_line(const progress_numbers *n, double rate, size_t columns, buf *out)
{
    bool total_known = n->planning == 0;
    uint64_t left = n->bytes_total > n->bytes_done ? n->bytes_total - n->bytes_done : 0;
    progress_text(&(progress_view){.part = n->bytes_done,
                                   .whole = n->bytes_total,
                                   .bytes_done = n->bytes_done,
                                   .bytes_total = total_known ? n->bytes_total : PROGRESS_UNKNOWN,
                                   .count_done = n->objects_done,
                                   .count_total = n->objects_total,
                                   .unit = "objects",
                                   .rate = (uint64_t)rate,
                                   .left_ms = left ? rate_left_ms(rate, left) : PROGRESS_UNKNOWN,
                                   .failed = n->failed,
                                   .bar = true},
                  columns, out);
}

static void on_tick(void *ctx)
{
    cli_progress *p = ctx;
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    double rate = rate_sample(&p->meter, p->numbers.bytes_done, clock_now_ms(p->t));
    cli_progress_line(&p->numbers, rate, log_columns(), &line);
    free(p->text);
    p->text = xstrdup(buf_str(&line));
    if (p->numbers.objects_total > 0)
        log_status(p->text);
    p->tick = timer_start(p->t, TICK_MS, on_tick, p);
}

cli_progress *cli_progress_new(transport *t, bool shown)
{
    cli_progress *p = xcalloc(1, sizeof *p);
    p->t = t;
    p->shown = shown;
    p->meter.window = SAMPLES;
    if (shown)
        p->tick = timer_start(t, TICK_MS, on_tick, p);
    return p;
}

void cli_progress_free(cli_progress *p)
{
    if (!p)
        return;
    cli_progress_hide(p);
    timer_stop(p->t, p->tick);
    free(p->text);
    free(p);
}

progress_numbers *cli_progress_of(cli_progress *p)
{
    return &p->numbers;
}

void cli_progress_hide(cli_progress *p)
{
    if (p && p->shown) {
        log_status(NULL);
        log_settle(); /* standard output may be the same terminal */
    }
}

void cli_progress_show(cli_progress *p)
{
    if (p && p->shown && p->text && p->numbers.objects_total > 0)
        log_status(p->text);
}
