/* The fake transport: timers, its clock, and the checks at its end. */
#include "tests/unit/base/fake_site.h"

/* --- timers --- */

typedef struct ticker {
    fake_transport *fake;
    buf order;
    unsigned repeats;
    bool done;
} ticker;

static void tick_a(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'a');
}

static void tick_b(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'b');
}

static void tick_again(void *ctx)
{
    ticker *t = ctx;
    buf_printf(&t->order, "%llu ", (unsigned long long)clock_now_ms(fake_transport_base(t->fake)));
    t->done = --t->repeats == 0;
    if (!t->done)
        timer_start(fake_transport_base(t->fake), 10, tick_again, t);
}

static void timers_fire_in_order(void **state)
{
    fake_transport *f = *state;
    transport *t = fake_transport_base(f);
    ticker k = {.fake = f};
    buf_init(&k.order, 100);
    timer_start(t, 20, tick_b, &k);
    timer_start(t, 10, tick_a, &k);
    timer_start(t, 10, tick_b, &k);
    timer *stopped = timer_start(t, 5, tick_b, &k);
    timer_start(t, 0, tick_a, &k);
    assert_int_equal(fake_timers_pending(f), 5);
    timer_stop(t, stopped);
    assert_int_equal(k.order.len, 0);
    fake_run(f); /* without advancing time: what is due now */
    assert_string_equal(buf_str(&k.order), "a");
    fake_advance(f, 10);
    assert_string_equal(buf_str(&k.order), "aab");
    fake_run_all(f);
    assert_string_equal(buf_str(&k.order), "aabb");
    assert_int_equal(fake_timers_pending(f), 0);
    assert_true(fake_next_ms(f) == UINT64_MAX);
    buf_deinit(&k.order);
}

static void a_step_sees_its_own_time(void **state)
{
    fake_transport *f = *state;
    transport *t = fake_transport_base(f);
    ticker k = {.fake = f, .repeats = 3};
    buf_init(&k.order, 100);
    uint64_t start_ms = clock_now_ms(t);
    timer_start(t, 10, tick_again, &k);
    assert_true(fake_run_until(f, &k.done));
    char expected[100];
    snprintf(expected, sizeof expected, "%llu %llu %llu ", (unsigned long long)start_ms + 10,
             (unsigned long long)start_ms + 20, (unsigned long long)start_ms + 30);
    assert_string_equal(buf_str(&k.order), expected);
    k.done = false;
    assert_false(fake_run_until(f, &k.done)); /* nothing is left to happen */
    buf_deinit(&k.order);
}

static void the_wall_moves_with_the_clock(void **state)
{
    fake_transport *f = *state;
    transport *t = fake_transport_base(f);
    assert_int_equal(clock_wall_s(t), 1369353600);
    fake_advance(f, 90500);
    assert_int_equal(clock_wall_s(t), 1369353690);
    fake_set_wall(f, 1000);
    assert_int_equal(clock_wall_s(t), 1000);
    fake_advance(f, 10000);
    assert_int_equal(clock_wall_s(t), 1010);
}

static void chance_is_fixed(void **state)
{
    fake_transport *f = *state;
    transport *t = fake_transport_base(f);
    uint64_t first = transport_random(t), second = transport_random(t);
    assert_true(first != second);
    fake_set_random_seed(f, 1); /* the default: the same again */
    assert_true(transport_random(t) == first);
    fake_set_random(f, 42);
    assert_int_equal(transport_random(t), 42);
    assert_int_equal(transport_random(t), 42);
}

/* --- checks at the end --- */

static void assert_complains(const fake_transport *f, const char *words)
{
    AUTO_FREE char *all = fake_complaints(f);
    assert_non_null(all);
    if (!strstr(all, words))
        fail_msg("\"%s\" is not in:%s", words, all);
}

static void a_pending_call_fails_the_test(void **state)
{
    UNUSED(state);
    fake_transport *f = fake_new();
    assert_null(fake_complaints(f));
    fake_expect(f, &(fake_rule){.method = "GET", .url_has = "/late"});
    assert_complains(f, "GET /late was expected and did not come");
    timer_start(fake_transport_base(f), 5, tick_a, NULL);
    assert_complains(f, "1 timers are still pending");
    AUTO(probe) p = {0};
    probe_init(&p, f, "PUT", "http://h/left");
    probe_send(&p);
    assert_complains(f, "PUT http://h/left is still pending");
    fake_discard(f);
    assert_int_equal(p.dones, 0);
}

static void an_unexpected_request_fails_the_test(void **state)
{
    UNUSED(state);
    fake_transport *f = fake_new();
    AUTO(probe) p = {0};
    probe_init(&p, f, "GET", "http://h/surprise");
    probe_send(&p);
    fake_run(f);
    assert_int_equal(p.result.error.code, ERR_INTERNAL);
    assert_complains(f, "GET http://h/surprise was not expected");
    fake_expect(f, &(fake_rule){.method = "PUT", .url = "http://h/a"});
    probe_send(&p);
    fake_run(f);
    assert_complains(f, "GET http://h/surprise came where PUT http://h/a was expected");
    fake_discard(f);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(timers_fire_in_order),
        WITH(a_step_sees_its_own_time),
        WITH(the_wall_moves_with_the_clock),
        WITH(chance_is_fixed),
        cmocka_unit_test(a_pending_call_fails_the_test),
        cmocka_unit_test(an_unexpected_request_fails_the_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
