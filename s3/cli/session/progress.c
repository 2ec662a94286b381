#include "s3/cli/session/progress.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "base/options/options.h"

#define TICK_MS   250
#define BAR_WIDTH 20
#define SAMPLES   20 /* the rate is that of the last five seconds */

struct progress {
    transport *t;
    bool shown;
    timer *tick;
    progress_numbers numbers;
    char text[PROGRESS_TEXT_SIZE]; /* as it was shown last */
    /* a ring of what was moved when */
    uint64_t bytes[SAMPLES], at_ms[SAMPLES];
    unsigned sample_count;
};

static uint64_t percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 100 : (uint64_t)((double)part / (double)whole * 100);
}

static void draw_bar(uint64_t part, char out[BAR_WIDTH + 1])
{
    size_t full = (size_t)(MIN(part, (uint64_t)100) * BAR_WIDTH / 100);
    memset(out, '.', BAR_WIDTH);
    memset(out, '#', full);
    out[BAR_WIDTH] = '\0';
}

void progress_text(const progress_numbers *n, uint64_t rate, char out[PROGRESS_TEXT_SIZE])
{
    uint64_t part = percent(n->bytes_done, n->bytes_total);
    char bar[BAR_WIDTH + 1];
    char done[32], total[32], speed[40] = "", left[40] = "", failed[40] = "";
    format_size(n->bytes_done, done, sizeof done);
    format_size(n->bytes_total, total, sizeof total);
    if (rate > 0) {
        char text[32];
        format_size(rate, text, sizeof text);
        snprintf(speed, sizeof speed, ", %s/s", text);
    }
    if (n->failed > 0)
        snprintf(failed, sizeof failed, ", %llu failed", (unsigned long long)n->failed);
    if (n->planning > 0) {
        snprintf(out, PROGRESS_TEXT_SIZE, "%s, %llu objects%s%s (total not known yet)", done,
                 (unsigned long long)n->objects_done, speed, failed);
        return;
    }
    if (rate > 0 && n->bytes_total > n->bytes_done) {
        char text[32];
        format_duration((n->bytes_total - n->bytes_done) / rate * 1000, text, sizeof text);
        snprintf(left, sizeof left, ", %s left", text);
    }
    draw_bar(part, bar);
    snprintf(out, PROGRESS_TEXT_SIZE, "[%s] %llu%%, %s of %s, %llu of %llu objects%s%s%s", bar,
             (unsigned long long)part, done, total, (unsigned long long)n->objects_done,
             (unsigned long long)n->objects_total, speed, left, failed);
}

/* Bytes a second since the oldest sample. */
static uint64_t take_sample(progress *p)
{
    uint64_t now_ms = clock_now_ms(p->t), bytes = p->numbers.bytes_done;
    unsigned place = p->sample_count++ % SAMPLES;
    unsigned oldest = p->sample_count > SAMPLES ? p->sample_count % SAMPLES : 0;
    p->bytes[place] = bytes;
    p->at_ms[place] = now_ms;
    uint64_t past_ms = now_ms - p->at_ms[oldest];
    if (past_ms < TICK_MS || bytes < p->bytes[oldest])
        return 0;
    return (bytes - p->bytes[oldest]) * 1000 / past_ms;
}

static void on_tick(void *ctx)
{
    progress *p = ctx;
    progress_text(&p->numbers, take_sample(p), p->text);
    if (p->numbers.objects_total > 0)
        log_status(p->text);
    p->tick = timer_start(p->t, TICK_MS, on_tick, p);
}

progress *progress_new(transport *t, bool shown)
{
    progress *p = xcalloc(1, sizeof *p);
    p->t = t;
    p->shown = shown;
    if (shown)
        p->tick = timer_start(t, TICK_MS, on_tick, p);
    return p;
}

void progress_free(progress *p)
{
    if (!p)
        return;
    progress_hide(p);
    timer_stop(p->t, p->tick);
    free(p);
}

progress_numbers *progress_of(progress *p)
{
    return &p->numbers;
}

void progress_hide(progress *p)
{
    if (p && p->shown) {
        log_status(NULL);
        log_settle(); /* standard output may be the same terminal */
    }
}

void progress_show(progress *p)
{
    if (p && p->shown && p->text[0] && p->numbers.objects_total > 0)
        log_status(p->text);
}
