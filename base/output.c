#include "base/output.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/output_write.h"
#include "base/util.h"

static char erase_line[] = "\r\033[K"; /* iovec has no const */

enum {
    STACK_BYTES = 256 * 1024, /* the default of 8 MiB counts against `ulimit -v` */
    SETTLE_MS = 200,
    WAIT_SLICE_MS = 50,  /* between checks for a pending signal */
    PARTS_MAX = 3,       /* erase, text, status */
    ENTRY_OVERHEAD = 48, /* allocator and struct entry */
};

typedef struct entry {
    struct entry *next;
    size_t len;
    bool kept; /* counts toward keep_bytes */
    char text[];
} entry;

struct output {
    output_options o; /* immutable, but `threaded` (under the lock) */
    pthread_mutex_t lock;
    pthread_cond_t work_came, written;
    /* guarded by the lock */
    pthread_t thread;
    bool started, running, stopping;
    entry *first, *last;
    entry *done; /* written; freed by callers, so that the thread needs no allocator arena */
    size_t queued_bytes, kept_bytes;
    bool full; /* OUTPUT_DROP is refused until half of the queue is written */
    entry *status;
    bool status_changed, status_shown;
    entry *in_write, *status_in_write;
    bool writing;
    bool stalled; /* the last output_settle timed out */
    int error;
};

/* --- writing --- */

/* Under the lock: the next text, with the status text around it; 0 if there is nothing to write. */
static int take(output *o, struct iovec parts[PARTS_MAX])
{
    int count = 0;
    if (!o->first && !o->status_changed)
        return 0;
    if (o->status_shown || !o->first)
        parts[count++] = (struct iovec){erase_line, sizeof erase_line - 1};
    o->in_write = o->first;
    o->status_in_write = o->status;
    if (o->first)
        parts[count++] = (struct iovec){o->first->text, o->first->len};
    if (o->status)
        parts[count++] = (struct iovec){o->status->text, o->status->len};
    o->status_shown = o->status != NULL;
    o->status_changed = false;
    o->writing = true;
    return count;
}

static void retire(output *o, entry *x)
{
    x->next = o->done;
    o->done = x;
}

static size_t cost(size_t len)
{
    return len + ENTRY_OVERHEAD;
}

static void remove_first(output *o)
{
    entry *x = o->first;
    *(x->kept ? &o->kept_bytes : &o->queued_bytes) -= cost(x->len);
    o->first = x->next;
    if (!o->first)
        o->last = NULL;
    retire(o, x);
}

/* Under the lock. */
static void finish_write(output *o, int error)
{
    if (o->in_write)
        remove_first(o);
    if (o->status_in_write && o->status_in_write != o->status)
        retire(o, o->status_in_write);
    o->in_write = o->status_in_write = NULL;
    o->writing = false;
    if (error && (o->o.threaded || !o->o.lossy)) {
        o->error = error;
        o->status_changed = false;
        while (o->first)
            remove_first(o);
    }
    pthread_cond_broadcast(&o->written);
}

static void free_done(output *o)
{
    while (o->done) {
        entry *x = o->done;
        o->done = x->next;
        free(x);
    }
}

