/* Calls in flight: few while they keep the loop busy, all while the loop is idle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/loop/loop_private.h"
#include "tests/fake/loop_site.h"

static void waiting_doubles_it_up_to_all(void **state)
{
    UNUSED(state);
    loop_concurrency w;
    loop_concurrency_init(&w, 50, 1000);
    assert_int_equal(w.calls, 12);
    loop_concurrency_waited(&w, 1000, 2000);
    assert_int_equal(w.calls, 12); /* not at once: the first byte is always delayed */
    loop_concurrency_waited(&w, 2010, 3010);
    assert_int_equal(w.calls, 24);
    loop_concurrency_waited(&w, 3020, 4020);
    assert_int_equal(w.calls, 24); /* each step needs another wait */
    loop_concurrency_waited(&w, 4020, 5020);
    assert_int_equal(w.calls, 48);
    loop_concurrency_waited(&w, 5020, 7020);
    assert_int_equal(w.calls, 50);
    loop_concurrency_waited(&w, 7020, 9020);
    assert_int_equal(w.calls, 50);
}

static void what_was_before_the_calls_were_held_back_does_not_count(void **state)
{
    UNUSED(state);
    loop_concurrency w;
    loop_concurrency_init(&w, 50, 0);
    const uint64_t hour_us = 3600 * 1000000ULL;
    for (int i = 0; i < 3; i++)
        loop_concurrency_waited(&w, hour_us + i * 1000, hour_us + i * 1000 + 1000);
    assert_int_equal(w.calls, 24);
}

static void a_busy_loop_keeps_few(void **state)
{
    UNUSED(state);
    loop_concurrency w;
    loop_concurrency_init(&w, 50, 0);
    uint64_t now_us = 0;
    for (int i = 0; i < 100000; i++) { /* idle for a twentieth of its time */
        loop_concurrency_waited(&w, now_us + 950, now_us + 1000);
        now_us += 1000;
    }
    assert_int_equal(w.calls, 12);
    for (int i = 0; i < 1000; i++) { /* idle for a fifth */
        loop_concurrency_waited(&w, now_us + 800, now_us + 1000);
        now_us += 1000;
    }
    assert_int_equal(w.calls, 50);
}

static void it_never_exceeds_the_handles(void **state)
{
    UNUSED(state);
    loop_concurrency w;
    loop_concurrency_init(&w, 2, 0);
    assert_int_equal(w.calls, 2);
    loop_concurrency_waited(&w, 0, 5000);
    assert_int_equal(w.calls, 2);
}

/* --- on the loop --- */

#define CALLS 30

static void silent_calls(loop_site *f, probe *probes)
{
    for (int i = 0; i < CALLS; i++) {
        probe_init(&probes[i], f->loop, "GET", f->silent_port, "/");
        probes[i].request.no_proxy = false;
        probe_send(&probes[i]);
    }
}

static void local_services_wait_for_no_window(void **state)
{
    loop_site *f = *state;
    probe probes[CALLS];
    AUTO(probe) local = {0};
    silent_calls(f, probes);
    loop_calls_start(f->loop);
    assert_int_equal(f->loop->active.count, 12);
    assert_true(loop_calls_held_back(f->loop));
    probe_init(&local, f->loop, "GET", f->port, "/x"); /* queued after all of them */
    probe_send(&local);
    loop_calls_start(f->loop);
    assert_int_equal(f->loop->active.count, 13);
    assert_int_equal(f->loop->active_local, 1);
    loop_run(f->loop, &local.done);
    assert_true(local.result.ok);
    assert_int_equal(f->loop->active_local, 0);
    for (int i = 0; i < CALLS; i++) {
        http_cancel(loop_transport(f->loop), probes[i].call);
        probe_deinit(&probes[i]);
    }
    assert_false(loop_calls_held_back(f->loop));
}

typedef struct watcher {
    loop *loop;
    bool all_started;
} watcher;

static void look(void *ctx)
{
    watcher *w = ctx;
    w->all_started = w->loop->active.count == CALLS;
    if (!w->all_started)
        timer_start(loop_transport(w->loop), 1, look, w);
}

static void a_loop_that_waits_starts_all(void **state)
{
    loop_site *f = *state;
    probe probes[CALLS];
    watcher w = {.loop = f->loop};
    silent_calls(f, probes);
    look(&w);
    loop_run(f->loop, &w.all_started);
    assert_int_equal(f->loop->active.count, CALLS);
    for (int i = 0; i < CALLS; i++) {
        http_cancel(loop_transport(f->loop), probes[i].call);
        probe_deinit(&probes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_doubles_it_up_to_all),
        cmocka_unit_test(what_was_before_the_calls_were_held_back_does_not_count),
        cmocka_unit_test(a_busy_loop_keeps_few),
        cmocka_unit_test(it_never_exceeds_the_handles),
        cmocka_unit_test_setup_teardown(local_services_wait_for_no_window, loop_site_set_up,
                                        loop_site_tear_down),
        cmocka_unit_test_setup_teardown(a_loop_that_waits_starts_all, loop_site_set_up,
                                        loop_site_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
