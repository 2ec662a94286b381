/* Requests in flight, and the length of a store's outage. */
#include "base/util.h"
#include "tests/unit/s3/client/request_site.h"

/* Not only the refused request waits: fewer requests are sent until the store accepts more. */
static void a_throttled_request_lowers_the_requests_in_flight(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{503, ERROR_XML("SlowDown")}, {503, ""}, {429, ""}, {400, ERROR_XML("Throttling")}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){.max_in_flight = 8});
        site_expect(&s, "DELETE", URL, rows[i].status, rows[i].body);
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        assert_int_equal(s.c->throttle.limit, 4);
        assert_int_equal(s.c->throttle.tokens, S3_TOKENS_MAX);
        fake_when(s.f, &(fake_rule){.reply = {.status = 204, .delay_ms = 10}});
        for (int n = 0; n < 40; n++)
            remove_key(&s);
        fake_run(s.f);
        assert_int_equal(s3_client_stats(s.c).in_flight, 4);
        fake_run_all(s.f);
        assert_int_equal(s.done_count, 41);
        assert_int_equal(s.c->throttle.limit, 8);
        site_close(&s);
    }
}

static void throttling_halves_and_recovers(void **state)
{
    s3_throttle t;
    unsigned taken = 0;
    (void)state;
    s3_throttle_init(&t, 8);
    s3_throttle_slow_down(&t, 5000);
    s3_throttle_slow_down(&t, 5001); /* one event */
    assert_int_equal(t.limit, 4);
    s3_throttle_slow_down(&t, 6000);
    s3_throttle_slow_down(&t, 7000);
    s3_throttle_slow_down(&t, 8000);
    assert_int_equal(t.limit, 1);
    s3_throttle_success(&t, 0);
    assert_int_equal(t.limit, 2);
    for (int i = 0; i < 100; i++)
        s3_throttle_success(&t, 0);
    assert_int_equal(t.limit, 8);
    for (int i = 0; i < 35; i++)
        assert_true(s3_throttle_take(&t, false, &taken));
    assert_int_equal(t.tokens, 10);
    assert_false(s3_throttle_take(&t, false, &taken));
    assert_true(s3_throttle_take(&t, true, &taken));
    s3_throttle_success(&t, 14);
    assert_int_equal(t.tokens, 19);
    s3_throttle_success(&t, 0); /* requests without a retry return tokens too */
    assert_int_equal(t.tokens, 20);
}

static void no_more_are_in_flight_than_allowed(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_in_flight = 3});
    fake_when(s.f, &(fake_rule){.reply = {.status = 204, .delay_ms = 10}});
    for (int i = 0; i < 20; i++)
        remove_key(&s);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 20);
    assert_int_equal(fake_calls_peak(s.f), 3);
    assert_true(s3_client_idle(s.c));
    site_close(&s);
}

static void spent_tokens_fail_a_store_that_never_answered(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_when(s.f, &(fake_rule){.reply = {.status = 500}});
    s.c->throttle.tokens = 20;
    REMOVE(&s, ERR_HTTP_SERVER);
    assert_int_equal(fake_request_count(s.f), 2);
    site_close(&s);
}

static void a_store_that_goes_away_is_waited_for(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2});
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    fake_expect(s.f, &(fake_rule){.times = 20, .reply = {.error = ERR_NET_DNS}});
    site_expect(&s, "DELETE", URL, 500, ""); /* the first of two attempts */
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    assert_false(s.c->outage.on);
    site_close(&s);
}

static void an_outage_has_a_limit_and_is_reported(void **state)
{
    s3_outage o = {.limit_ms = 3600000};
    err e = ERR_INIT;
    (void)state;
    assert_false(err_set(&e, ERR_NET_DNS, "no such host"));
    assert_false(s3_outage_wait(&o, 1000, &e)); /* it has never answered */
    s3_outage_success(&o, 1000);
    assert_false(o.on);
    assert_true(s3_outage_wait(&o, 2000, &e));
    assert_int_equal(o.said_ms, 2000);
    assert_true(s3_outage_wait(&o, 301999, &e));
    assert_int_equal(o.said_ms, 2000);
    assert_true(s3_outage_wait(&o, 302000, &e));
    assert_int_equal(o.said_ms, 302000);
    assert_true(s3_outage_wait(&o, 3601999, &e));
    assert_false(s3_outage_wait(&o, 3602000, &e));
    s3_outage_success(&o, 3700000);
    assert_true(s3_outage_wait(&o, 3800000, &e)); /* another one */
}