static void *thread_main(void *arg)
{
    output *o = arg;
    pthread_mutex_lock(&o->lock);
    o->running = true;
    pthread_cond_broadcast(&o->written);
    for (;;) {
        struct iovec parts[PARTS_MAX];
        int count = take(o, parts);
        if (count > 0) {
            pthread_mutex_unlock(&o->lock);
            int error = output_write(&o->o, parts, count);
            pthread_mutex_lock(&o->lock);
            finish_write(o, error);
        } else if (o->stopping) {
            break;
        } else {
            pthread_cond_wait(&o->work_came, &o->lock);
        }
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* The thread blocks all signals: other threads handle them, and SIGPIPE stays pending while the
 * write fails with EPIPE. */
static int start_thread(output *o)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&o->thread, &attributes, thread_main, o);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

/* Under the lock: wakes the thread; without one, writes here. Returns 0 or errno. */
static int begin_writing(output *o)
{
    if (o->o.threaded && !o->started) {
        o->started = start_thread(o) == 0;
        o->o.threaded = o->started;
    }
    if (o->started) {
        pthread_cond_signal(&o->work_came);
        return 0;
    }
    struct iovec parts[PARTS_MAX];
    int error = 0;
    for (int count = 0; (count = take(o, parts)) > 0;) {
        error = output_write(&o->o, parts, count);
        finish_write(o, error);
    }
    return error;
}

/* --- callers --- */

static bool signal_is_pending(const output *o)
{
    sigset_t pending;
    return o->o.ends_on_signal && sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Under the lock: one slice of a wait. */
static void wait_slice(output *o, uint64_t until_ms)
{
    uint64_t end_ms = MIN(now_ms() + WAIT_SLICE_MS, until_ms);
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000L};
    pthread_cond_timedwait(&o->written, &o->lock, &end);
}

static bool has_space(const output *o, size_t len)
{
    return o->queued_bytes == 0 || o->queued_bytes + cost(len) <= o->o.max_bytes;
}

/* Under the lock: 0, or the errno of refusing the text. */
static int admit(output *o, size_t len, output_rule rule)
{
    if (rule == OUTPUT_KEEP)
        return o->kept_bytes + cost(len) <= o->o.keep_bytes ? 0 : ENOBUFS;
    if (rule == OUTPUT_DROP) {
        o->full = o->full ? o->queued_bytes > o->o.max_bytes / 2 : !has_space(o, len);
        return o->full ? ENOBUFS : 0;
    }
    while (!o->error && !has_space(o, len)) {
        if (signal_is_pending(o))
            return EINTR;
        wait_slice(o, UINT64_MAX);
    }
    return o->error;
}

static entry *entry_new(slice text, bool kept)
{
    entry *x = malloc(sizeof *x + text.len);
    if (!x)
        return NULL;
    *x = (entry){.len = text.len, .kept = kept};
    if (text.len > 0)
        memcpy(x->text, text.data, text.len);
    return x;
}

static int append(output *o, slice text, output_rule rule)
{
    entry *x = entry_new(text, rule == OUTPUT_KEEP);
    if (!x)
        return ENOMEM;
    *(x->kept ? &o->kept_bytes : &o->queued_bytes) += cost(x->len);
    if (o->last)
        o->last->next = x;
    else
        o->first = x;
    o->last = x;
    return begin_writing(o);
}

bool output_put(output *o, slice text, output_rule rule)
{
    pthread_mutex_lock(&o->lock);
    free_done(o);
    int error = o->error ? o->error : admit(o, text.len, rule);
    if (!error)
        error = append(o, text, rule);
    pthread_mutex_unlock(&o->lock);
    errno = error;
    return !error;
}

bool output_has_space(output *o, size_t len)
{
    pthread_mutex_lock(&o->lock);
    bool space = !o->error && (o->full ? o->queued_bytes <= o->o.max_bytes / 2 : has_space(o, len));
    pthread_mutex_unlock(&o->lock);
    return space;
}

static bool is_shown(const output *o, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return o->status ? text && o->status->len == len && memcmp(o->status->text, text, len) == 0
                     : !text;
}

void output_status(output *o, const char *text)
{
    pthread_mutex_lock(&o->lock);
    free_done(o);
    if (!o->error && !is_shown(o, text)) {
        if (o->status != o->status_in_write)
            free(o->status);
        o->status = text ? entry_new(slice_from(text), false) : NULL;
        o->status_changed = true;
        begin_writing(o);
    }
    pthread_mutex_unlock(&o->lock);
}

static bool is_idle(const output *o)
{
    return !o->first && !o->writing && !o->status_changed;
}

static bool flush_locked(output *o, uint64_t limit_ms)
{
    uint64_t start_ms = now_ms();
    uint64_t until_ms = limit_ms > UINT64_MAX - start_ms ? UINT64_MAX : start_ms + limit_ms;
    while (!is_idle(o) && !signal_is_pending(o) && now_ms() < until_ms)
        wait_slice(o, until_ms);
    return is_idle(o) && !o->error;
}

bool output_flush(output *o, uint64_t limit_ms)
{
    pthread_mutex_lock(&o->lock);
    bool ok = flush_locked(o, limit_ms);
    errno = o->error;
    pthread_mutex_unlock(&o->lock);
    return ok;
}

void output_settle(output *o)
{
    pthread_mutex_lock(&o->lock);
    o->stalled = !flush_locked(o, o->stalled ? 0 : SETTLE_MS);
    pthread_mutex_unlock(&o->lock);
}

bool output_stop(output *o, uint64_t limit_ms)
{
    pthread_mutex_lock(&o->lock);
    bool ok = flush_locked(o, limit_ms);
    bool ends = o->started && is_idle(o);
    if (ends) {
        o->stopping = true;
        pthread_cond_signal(&o->work_came);
    }
    pthread_mutex_unlock(&o->lock);
    if (!ends)
        return ok;
    pthread_join(o->thread, NULL);
    pthread_mutex_lock(&o->lock);
    o->started = o->running = o->stopping = o->o.threaded = false;
    pthread_mutex_unlock(&o->lock);
    return ok;
}

static void init_sync(output *o)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&o->work_came, &attributes);
    pthread_cond_init(&o->written, &attributes);
    pthread_condattr_destroy(&attributes);
}

output *output_new(const output_options *options)
{
    output *o = xcalloc(1, sizeof *o);
    o->o = *options;
    if (!o->o.write) {
        o->o.write = output_write_fd;
        o->o.ctx = &o->o;
    }
    init_sync(o);
    return o;
}

void output_free(output *o)
{
    if (!o)
        return;
    output_stop(o, 0);
    if (o->started)
        return;
    free_done(o);
    free(o->status);
    pthread_cond_destroy(&o->work_came);
    pthread_cond_destroy(&o->written);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void output_before_fork(output *o)
{
    pthread_mutex_lock(&o->lock);
    while (o->started && !o->running) /* a starting thread may hold locks that the child needs */
        pthread_cond_wait(&o->written, &o->lock);
}

void output_after_fork(output *o, bool in_child)
{
    if (!in_child) {
        pthread_mutex_unlock(&o->lock);
        return;
    }
    init_sync(o);
    o->in_write = o->status_in_write = NULL;
    while (o->first)
        remove_first(o);
    free_done(o);
    free(move(o->status));
    o->started = o->running = o->stopping = o->writing = o->full = false;
    o->status_changed = o->status_shown = false;
}
