#include "orchestrator/observe/progress.h"

#include "base/progress/progress_text.h"
#include "base/util.h"
#include "decon/base/log.h"

#define TICK_MS        1000
#define LINE_MS        60000 /* between lines without a terminal */
#define SHOW_WAIT_MS   2000  /* shorter waits are not worth a status line */
#define LINE_MAX_BYTES 1024
#define RATE_WINDOW    10 /* ticks: the rate is that of the last ten seconds */
#define LEFT_EVERY     5  /* ticks between samples: the estimate rests on five minutes at most */

struct progress {
    transport *transport;
    timer *timer;
    char *waits_for; /* before the flow; or NULL */
    const flow *flow;
    const s3_client *s3;
    const recorder *records;
    const plan *work;
    uint64_t total_bytes;
    unsigned ticks;
    uint64_t last_line_ms, moved_ms; /* the last line; the last change of any number */
    progress_now last;
    rate_meter received, done;
};

static const char *const limit_names[] = {
    [FLOW_LIMIT_NETWORK] = "network",         [FLOW_LIMIT_VERIFICATION] = "verification",
    [FLOW_LIMIT_SERVER] = "detection server", [FLOW_LIMIT_UPLOAD] = "upload",
    [FLOW_LIMIT_DISK] = "disk space",         [FLOW_LIMIT_HOSTS] = "other hosts",
};

static const char *const waited_for[] = {
    [FLOW_LIMIT_NONE] = "the end of clean-up",
    [FLOW_LIMIT_NETWORK] = "bytes of the store",
    [FLOW_LIMIT_VERIFICATION] = "the verification",
    [FLOW_LIMIT_SERVER] = "the detection server",
    [FLOW_LIMIT_UPLOAD] = "replies of the store to uploads",
    [FLOW_LIMIT_DISK] = "disk space in local_work_dir",
    [FLOW_LIMIT_HOSTS] = "slices that other hosts hold",
};

/* --- the text --- */

/* What limits the run, or that nothing moves. */
static char *limit_text(const progress_now *n)
{
    char since[32];
    flow_limit limit = n->flow.limit;
    if (n->still_ms >= LINE_MS) {
        format_duration(n->still_ms, since, sizeof since);
        return xasprintf("no progress for %s, waiting for %s", since, waited_for[limit]);
    }
    return limit_names[limit] ? xasprintf("limited by: %s", limit_names[limit]) : NULL;
}

/* A byte counts one half when it was received, the other half when its file is done. */
static uint64_t halves(const flow_progress *p)
{
    return p->done_bytes + p->received_bytes;
}

/* None while nothing moves, or if the run is stopping. */
static uint64_t estimate(const progress_now *n)
{
    return n->flow.stopping || n->still_ms >= LINE_MS ? PROGRESS_UNKNOWN : n->left_ms;
}

void progress_describe(const progress_now *n, size_t columns, buf *out)
{
    const flow_totals *t = &n->flow.totals;
    bool any = columns == PROGRESS_ANY_WIDTH;
    AUTO_FREE char *limit = limit_text(n);
    AUTO_FREE char *detail = xasprintf("%zu contaminated, %zu downloading, %zu at the server, %zu "
                                       "uploading",
                                       t->contaminated, t->downloading, t->jobs, t->uploading);
    AUTO_FREE char *stopping =
        n->flow.stopping ? xasprintf("stopping, %zu in flight", n->flow.in_flight) : NULL;
    progress_text(&(progress_view){.first = stopping,
                                   .part = halves(&n->flow),
                                   .whole = 2 * n->total_bytes,
                                   .bytes_done = n->flow.done_bytes,
                                   .bytes_total = n->total_bytes,
                                   .bytes_are = "done",
                                   .count_done = t->clean + t->contaminated + t->failed,
                                   .count_total = n->file_count,
                                   .unit = "files",
                                   .rate = (uint64_t)n->rate,
                                   .left_ms = estimate(n),
                                   .failed = t->failed,
                                   .limit = limit,
                                   .detail = detail,
                                   .bar = !any},
                  columns, out);
}

/* --- ticks --- */

