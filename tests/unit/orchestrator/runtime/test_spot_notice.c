/* orchestrator/runtime/spot_notice: interruption notices of the metadata service. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/runtime/spot_notice.h"
#include "tests/fake/transport.h"

#define IMDS      "http://169.254.169.254/latest/"
#define SPOT      IMDS "meta-data/spot/instance-action"
#define REBALANCE IMDS "meta-data/events/recommendations/rebalance"
#define POLL_MS   5000

typedef struct fixture {
    fake_transport *fake;
    spot_notice *watch;
    char text[256];
    unsigned notices;
} fixture;

static const char *disabled;

static const char *fake_env(const char *name)
{
    return str_equal(name, "AWS_EC2_METADATA_DISABLED") ? disabled : NULL;
}

static int set_up(void **state)
{
    fixture *f = xcalloc(1, sizeof *f);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    f->fake = fake_new();
    disabled = NULL;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    spot_notice_stop(f->watch);
    fake_free(f->fake);
    free(f);
    return 0;
}

static void on_notice(void *ctx, const char *text)
{
    fixture *f = ctx;
    f->notices++;
    snprintf(f->text, sizeof f->text, "%s", text);
}

static void begin(fixture *f)
{
    f->watch = spot_notice_start(fake_transport_base(f->fake), fake_env, on_notice, f);
}

static void expect_get(fixture *f, const char *url, int status, const char *body)
{
    fake_expect(f->fake, &(fake_rule){.method = "PUT",
                                      .url = IMDS "api/token",
                                      .reply = {.status = 200, .body = SLICE_LIT("TOKEN")}});
    fake_expect(f->fake, &(fake_rule){.method = "GET",
                                      .url = url,
                                      .reply = {.status = status, .body = slice_from(body)}});
}

static void an_interruption_is_reported_with_its_time(void **state)
{
    fixture *f = *state;
    expect_get(f, SPOT, 404, "");
    expect_get(f, REBALANCE, 404, "");
    expect_get(f, SPOT, 200, "{\"action\":\"terminate\",\"time\":\"2026-12-01T08:22:00Z\"}\n");
    begin(f);
    fake_advance(f->fake, POLL_MS - 1);
    assert_int_equal(f->notices, 0);
    fake_advance(f->fake, 1);
    fake_advance(f->fake, 10 * POLL_MS); /* no more requests */
    assert_int_equal(f->notices, 1);
    assert_string_equal(f->text, "spot interruption: {\"action\":\"terminate\",\"time\":"
                                 "\"2026-12-01T08:22:00Z\"}");
}

static void a_rebalance_recommendation_counts_too(void **state)
{
    fixture *f = *state;
    expect_get(f, SPOT, 404, "");
    expect_get(f, REBALANCE, 200, "{\"noticeTime\":\"2026-12-01T08:22:00Z\"}");
    begin(f);
    fake_advance(f->fake, 1);
    assert_int_equal(f->notices, 1);
    assert_true(str_starts_with(f->text, "rebalance recommendation: {"));
}

static void a_service_that_fails_is_asked_again(void **state)
{
    fixture *f = *state;
    expect_get(f, SPOT, 403, "");
    expect_get(f, SPOT, 200, "{}");
    begin(f);
    fake_advance(f->fake, POLL_MS);
    assert_int_equal(f->notices, 1);
}

static void a_service_that_is_switched_off_is_not_asked(void **state)
{
    fixture *f = *state;
    disabled = "true";
    begin(f);
    fake_advance(f->fake, 3 * POLL_MS);
    assert_int_equal(fake_request_count(f->fake), 0);
    assert_int_equal(f->notices, 0);
}

static void a_watch_may_be_stopped_at_any_time(void **state)
{
    fixture *f = *state;
    begin(f);
    spot_notice_stop(move(f->watch)); /* while a request is in flight */
    spot_notice_stop(NULL);
    assert_int_equal(f->notices, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_interruption_is_reported_with_its_time),
        TEST(a_rebalance_recommendation_counts_too),
        TEST(a_service_that_fails_is_asked_again),
        TEST(a_service_that_is_switched_off_is_not_asked),
        TEST(a_watch_may_be_stopped_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
