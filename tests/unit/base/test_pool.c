#include <setjmp.h>
#include <stdarg.h>

#include <pthread.h>
#include <signal.h>

#include <cmocka.h>

#include "decon/base/pool.h"
#include "base/util.h"

/* A wake-up that a test can wait for. */
typedef struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rang;
    unsigned rings, heard;
} bell;

/* clang-format off */
#define BELL_INIT {.lock = PTHREAD_MUTEX_INITIALIZER, .rang = PTHREAD_COND_INITIALIZER}
/* clang-format on */

static void bell_ring(void *ctx)
{
    bell *b = ctx;
    pthread_mutex_lock(&b->lock);
    b->rings++;
    pthread_cond_signal(&b->rang);
    pthread_mutex_unlock(&b->lock);
}

static void bell_wait(bell *b)
{
    pthread_mutex_lock(&b->lock);
    while (b->heard == b->rings)
        pthread_cond_wait(&b->rang, &b->lock);
    b->heard = b->rings;
    pthread_mutex_unlock(&b->lock);
}

typedef struct job {
    pool_task task;
    pool *pool;
    struct job *follower; /* submitted by done */
    pthread_t ran_on, done_on;
    bool signals_blocked;
    unsigned runs, dones;
    unsigned *sequence;
    unsigned ran_at;
} job;

static void job_run(pool_task *task)
{
    job *j = (job *)task;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    j->signals_blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
    j->ran_on = pthread_self();
    j->runs++;
    if (j->sequence)
        j->ran_at = ++*j->sequence;
}

static void job_done(pool_task *task)
{
    job *j = (job *)task;
    j->done_on = pthread_self();
    j->dones++;
    if (j->follower)
        pool_submit(j->pool, &j->follower->task);
}

static void job_init(job *j, pool *p)
{
    *j = (job){.task = {.run = job_run, .done = job_done}, .pool = p};
}

static void workers_run_and_the_collector_ends(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    bell b = BELL_INIT;
    AUTO_PTR(pool) p = pool_new(3, &e);
    assert_non_null(p);
    assert_int_equal(pool_thread_count(p), 3);
    pool_set_wake(p, bell_ring, &b);
    job jobs[50];
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        job_init(&jobs[i], p);
        pool_submit(p, &jobs[i].task);
    }
    unsigned collected = pool_collect(p);
    while (collected < ARRAY_LEN(jobs)) {
        bell_wait(&b);
        collected += pool_collect(p);
    }
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        assert_int_equal(jobs[i].runs, 1);
        assert_int_equal(jobs[i].dones, 1);
        assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
        assert_true(pthread_equal(jobs[i].done_on, pthread_self()));
        assert_true(jobs[i].signals_blocked);
    }
    assert_int_equal(pool_collect(p), 0);
}

static void one_worker_keeps_the_order(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    bell b = BELL_INIT;
    AUTO_PTR(pool) p = pool_new(1, &e);
    pool_set_wake(p, bell_ring, &b);
    unsigned sequence = 0, collected = 0;
    job jobs[20];
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        job_init(&jobs[i], p);
        jobs[i].sequence = &sequence;
        pool_submit(p, &jobs[i].task);
    }
    while (collected < ARRAY_LEN(jobs)) {
        bell_wait(&b);
        collected += pool_collect(p);
    }
    for (unsigned i = 0; i < ARRAY_LEN(jobs); i++)
        assert_int_equal(jobs[i].ran_at, i + 1);
}

static void without_threads_tasks_run_in_collect(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    bell b = BELL_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    pool_set_wake(p, bell_ring, &b);
    assert_int_equal(b.rings, 0);
    job first, second;
    job_init(&first, p);
    job_init(&second, p);
    first.follower = &second;
    pool_submit(p, &first.task);
    assert_int_equal(b.rings, 1);
    assert_int_equal(first.runs, 0);
    assert_int_equal(pool_collect(p), 1);
    assert_int_equal(first.dones, 1);
    assert_int_equal(second.runs, 0); /* what done submits waits for the next call */
    assert_int_equal(b.rings, 2);
    assert_int_equal(pool_collect(p), 1);
    assert_int_equal(second.dones, 1);
    assert_int_equal(pool_collect(p), 0);
}

