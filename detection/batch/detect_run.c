#include "detection/batch/detect_run.h"

#include <pthread.h>
#include <signal.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "base/options/options.h"
#include "detection/output/stale_files.h"
#include "base/progress/progress_line.h"
#include "detection/job/job_threads.h"

#define WAKE_MS 100

/* State of a running batch. */
typedef struct run {
    detect_batch *b;
    pthread_t main_thread;
    bool all_plain;            /* then bytes of text determine the time left */
    pthread_mutex_t each_lock; /* held while a result is printed: standard output may block */
    pthread_mutex_t lock;
    /* guarded by the lock */
    size_t *order; /* of files, the largest first */
    size_t next, ended, contaminated, failed;
    uint64_t ended_bytes;
    unsigned threads_left;
    bool stopping;
} run;

detect_result *detect_results_new(size_t count)
{
    return xcalloc(count + 1, sizeof(detect_result));
}

void detect_results_free(detect_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        job_outcome_deinit(&results[i].outcome);
        free(results[i].error);
    }
    free(results);
}

/* --- one file --- */

/* Creates folders for the result, and removes what earlier runs left of it: the old report of a
 * file that is clean now would be wrong. */
static bool make_room(const char *dir, const char *id, const char *suffix, err *e)
{
    AUTO_FREE char *path = xasprintf("%s/%s%s", dir, id, suffix);
    AUTO_FREE char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    leftovers_remove_result(dir, id, suffix);
    return fs_make_dirs(folder, e) && fs_remove(path, e);
}

/* Also removes results with the short id, which earlier runs used if it was unambiguous. */
static bool make_all_room(const char *dir, const detect_file *f, const char *suffix, err *e)
{
    return make_room(dir, f->id, suffix, e) &&
           (!f->short_id || make_room(dir, f->short_id, suffix, e));
}

static bool do_file(const detect_batch *b, job_process *m, const detect_file *f, detect_result *out,
                    err *e)
{
    const job_settings *s = b->settings;
    job_request job = {.id = f->id, .path = f->path};
    bool crashed;
    if (f->rival)
        return err_set(
            e, ERR_PLAN,
            "its results would have the same names as those of %s; rename one, or name the "
            "folder above both",
            f->rival);
    return make_all_room(s->report_dir, f, JOB_REPORT_SUFFIX, e) &&
           make_all_room(s->report_dir, f, JOB_NEAR_SUFFIX, e) &&
           (!s->cleaned_dir || make_all_room(s->cleaned_dir, f, s->cleaned_suffix, e)) &&
           worker_processes_run(b->processes, m, &job, &out->outcome, &crashed, e);
}

static void finish_file(run *r, const detect_file *f, detect_result *result)
{
    pthread_mutex_lock(&r->lock);
    r->ended++;
    r->ended_bytes += f->size_bytes;
    r->contaminated += result->state == DETECT_CONTAMINATED;
    r->failed += result->state == DETECT_FAILED;
    pthread_mutex_unlock(&r->lock);
    if (!r->b->each)
        return;
    pthread_mutex_lock(&r->each_lock);
    r->b->each(r->b->ctx, f, result);
    pthread_mutex_unlock(&r->each_lock);
}

static void work_on(run *r, job_process *m, size_t index)
{
    const detect_file *f = &r->b->files->files[index];
    detect_result *result = &r->b->results[index];
    err e = ERR_INIT;
    if (do_file(r->b, m, f, result, &e)) {
        result->state = result->outcome.report_path ? DETECT_CONTAMINATED : DETECT_CLEAN;
        log_debug("%s: %llu lines, %llu contaminated", f->path,
                  (unsigned long long)result->outcome.lines,
                  (unsigned long long)result->outcome.contaminated_lines);
    } else {
        result->state = DETECT_FAILED;
        job_outcome_deinit(&result->outcome); /* incomplete */
        err_subject(&e, "%s", f->path);
        result->error = xstrdup(e.message);
        log_warn("failed: %s", result->error);
    }
    finish_file(r, f, result);
}

/* --- threads --- */

static bool next_file(run *r, size_t *index)
{
    pthread_mutex_lock(&r->lock);
    bool more = !r->stopping && r->next < r->b->files->count;
    if (more)
        *index = r->order[r->next++];
    pthread_mutex_unlock(&r->lock);
    return more;
}

static void *thread_main(void *arg)
{
    run *r = arg;
    job_process m = {.fd = -1};
    size_t index;
    while (next_file(r, &index))
        work_on(r, &m, index);
    job_process_deinit(&m);
    pthread_mutex_lock(&r->lock);
    bool last = --r->threads_left == 0;
    pthread_mutex_unlock(&r->lock);
    if (last)
        pthread_kill(r->main_thread, SIGUSR1);
    return NULL;
}

static void stop(run *r)
{
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
}

