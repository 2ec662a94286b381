/* A fixed set of worker threads with three queues. Contains the only locks of the program.
 *
 * What:    tasks are submitted by the loop thread, run on a worker and complete on the loop thread.
 *          A long task may notify the loop thread while it runs.
 * Owner:   a decon_pool_task belongs to the caller, usually embedded in a larger struct, and must
 *          live until its `done` was called. The pool only links it.
 * Threads: decon_pool_submit and decon_pool_collect on the loop thread; `run` on a worker, where it
 *          may call decon_pool_notify; `notified` and `done` on the loop thread inside
 *          decon_pool_collect. Data that `run` uses belongs to the worker until `done`; data that
 *          it shares earlier, with decon_pool_notify, must be atomic.
 * Fails:   decon_pool_new sets err when threads cannot be started.
 *
 * A pool of 0 threads runs its tasks inside decon_pool_collect: deterministic, for tests.
 */
#ifndef DECON_BASE_POOL_H
#define DECON_BASE_POOL_H

#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_pool decon_pool;

typedef struct decon_pool_task {
    void (*run)(struct decon_pool_task *task);  /* worker */
    void (*done)(struct decon_pool_task *task); /* loop thread */
    /* Loop thread, before `done`: the task called decon_pool_notify. NULL: not notified. */
    void (*notified)(struct decon_pool_task *task);
    struct decon_pool_task *next, *notify_next; /* internal to the pool */
    bool notifying;                             /* internal to the pool */
} decon_pool_task;

decon_pool *decon_pool_new(unsigned thread_count, decon_err *e) DECON_MUST_USE;
/* Waits for running tasks and calls `done` of completed ones. Queued tasks are dropped: neither
 * `run` nor `done` is called. */
void decon_pool_free(decon_pool *p);
DECON_DEFINE_AUTO_PTR(decon_pool, decon_pool_free)

/* `wake` is called on a worker (or by decon_pool_submit of a pool of 0 threads) when
 * decon_pool_collect has tasks to report. */
void decon_pool_set_wake(decon_pool *p, void (*wake)(void *ctx), void *ctx);

void decon_pool_submit(decon_pool *p, decon_pool_task *task);
/* Called from `run`: schedules a call of `notified`. Several calls before that result in one. */
void decon_pool_notify(decon_pool *p, decon_pool_task *task);
/* Calls `notified` of tasks that notified and `done` of completed tasks; returns the number of
 * completed tasks. */
unsigned decon_pool_collect(decon_pool *p);
unsigned decon_pool_thread_count(const decon_pool *p);

#ifdef __cplusplus
}
#endif

#endif
