#include "decon/base/pool.h"
#include "base/util.h"

#include <pthread.h>
#include <signal.h>

typedef struct task_queue {
    pool_task *first, *last;
} task_queue;

struct pool {
    /* immutable after pool_new */
    unsigned thread_count;
    pthread_t *threads;

    /* guarded by `lock` */
    pthread_mutex_t lock;
    pthread_cond_t work_came;
    task_queue waiting, finished;
    pool_task *notifying; /* linked by notify_next */
    bool stopping;
    void (*wake)(void *ctx);
    void *wake_ctx;
};

static void queue_push(task_queue *q, pool_task *task)
{
    task->next = NULL;
    if (q->last)
        q->last->next = task;
    else
        q->first = task;
    q->last = task;
}

static pool_task *queue_pop(task_queue *q)
{
    pool_task *task = q->first;
    if (!task)
        return NULL;
    q->first = task->next;
    if (!q->first)
        q->last = NULL;
    task->next = NULL;
    return task;
}

/* Called with the lock held: after pool_set_wake with NULL the detached loop is not called. */
static void wake_locked(pool *p)
{
    if (p->wake)
        p->wake(p->wake_ctx);
}

void pool_notify(pool *p, pool_task *task)
{
    pthread_mutex_lock(&p->lock);
    if (!task->notifying) {
        task->notifying = true;
        task->notify_next = p->notifying;
        p->notifying = task;
        wake_locked(p);
    }
    pthread_mutex_unlock(&p->lock);
}

static pool_task *pop_notifying(pool *p)
{
    pthread_mutex_lock(&p->lock);
    pool_task *task = p->notifying;
    if (task) {
        p->notifying = task->notify_next;
        task->notifying = false;
    }
    pthread_mutex_unlock(&p->lock);
    return task;
}

/* Called after a batch of finished tasks was taken, before their `done`: these tasks cannot notify
 * any more, so each `notified` comes before its `done`. */
static void call_notified(pool *p)
{
    for (pool_task *task; (task = pop_notifying(p));)
        task->notified(task);
}

static void *worker_main(void *arg)
{
    pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        pool_task *task = queue_pop(&p->waiting);
        if (!task) {
            pthread_cond_wait(&p->work_came, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        task->run(task);
        pthread_mutex_lock(&p->lock);
        queue_push(&p->finished, task);
        wake_locked(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Workers block all signals; the thread that watches for signals handles them. */
static int worker_start(pool *p, pthread_t *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, worker_main, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

pool *pool_new(unsigned thread_count, err *e)
{
    pool *p = xcalloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work_came, NULL);
    p->threads = thread_count ? xcalloc(thread_count, sizeof *p->threads) : NULL;
    for (; p->thread_count < thread_count; p->thread_count++) {
        int failed = worker_start(p, &p->threads[p->thread_count]);
        if (failed) {
            err_set_errno(e, ERR_IO, failed,
                          "cannot start worker thread %u of %u (lower the number of workers "
                          "or raise the limit of processes)",
                          p->thread_count + 1, thread_count);
            pool_free(p);
            return NULL;
        }
    }
    return p;
}

void pool_free(pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->work_came);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    call_notified(p);
    for (pool_task *task; (task = queue_pop(&p->finished));)
        task->done(task); /* pool_collect is not called again; it may hold memory, descriptors */
    pthread_cond_destroy(&p->work_came);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p);
}

void pool_set_wake(pool *p, void (*wake)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&p->lock);
    p->wake = wake;
    p->wake_ctx = ctx;
    /* Tasks that finished before this call. */
    if (p->finished.first || p->notifying || (p->thread_count == 0 && p->waiting.first))
        wake_locked(p);
    pthread_mutex_unlock(&p->lock);
}

void pool_submit(pool *p, pool_task *task)
{
    pthread_mutex_lock(&p->lock);
    queue_push(&p->waiting, task);
    if (p->thread_count == 0)
        wake_locked(p);
    else
        pthread_cond_signal(&p->work_came);
    pthread_mutex_unlock(&p->lock);
}

/* Takes a whole queue, so that tasks which `done` submits wait for the next call. */
static task_queue take_queue(pool *p, task_queue *from)
{
    pthread_mutex_lock(&p->lock);
    task_queue taken = *from;
    *from = (task_queue){0};
    pthread_mutex_unlock(&p->lock);
    return taken;
}

unsigned pool_collect(pool *p)
{
    bool inline_run = p->thread_count == 0;
    task_queue batch = take_queue(p, inline_run ? &p->waiting : &p->finished);
    unsigned count = 0;
    call_notified(p);
    for (pool_task *task; (task = queue_pop(&batch)); count++) {
        if (inline_run) {
            task->run(task);
            call_notified(p);
        }
        task->done(task); /* may free the task */
    }
    return count;
}

unsigned pool_thread_count(const pool *p)
{
    return p->thread_count;
}
