/* A fixed set of worker threads with three queues: the only locks of the program.
 *
 * What:    tasks go in from the loop thread, run on a worker, and come back to the loop thread; one
 *          that takes its time may send word while it runs.
 * Owner:   a pool_task is the caller's, mostly embedded in a larger struct; it must live until its
 *          `done` was called. The pool only links it.
 * Threads: pool_submit and pool_collect on the loop thread; `run` on a worker, which may call
 *          pool_tell; `told` and `done` on the loop thread inside pool_collect. What `run` touches
 *          belongs to the worker until `done`; what it tells of is atomic.
 * Fails:   pool_new sets err when threads cannot be started.
 *
 * A pool of 0 threads runs its tasks inside pool_collect: tests have no races.
 */
#ifndef DECON_BASE_POOL_H
#define DECON_BASE_POOL_H

#include "decon/base/err.h"

typedef struct pool pool;

typedef struct pool_task {
    void (*run)(struct pool_task *task);  /* worker */
    void (*done)(struct pool_task *task); /* loop thread */
    void (*told)(struct pool_task *task); /* loop thread, before `done`; NULL: never told of */
    struct pool_task *next, *told_next;   /* the pool's */
    bool telling;                         /* the pool's */
} pool_task;

pool *pool_new(unsigned thread_count, err *e) MUST_USE;
/* Waits for running tasks and calls `done` of what has finished; queued ones are dropped unrun,
 * without done. */
void pool_free(pool *p);
DEFINE_AUTO_PTR(pool, pool_free)

/* `wake` is called from a worker (or from pool_submit of a pool of 0 threads) when a task has
 * finished or sent word, and pool_collect should be called. */
void pool_set_wake(pool *p, void (*wake)(void *ctx), void *ctx);

void pool_submit(pool *p, pool_task *task);
/* From `run`: `told` is called soon. What is told before that counts as one. */
void pool_tell(pool *p, pool_task *task);
/* Calls `told` of what has sent word, and `done` of what has finished; how many have finished. */
unsigned pool_collect(pool *p);
unsigned pool_thread_count(const pool *p);

#endif
