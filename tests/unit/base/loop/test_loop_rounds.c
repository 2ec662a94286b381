/* Timers, wake-ups, signals and stops of the event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/loop/loop_private.h"
#include "tests/fake/loop_site.h"

/* --- timers, wake-ups, signals --- */

typedef struct ticker {
    loop *loop;
    buf order;
    bool done;
    timer *victim;
} ticker;

static void tick_a(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'a');
}

static void tick_b(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'b');
}

static void tick_end(void *ctx)
{
    ((ticker *)ctx)->done = true;
}

static void tick_and_change(void *ctx)
{
    ticker *t = ctx;
    buf_append_char(&t->order, 'c');
    timer_stop(loop_transport(t->loop), t->victim);
    timer_start(loop_transport(t->loop), 30, tick_end, t);
    timer_start(loop_transport(t->loop), 0, tick_a, t);
    timer_start(loop_transport(t->loop), 1, tick_b, t);
}

static void timers_fire_in_order(void **state)
{
    loop_site *f = *state;
    transport *t = loop_transport(f->loop);
    ticker k = {.loop = f->loop};
    buf_init(&k.order, 100);
    timer_start(t, 3, tick_a, &k);
    timer *stopped = timer_start(t, 1, tick_b, &k);
    timer_start(t, 3, tick_b, &k);
    k.victim = timer_start(t, 10, tick_b, &k);
    timer_start(t, 5, tick_and_change, &k);
    timer_stop(t, stopped);
    assert_int_equal(k.order.len, 0);
    loop_run(f->loop, &k.done);
    assert_string_equal(buf_str(&k.order), "abcab");
    buf_deinit(&k.order);
}

typedef struct heap_check {
    uint64_t last_ms;
    unsigned fired;
    struct heap_timer {
        struct heap_check *check;
        uint64_t due_ms;
        timer *timer;
    } timers[400];
} heap_check;

static void heap_fired(void *ctx)
{
    struct heap_timer *t = ctx;
    assert_true(t->due_ms >= t->check->last_ms);
    t->check->last_ms = t->due_ms;
    t->check->fired++;
    t->timer = NULL;
}

static void many_timers_stay_sorted(void **state)
{
    loop_site *f = *state;
    heap_check *check = xcalloc(1, sizeof *check);
    uint32_t chance = 12345;
    for (size_t i = 0; i < ARRAY_LEN(check->timers); i++) {
        struct heap_timer *t = &check->timers[i];
        chance = chance * 1664525 + 1013904223;
        t->check = check;
        t->timer = timer_start(loop_transport(f->loop), 1000 + chance % 97, heap_fired, t);
        t->due_ms = t->timer->due_ms;
    }
    for (size_t i = 0; i < ARRAY_LEN(check->timers); i += 3)
        timer_stop(loop_transport(f->loop), check->timers[i].timer);
    for (size_t i = 0; i < f->loop->timers.count; i++)
        f->loop->timers.items[i]->due_ms -= 1200; /* all are due: in the order of their start */
    loop_timers_fire(f->loop);
    assert_int_equal(check->fired, 400 - 134);
    assert_int_equal(f->loop->timers.count, 0);
    free(check);
}

typedef struct job {
    pool_task task;
    loop *loop;
    pthread_t ran_on;
    unsigned runs;
    bool done;
} job;

static void job_run(pool_task *task)
{
    job *j = (job *)task;
    j->ran_on = pthread_self();
    j->runs++;
}

static void job_done(pool_task *task)
{
    ((job *)task)->done = true;
}

static void workers_wake_the_loop(void **state)
{
    loop_site *f = *state;
    for (unsigned threads = 0; threads < 3; threads++) {
        err e = ERR_INIT;
        AUTO_PTR(pool) p = pool_new(threads, &e);
        assert_non_null(p);
        loop_attach_pool(f->loop, p);
        job j = {.task = {.run = job_run, .done = job_done}};
        pool_submit(p, &j.task);
        assert_false(j.done);
        loop_run(f->loop, &j.done);
        assert_int_equal(j.runs, 1);
        assert_int_equal(pthread_equal(j.ran_on, pthread_self()) != 0, threads == 0);
        loop_attach_pool(f->loop, NULL);
    }
}

static void stop_in_timer(void *ctx)
{
    loop_stop(ctx);
}

static void a_stop_ends_one_run(void **state)
{
    loop_site *f = *state;
    timer_start(loop_transport(f->loop), 1, stop_in_timer, f->loop);
    loop_run(f->loop, NULL);
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/after");
    probe_run(&p);
    assert_true(p.result.ok);
    bool already = true;
    loop_run(f->loop, &already); /* returns at once */
}

typedef struct signal_log {
    int numbers[2];
    unsigned count;
    bool done;
} signal_log;

static void signal_came(void *ctx, int signal_number, unsigned count)
{
    signal_log *log = ctx;
    assert_int_equal(count, log->count + 1);
    log->numbers[log->count++] = signal_number;
    log->done = count == 2;
}

static void signals_come_on_the_loop(void **state)
{
    loop_site *f = *state;
    signal_log log = {.count = 0};
    err e = ERR_INIT;
    assert_true(loop_watch_signals(f->loop, signal_came, &log, &e));
    /* To this thread, not to the server's. */
    raise(SIGTERM);
    raise(SIGINT);
    assert_int_equal(log.count, 0);
    loop_run(f->loop, &log.done);
    assert_int_equal(log.numbers[0] + log.numbers[1], SIGTERM + SIGINT);
}

static void clocks_and_chance_move(void **state)
{
    loop_site *f = *state;
    transport *t = loop_transport(f->loop);
    assert_true(clock_now_ms(t) > 0);
    assert_true(clock_wall_s(t) > 1700000000);
    assert_true(transport_random(t) != transport_random(t));
}

int main(void)
{
#define WITH(name, up) cmocka_unit_test_setup_teardown(name, up, loop_site_tear_down)
    const struct CMUnitTest tests[] = {
        WITH(timers_fire_in_order, loop_site_set_up),
        WITH(many_timers_stay_sorted, loop_site_set_up),
        WITH(workers_wake_the_loop, loop_site_set_up),
        WITH(a_stop_ends_one_run, loop_site_set_up),
        WITH(signals_come_on_the_loop, loop_site_set_up),
        WITH(clocks_and_chance_move, loop_site_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