static void answer_once(site *s)
{
    site_expect(s, "DELETE", URL, 204, "");
    REMOVE(s, ERR_NONE);
}

/* Two minutes of refusals only, with two attempts in all; also before the first success. */
static void throttling_spends_no_attempt(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{503, ERROR_XML("SlowDown")},
                {503, ""},
                {429, ""},
                {400, ERROR_XML("RequestThrottled")},
                {503, "<html>busy</html>"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int answered = 0; answered < 2; answered++) {
            site s;
            site_open(&s, (s3_config){.max_attempts = 2});
            if (answered)
                answer_once(&s);
            fake_set_random(s.f, 20000); /* the pauses are long */
            for (int n = 0; n < 12; n++)
                site_expect(&s, "DELETE", URL, rows[i].status, rows[i].body);
            site_expect(&s, "DELETE", URL, 500, ""); /* the first of two attempts */
            site_expect(&s, "DELETE", URL, 204, "");
            REMOVE(&s, ERR_NONE);
            assert_int_equal(s.c->throttle.tokens, S3_TOKENS_MAX);
            site_close(&s);
        }
    }
}

/* As configured: nothing is retried. */
static void one_attempt_is_one_attempt(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    answer_once(&s);
    site_expect(&s, "DELETE", URL, 503, "");
    REMOVE(&s, ERR_S3_THROTTLED);
    site_close(&s);
}

/* Many at once, with the few requests in flight that throttling allows: none fails. */
static void throttling_of_many_fails_none(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2, .max_in_flight = 50});
    answer_once(&s);
    for (int n = 0; n < 40; n++)
        remove_key(&s);
    fake_when(s.f, &(fake_rule){.times = 400, .reply = {.status = 503}});
    fake_when(s.f, &(fake_rule){.reply = {.status = 204}});
    fake_run_all(s.f);
    assert_int_equal(s.error.code, ERR_NONE);
    assert_int_equal(s.done_count, 41);
    assert_int_equal(fake_request_count(s.f), 441);
    site_close(&s);
}

static void throttling_without_end_is_given_up(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2, .outage_wait_ms = 300000});
    answer_once(&s);
    fake_when(s.f, &(fake_rule){.reply = {.status = 503}});
    uint64_t begin = clock_now_ms(fake_transport_base(s.f));
    REMOVE(&s, ERR_S3_THROTTLED);
    assert_int_equal(s.error.cls, ERR_CLASS_ITEM);
    assert_in_range(clock_now_ms(fake_transport_base(s.f)) - begin, 300000, 330000);
    assert_non_null(strstr(s.error.message, " attempts)"));
    site_close(&s);
}

/* Others continue meanwhile: only this one is refused, and it fails at its limit. */
static void one_object_that_is_always_throttled_is_given_up(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.outage_wait_ms = 60000});
    answer_once(&s);
    fake_when(s.f, &(fake_rule){.url_has = "/hot", .reply = {.status = 503}});
    fake_when(s.f, &(fake_rule){.reply = {.status = 204}});
    s3_delete(s.c, "b", "hot", site_done, &s);
    for (int n = 0; n < 200; n++) {
        remove_key(&s);
        fake_advance(s.f, 1000);
    }
    assert_int_equal(s.done_count, 202);
    assert_false(s.c->outage.on);
    site_close(&s);
}

static void a_store_that_stays_away_is_given_up(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2});
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    uint64_t begin = fake_request_at(s.f, 0)->sent_ms;
    fake_when(s.f, &(fake_rule){.reply = {.error = ERR_NET_DNS}});
    REMOVE(&s, ERR_NET_DNS);
    uint64_t end = fake_request_at(s.f, fake_request_count(s.f) - 1)->sent_ms;
    assert_in_range(end - begin, 600000, 660000);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_throttled_request_lowers_the_requests_in_flight),
        cmocka_unit_test(throttling_halves_and_recovers),
        cmocka_unit_test(throttling_spends_no_attempt),
        cmocka_unit_test(one_attempt_is_one_attempt),
        cmocka_unit_test(throttling_of_many_fails_none),
        cmocka_unit_test(throttling_without_end_is_given_up),
        cmocka_unit_test(one_object_that_is_always_throttled_is_given_up),
        cmocka_unit_test(no_more_are_in_flight_than_allowed),
        cmocka_unit_test(spent_tokens_fail_a_store_that_never_answered),
        cmocka_unit_test(a_store_that_goes_away_is_waited_for),
        cmocka_unit_test(an_outage_has_a_limit_and_is_reported),
        cmocka_unit_test(a_store_that_stays_away_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
