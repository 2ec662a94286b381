#include "orchestrator/verify_task.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define READ_BYTES  (256u << 10)
#define PIECE_BYTES (8u << 20) /* one visit to a worker: others get their turn */

struct verifier {
    pool *pool;
    budget windows;
    verify_task *waiting; /* FIFO */
    verify_task **waiting_tail;
};

struct verify_task {
    pool_task task; /* first */

    /* immutable */
    verifier *verifier;
    verify_task_options options;
    char *name;
    int fd;
    uint64_t window_bytes;

    /* loop only */
    uint64_t prefix_bytes;
    bool whole, admitted, running, cancelled, restart;
    verify_task *next;

    /* the worker's while running, else the loop's */
    uint64_t from, to;
    bool finish;
    verify *verify;
    bool finished, failed;
    verdict verdict;
    err error;
};

verifier *verifier_new(pool *p, uint64_t codec_budget_bytes)
{
    verifier *v = xcalloc(1, sizeof *v);
    v->pool = p;
    v->windows.limit_bytes = codec_budget_bytes;
    v->waiting_tail = &v->waiting;
    return v;
}

void verifier_free(verifier *v)
{
    free(v);
}

uint64_t verifier_window_bytes(codec_format format)
{
    static const uint64_t bytes[CODEC_FORMAT_COUNT] = {
        [CODEC_PLAIN] = 1u << 20,  [CODEC_GZIP] = 1u << 20, [CODEC_BZIP2] = 8u << 20,
        [CODEC_ZSTD] = 136u << 20, /* the largest window that its tool accepts, and some more */
        [CODEC_XZ] = 72u << 20,    /* xz -9 */
    };
    return bytes[format];
}

static void task_free(verify_task *t)
{
    verify_free(t->verify);
    close(t->fd);
    free(t->name);
    free(t);
}

/* --- on a worker --- */

static bool feed_range(verify_task *t, char *buffer, err *e)
{
    while (t->from < t->to) {
        size_t wanted = (size_t)MIN((uint64_t)READ_BYTES, t->to - t->from);
        ssize_t got = pread(t->fd, buffer, wanted, (off_t)t->from);
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: the local copy cannot be read", t->name);
        if (got == 0)
            return err_set(e, ERR_IO, "%s: the local copy ends at byte %llu, %llu were expected",
                           t->name, (unsigned long long)t->from, (unsigned long long)t->to);
        if (!verify_feed(t->verify, (slice){buffer, (size_t)got}, e))
            return false;
        t->from += (uint64_t)got;
    }
    return true;
}

static bool verify_piece(verify_task *t, err *e)
{
    if (!t->verify) {
        verify_options options = {
            .level = t->options.level, .name = t->name, .jsonl = t->options.jsonl};
        t->verify = verify_new(&options, e);
    }
    AUTO_FREE char *buffer = xcalloc(1, READ_BYTES);
    return t->verify && feed_range(t, buffer, e) &&
           (!t->finish || verify_finish(t->verify, &t->verdict, e));
}

static void run_piece(pool_task *task)
{
    verify_task *t = (verify_task *)task;
    t->failed = !verify_piece(t, &t->error);
    t->finished = t->finish && !t->failed;
}

/* --- on the loop --- */

static void pump(verifier *v);

static void give_window_back(verify_task *t)
{
    if (t->admitted)
        budget_give(&t->verifier->windows, t->window_bytes);
    t->admitted = false;
}

static void unlink_waiting(verify_task *t)
{
    verifier *v = t->verifier;
    for (verify_task **link = &v->waiting; *link; link = &(*link)->next)
        if (*link == t) {
            *link = t->next;
            if (v->waiting_tail == &t->next)
                v->waiting_tail = link;
            return;
        }
}

/* Sends the next piece to the pool, when there is one and none is there already. */
static void submit_next(verify_task *t)
{
    if (!t->admitted || t->running)
        return;
    uint64_t ready = t->prefix_bytes - t->from;
    bool last = t->whole && ready <= PIECE_BYTES;
    if (ready == 0 && !last)
        return;
    if (!t->whole && ready < READ_BYTES)
        return; /* a visit should be worth its while */
    t->to = t->from + MIN(ready, (uint64_t)PIECE_BYTES);
    t->finish = last;
    t->running = true;
    pool_submit(t->verifier->pool, &t->task);
}

static void start_over(verify_task *t)
{
    t->restart = t->failed = t->finished = false;
    verify_free(move(t->verify));
    t->from = 0;
}

/* Ends the task: its window goes to the next in turn, and the verdict to the caller. */
static void end_task(verify_task *t)
{
    verifier *v = t->verifier;
    give_window_back(t);
    if (!t->cancelled)
        t->options.on_done(t->options.ctx, t->failed ? NULL : &t->verdict,
                           t->failed ? &t->error : NULL);
    task_free(t);
    pump(v);
}

static void piece_done(pool_task *task)
{
    verify_task *t = (verify_task *)task;
    t->running = false;
    if (t->cancelled) {
        end_task(t);
        return;
    }
    if (t->restart)
        start_over(t); /* what was read meanwhile counts for nothing, faults included */
    if (t->failed || t->finished)
        end_task(t);
    else
        submit_next(t);
}

static void pump(verifier *v)
{
    while (v->waiting && budget_take(&v->windows, v->waiting->window_bytes)) {
        verify_task *t = v->waiting;
        v->waiting = t->next;
        if (!v->waiting)
            v->waiting_tail = &v->waiting;
        t->admitted = true;
        submit_next(t);
    }
}

verify_task *verify_task_start(verifier *v, const verify_task_options *options, err *e)
{
    int fd = fcntl(options->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errno, "%s: no descriptor for its verification", options->name);
        return NULL;
    }
    verify_task *t = xcalloc(1, sizeof *t);
    t->task = (pool_task){.run = run_piece, .done = piece_done};
    t->verifier = v;
    t->options = *options;
    t->name = xstrdup(options->name);
    t->fd = fd;
    t->window_bytes = verifier_window_bytes(codec_by_suffix(options->name));
    *v->waiting_tail = t;
    v->waiting_tail = &t->next;
    pump(v);
    return t;
}

void verify_task_grow(verify_task *t, uint64_t prefix_bytes)
{
    if (prefix_bytes < t->prefix_bytes)
        return;
    t->prefix_bytes = prefix_bytes;
    submit_next(t);
}

void verify_task_end(verify_task *t, uint64_t size_bytes)
{
    t->prefix_bytes = size_bytes;
    t->whole = true;
    submit_next(t);
}

void verify_task_restart(verify_task *t)
{
    t->prefix_bytes = 0;
    t->whole = false;
    if (t->running)
        t->restart = true;
    else
        start_over(t);
}

void verify_task_cancel(verify_task *t)
{
    if (!t)
        return;
    verifier *v = t->verifier;
    t->cancelled = true;
    if (t->running)
        return; /* piece_done ends it */
    if (t->admitted)
        give_window_back(t);
    else
        unlink_waiting(t);
    task_free(t);
    pump(v);
}