static unsigned threads_start(run *r, pthread_t *threads, err *e)
{
    unsigned wanted = r->threads_left, started = 0;
    for (; started < wanted; started++) {
        int failed = pthread_create(&threads[started], NULL, thread_main, r);
        if (!failed)
            continue;
        err_set_errno(e, ERR_IO, failed, "cannot start thread %u of %u (lower worker_threads)",
                      started + 1, wanted);
        stop(r);
        break;
    }
    return started;
}

/* --- progress --- */

static void put_words(run *r, uint64_t ms, buf *words)
{
    char bytes[32], speed[32], left[32];
    const detect_files *files = r->b->files;
    uint64_t text = atomic_load_explicit(&r->b->settings->meter->text_bytes, memory_order_relaxed);
    pthread_mutex_lock(&r->lock);
    uint64_t done = r->all_plain ? MIN(text, files->size_bytes) : r->ended_bytes;
    buf_printf(words, "%zu of %zu files", r->ended, files->count);
    if (files->size_bytes > 0 && done > 0)
        buf_printf(words, ", %u%%", (unsigned)((double)done / (double)files->size_bytes * 100));
    format_size(text, bytes, sizeof bytes);
    format_size(ms > 0 ? text * 1000 / ms : 0, speed, sizeof speed);
    buf_printf(words, ", %s of text, %s/s, %zu contaminated", bytes, speed, r->contaminated);
    if (r->failed > 0)
        buf_printf(words, ", %zu failed", r->failed);
    if (r->all_plain && done > 0 && done < files->size_bytes && ms >= 2000) {
        double share = (double)(files->size_bytes - done) / (double)done;
        format_duration((uint64_t)((double)ms * share), left, sizeof left);
        buf_printf(words, ", %s left", left);
    }
    if (r->stopping)
        buf_append_str(words, ", stopping");
    pthread_mutex_unlock(&r->lock);
}

static void show(run *r, progress_line *p)
{
    uint64_t now_ms = monotonic_ms();
    if (!progress_line_is_due(p, now_ms))
        return;
    AUTO(buf) words = BUF(1024);
    put_words(r, now_ms - p->start_ms, &words);
    progress_line_show(p, now_ms, buf_str(&words));
}

static bool is_over(run *r)
{
    pthread_mutex_lock(&r->lock);
    bool over = r->threads_left == 0;
    pthread_mutex_unlock(&r->lock);
    return over;
}

/* A second signal ends the program at once; files being written have temporary names. */
static void end_at_second_signal(const sigset_t *set)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigset_t rest = *set;
    sigdelset(&rest, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &rest, NULL);
}

static void wait_for_threads(run *r, const sigset_t *set)
{
    progress_line p;
    progress_line_init(&p, monotonic_ms());
    while (!is_over(r)) {
        struct timespec wake = {.tv_nsec = WAKE_MS * 1000000L};
        int number = sigtimedwait(set, NULL, &wake);
        show(r, &p);
        if (number != SIGINT && number != SIGTERM)
            continue;
        r->b->signal = number;
        log_info("signal %d: files in progress are finished; another signal ends at once", number);
        stop(r);
        end_at_second_signal(set);
    }
    progress_line_end(&p);
}

typedef struct sized {
    uint64_t size_bytes;
    size_t index;
} sized;

static int larger_first(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes < y->size_bytes ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void put_in_order(run *r)
{
    const detect_files *files = r->b->files;
    AUTO_FREE sized *row = xcalloc(files->count + 1, sizeof *row);
    r->order = xcalloc(files->count + 1, sizeof *r->order);
    r->all_plain = true;
    for (size_t i = 0; i < files->count; i++) {
        row[i] = (sized){.size_bytes = files->files[i].size_bytes, .index = i};
        r->all_plain &= files->files[i].is_plain;
    }
    qsort(row, files->count, sizeof *row, larger_first);
    for (size_t i = 0; i < files->count; i++)
        r->order[i] = row[i].index;
}

bool detect_run(detect_batch *b, err *e)
{
    sigset_t set, before;
    unsigned threads = b->files->count < b->threads ? (unsigned)b->files->count : b->threads;
    run r = {.b = b, .main_thread = pthread_self(), .threads_left = threads};
    AUTO_FREE pthread_t *handles = xcalloc(threads + 1, sizeof *handles);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    pthread_mutex_init(&r.lock, NULL);
    pthread_mutex_init(&r.each_lock, NULL);
    put_in_order(&r);
    unsigned started = threads_start(&r, handles, e);
    if (started == threads)
        wait_for_threads(&r, &set);
    for (unsigned i = 0; i < started; i++)
        pthread_join(handles[i], NULL);
    /* The last thread's signal may still be pending. */
    sigtimedwait(&set, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_destroy(&r.lock);
    pthread_mutex_destroy(&r.each_lock);
    free(r.order);
    return started == threads;
}
