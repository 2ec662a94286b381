/* A store that does not serve requests yet when the program starts. */
#include "base/util.h"
#include "tests/unit/s3/client/request_site.h"

static uint64_t last_sent_ms(const site *s)
{
    return fake_request_at(s->f, fake_request_count(s->f) - 1)->sent_ms -
           fake_request_at(s->f, 0)->sent_ms;
}

/* Refused connections, unknown hosts, TLS errors: the host or its network may still be starting. */
static void no_connection_is_tried_for_start_wait(void **state)
{
    static const struct {
        err_code error;
        uint64_t configured_ms, least_ms, most_ms;
    } rows[] = {{ERR_NET_DNS, 0, 40000, 60000},
                {ERR_NET_TLS, 0, 40000, 60000},
                {ERR_NET_DNS, 5000, 2500, 5000},
                {ERR_NET_TLS, 300000, 280000, 300000}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){.max_attempts = 2, .start_wait_ms = rows[i].configured_ms});
        fake_when(s.f, &(fake_rule){.reply = {.error = rows[i].error}});
        remove_key(&s);
        assert_int_equal(site_end(&s), rows[i].error);
        assert_in_range(last_sent_ms(&s), rows[i].least_ms, rows[i].most_ms);
        assert_true(fake_request_count(s.f) > 5);
        AUTO_FREE char *tries = xasprintf("(tried %zu times)", fake_request_count(s.f));
        assert_non_null(strstr(s.error.message, tries));
        size_t count = fake_request_count(s.f);
        remove_key(&s); /* the wait is over: the next request does not begin another */
        assert_int_equal(site_end(&s), rows[i].error);
        assert_int_equal(fake_request_count(s.f), count + 1);
        site_close(&s);
    }
}

static void a_store_that_comes_up_meanwhile_is_used(void **state)
{
    static const err_code errors[] = {ERR_NET_DNS, ERR_NET_TLS};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        site s;
        site_open(&s, (s3_config){.max_attempts = 2});
        fake_expect(s.f, &(fake_rule){.times = 8, .reply = {.error = errors[i]}});
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        assert_false(s.c->outage.on);
        site_close(&s);
    }
}

/* The reply proves that the store is running: a hundred hosts may have started at once. */
static void a_busy_store_is_waited_for_as_in_an_outage(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{503, ""}, {503, ERROR_XML("SlowDown")}, {429, ""}, {400, ERROR_XML("Throttling")}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){.max_attempts = 2, .outage_wait_ms = 900000});
        fake_when(s.f, &(fake_rule){
                           .times = 30,
                           .reply = {.status = rows[i].status, .body = slice_from(rows[i].body)}});
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        assert_true(last_sent_ms(&s) > 60000);
        site_close(&s);
        site_open(&s, (s3_config){.max_attempts = 2, .outage_wait_ms = 300000});
        fake_when(s.f, &(fake_rule){
                           .reply = {.status = rows[i].status, .body = slice_from(rows[i].body)}});
        REMOVE(&s, ERR_S3_THROTTLED);
        assert_in_range(last_sent_ms(&s), 280000, 320000);
        site_close(&s);
    }
}

/* Hosts that start together must not come back together. */
static void the_pauses_have_full_jitter(void **state)
{
    uint64_t sent_ms[2][8];
    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        site s;
        site_open(&s, (s3_config){0});
        fake_set_random_seed(s.f, 77 + seed);
        fake_expect(s.f, &(fake_rule){.times = 7, .reply = {.error = ERR_NET_DNS}});
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        for (size_t i = 0; i < 8; i++)
            sent_ms[seed][i] = fake_request_at(s.f, i)->sent_ms;
        for (size_t i = 1; i < 8; i++)
            assert_true(sent_ms[seed][i] - sent_ms[seed][i - 1] <= (50ULL << (i - 1)));
        site_close(&s);
    }
    assert_memory_not_equal(sent_ms[0] + 1, sent_ms[1] + 1, 7 * sizeof sent_ms[0][0]);
}

static void failures_that_end_at_once(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1}); /* as configured: nothing is retried */
    site_expect_error(&s, ERR_NET_DNS);
    REMOVE(&s, ERR_NET_DNS);
    site_close(&s);
    site_open(&s, (s3_config){.max_attempts = 2});
    fake_expect(s.f, &(fake_rule){.times = 2, .reply = {.status = 500}});
    REMOVE(&s, ERR_HTTP_SERVER);
    site_close(&s);
    site_open(&s, (s3_config){.max_attempts = 3}); /* it has answered: TLS errors spend attempts */
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    fake_expect(s.f, &(fake_rule){.times = 3, .reply = {.error = ERR_NET_TLS}});
    REMOVE(&s, ERR_NET_TLS);
    site_close(&s);
}

/* Many requests fail at once while the store starts; a line for each would hide the others. */
static void the_state_at_the_start_is_logged_at_doubling_intervals(void **state)
{
    static const uint64_t rows[][2] = {{0, 0},       {10, 0},      {999, 0},     {1000, 1000},
                                       {1900, 1000}, {2000, 2000}, {3999, 2000}, {4100, 4100},
                                       {8100, 4100}, {8200, 8200}};
    s3_outage o = {.limit_ms = 60000, .start_limit_ms = 60000};
    err e = ERR_INIT;
    (void)state;
    assert_false(err_set(&e, ERR_NET_DNS, "no such host"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t left_ms = 0;
        assert_true(s3_outage_wait_at_start(&o, 5000 + rows[i][0], &e, &left_ms));
        assert_int_equal(o.said_ms, 5000 + rows[i][1]);
        assert_int_equal(left_ms, 60000 - rows[i][0]);
    }
}

/* --- how many attempts --- */

static unsigned attempts(s3_config config, const char *const *env)
{
    site s;
    site_env = env;
    site_open(&s, config);
    unsigned count = s.c->max_attempts;
    site_close(&s);
    return count;
}

static void the_order_of_the_number_of_attempts(void **state)
{
    static const char *const variable[] = {"AWS_MAX_ATTEMPTS", "5", "AWS_CONFIG_FILE",
                                           "/tmp/decon-no-such-file", NULL};
    static const char *const large[] = {"AWS_MAX_ATTEMPTS", "100000", NULL};
    static const char *const huge[] = {"AWS_MAX_ATTEMPTS", "99999999999999999999999", NULL};
    (void)state;
    assert_int_equal(attempts((s3_config){0}, site_keys_env), 8);
    assert_int_equal(attempts((s3_config){0}, variable), 5);
    assert_int_equal(attempts((s3_config){.max_attempts = 3}, variable), 3);
    assert_int_equal(attempts((s3_config){0}, large), 1000);
    assert_int_equal(attempts((s3_config){0}, huge), 1000);
    assert_int_equal(attempts((s3_config){.max_attempts = 5000}, variable), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_connection_is_tried_for_start_wait),
        cmocka_unit_test(a_store_that_comes_up_meanwhile_is_used),
        cmocka_unit_test(a_busy_store_is_waited_for_as_in_an_outage),
        cmocka_unit_test(the_pauses_have_full_jitter),
        cmocka_unit_test(failures_that_end_at_once),
        cmocka_unit_test(the_state_at_the_start_is_logged_at_doubling_intervals),
        cmocka_unit_test(the_order_of_the_number_of_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