/* The sum of all numbers that change in a healthy run. */
static bool has_moved(const progress_now *a, const progress_now *b)
{
    return halves(&a->flow) != halves(&b->flow) || a->moved_bytes != b->moved_bytes ||
           a->flow.totals.jobs != b->flow.totals.jobs || a->flow.in_flight != b->flow.in_flight ||
           a->flow.totals.uploading != b->flow.totals.uploading;
}

static void take_numbers(progress *p, uint64_t now_ms)
{
    s3_stats stats = s3_client_stats(p->s3);
    p->total_bytes = p->work->size_bytes; /* grows if hosts claim their work */
    progress_now n = {.flow = flow_progress_of(p->flow),
                      .file_count = p->work->count - p->work->dropped,
                      .total_bytes = p->total_bytes,
                      .moved_bytes =
                          stats.bytes_received + stats.bytes_sent - recorder_sent_bytes(p->records),
                      .left_ms = p->last.left_ms};
    if (has_moved(&n, &p->last))
        p->moved_ms = now_ms;
    n.still_ms = now_ms - p->moved_ms;
    n.rate = rate_sample(&p->received, stats.bytes_received, now_ms);
    if (p->ticks % LEFT_EVERY == 0) {
        uint64_t whole = 2 * p->total_bytes, part = MIN(halves(&n.flow), whole);
        n.left_ms = rate_left_ms(rate_sample(&p->done, part, now_ms), whole - part);
    }
    p->last = n;
}

static void describe_wait(const progress *p, uint64_t now_ms, buf *out)
{
    char since[32];
    format_duration(now_ms - p->moved_ms, since, sizeof since);
    buf_printf(out, "waiting for %s, for %s", p->waits_for, since);
}

static void show_line(progress *p, uint64_t now_ms)
{
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    bool terminal = log_is_terminal();
    if (terminal ? !p->flow && now_ms - p->moved_ms < SHOW_WAIT_MS
                 : now_ms - p->last_line_ms < LINE_MS)
        return;
    p->last_line_ms = now_ms;
    if (p->flow)
        progress_describe(&p->last, terminal ? log_columns() : PROGRESS_ANY_WIDTH, &line);
    else
        describe_wait(p, now_ms, &line);
    if (terminal)
        log_status(buf_str(&line));
    else
        log_event(
            LOG_INFO,
            &(log_fields){.event = "progress", .bytes = p->flow ? &p->last.flow.done_bytes : NULL},
            "progress: %s", buf_str(&line));
}

static void tick(void *ctx)
{
    progress *p = ctx;
    uint64_t now_ms = clock_now_ms(p->transport);
    if (p->flow)
        take_numbers(p, now_ms);
    p->ticks++;
    if (p->flow || p->waits_for)
        show_line(p, now_ms);
    p->timer = timer_start(p->transport, TICK_MS, tick, p);
}

progress *progress_new(transport *t)
{
    progress *p = xcalloc(1, sizeof *p);
    uint64_t now_ms = clock_now_ms(t);
    *p = (progress){.transport = t,
                    .last_line_ms = now_ms,
                    .moved_ms = now_ms,
                    .received = {.window = RATE_WINDOW},
                    .done = {.window = RATE_SAMPLES}};
    p->timer = timer_start(t, TICK_MS, tick, p);
    return p;
}

void progress_wait(progress *p, const char *what)
{
    free(p->waits_for);
    p->waits_for = xstrdup_or_null(what);
    p->moved_ms = clock_now_ms(p->transport);
    log_status(NULL);
}

void progress_follow(progress *p, const flow *f, const s3_client *s3, const plan *work,
                     const recorder *records)
{
    progress_wait(p, NULL);
    p->flow = f;
    p->s3 = s3;
    p->records = records;
    p->work = work;
    p->last.left_ms = PROGRESS_UNKNOWN;
    p->ticks = 0;
    take_numbers(p, clock_now_ms(p->transport));
    p->ticks = 1;
}

void progress_free(progress *p)
{
    if (!p)
        return;
    timer_stop(p->transport, p->timer);
    log_status(NULL);
    free(p->waits_for);
    free(p);
}
