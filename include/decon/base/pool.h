/* A fixed set of worker threads with three queues: the only locks of the program.
 *
 * What:    tasks go in from the loop thread, run on a worker, and come back to the loop thread; one
 *          that takes its time may send word while it runs.
 * Owner:   a decon_pool_task is the caller's, mostly embedded in a larger struct; it must live until its
 *          `done` was called. The pool only links it.
 * Threads: decon_pool_submit and decon_pool_collect on the loop thread; `run` on a worker, which may call
 *          decon_pool_tell; `told` and `done` on the loop thread inside decon_pool_collect. What `run` touches
 *          belongs to the worker until `done`; what it tells of is atomic.
 * Fails:   decon_pool_new sets err when threads cannot be started.
 *
 * A pool of 0 threads runs its tasks inside decon_pool_collect: tests have no races.
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
    void (*told)(
        struct decon_pool_task *task);        /* loop thread, before `done`; NULL: never told of */
    struct decon_pool_task *next, *told_next; /* the pool's */
    bool telling;                             /* the pool's */
} decon_pool_task;

decon_pool *decon_pool_new(unsigned thread_count, decon_err *e) DECON_MUST_USE;
/* Waits for running tasks and calls `done` of what has finished; queued ones are dropped unrun,
 * without done. */
void decon_pool_free(decon_pool *p);
DECON_DEFINE_AUTO_PTR(decon_pool, decon_pool_free)

/* `wake` is called from a worker (or from decon_pool_submit of a pool of 0 threads) when a task has
 * finished or sent word, and decon_pool_collect should be called. */
void decon_pool_set_wake(decon_pool *p, void (*wake)(void *ctx), void *ctx);

void decon_pool_submit(decon_pool *p, decon_pool_task *task);
/* From `run`: `told` is called soon. What is told before that counts as one. */
void decon_pool_tell(decon_pool *p, decon_pool_task *task);
/* Calls `told` of what has sent word, and `done` of what has finished; how many have finished. */
unsigned decon_pool_collect(decon_pool *p);
unsigned decon_pool_thread_count(const decon_pool *p);

#ifdef __cplusplus
}
#endif

#endif