static void a_late_listener_is_notified_of_earlier_events(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    bell b = BELL_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    job j;
    job_init(&j, p);
    pool_submit(p, &j.task);
    pool_set_wake(p, bell_ring, &b);
    assert_int_equal(b.rings, 1);
    assert_int_equal(pool_collect(p), 1);
    pool_set_wake(p, NULL, NULL);
    pool_submit(p, &j.task);
    assert_int_equal(b.rings, 1);
}

/* A job that blocks its worker until it is released. */
typedef struct gate_job {
    pool_task task;
    bell inside, go;
    bool finished;
    unsigned dones;
} gate_job;

static void gate_run(pool_task *task)
{
    gate_job *g = (gate_job *)task;
    bell_ring(&g->inside);
    bell_wait(&g->go);
    g->finished = true;
}

static void gate_done(pool_task *task)
{
    ((gate_job *)task)->dones++;
}

static void *ring_go(void *ctx)
{
    bell_ring(&((gate_job *)ctx)->go);
    return NULL;
}

static void freeing_waits_for_running_and_drops_waiting(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    pool *p = pool_new(1, &e);
    gate_job g = {
        .task = {.run = gate_run, .done = gate_done}, .inside = BELL_INIT, .go = BELL_INIT};
    job waiting;
    job_init(&waiting, p);
    pool_submit(p, &g.task);
    bell_wait(&g.inside);
    pool_submit(p, &waiting.task);
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, ring_go, &g), 0);
    pool_free(p);
    pthread_join(helper, NULL);
    assert_true(g.finished);
    assert_int_equal(g.dones, 1);   /* finished tasks are returned */
    assert_true(waiting.runs <= 1); /* may have been begun before the pool ended */
    assert_int_equal(waiting.dones, waiting.runs);
    pool_free(NULL);
}

/* Notifies twice before anyone listens, and waits. */
typedef struct notifying_job {
    gate_job gate; /* first */
    pool *pool;
    unsigned notifications, dones_before;
} notifying_job;

static void notifying_run(pool_task *task)
{
    notifying_job *j = (notifying_job *)task;
    pool_notify(j->pool, task);
    pool_notify(j->pool, task);
    if (pool_thread_count(j->pool) > 0)
        gate_run(task);
}

static void count_notification(pool_task *task)
{
    notifying_job *j = (notifying_job *)task;
    j->notifications++;
    j->dones_before += j->gate.dones;
}

static void a_task_notifies_while_it_runs_and_before_done(void **state)
{
    UNUSED(state);
    for (unsigned threads = 0; threads < 2; threads++) {
        err e = ERR_INIT;
        AUTO_PTR(pool) p = pool_new(threads, &e);
        notifying_job j = {.gate = {.task = {.run = notifying_run,
                                             .done = gate_done,
                                             .notified = count_notification},
                                    .inside = BELL_INIT,
                                    .go = BELL_INIT},
                           .pool = p};
        bell b = BELL_INIT;
        pool_set_wake(p, bell_ring, &b);
        pool_submit(p, &j.gate.task);
        if (threads > 0) {
            bell_wait(&j.gate.inside);
            assert_int_equal(b.rings, 1); /* for both calls */
            assert_int_equal(pool_collect(p), 0);
            assert_int_equal(j.notifications, 1);
            bell_ring(&j.gate.go);
        }
        while (j.gate.dones == 0) {
            bell_wait(&b);
            pool_collect(p);
        }
        assert_int_equal(j.notifications, 1);
        assert_int_equal(j.dones_before, 0);
        pool_set_wake(p, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_run_and_the_collector_ends),
        cmocka_unit_test(one_worker_keeps_the_order),
        cmocka_unit_test(without_threads_tasks_run_in_collect),
        cmocka_unit_test(a_late_listener_is_notified_of_earlier_events),
        cmocka_unit_test(a_task_notifies_while_it_runs_and_before_done),
        cmocka_unit_test(freeing_waits_for_running_and_drops_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
