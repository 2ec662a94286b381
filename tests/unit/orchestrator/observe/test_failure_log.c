/* orchestrator/observe/failure_log: lines, and when the object is written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/observe/failure_log.h"
#include "tests/fake/transport.h"

#define RUN "20261201T030000Z-0-0a1b2c"

typedef struct site {
    fake_transport *fake;
    s3_client *s3;
    failure_log *log;
    unsigned puts;
    buf object; /* as last written */
    bool refuse, closed;
} site;

static void answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    static const http_header etag = {"ETag", "\"e\""};
    site *s = ctx;
    assert_string_equal(r->method, "PUT");
    assert_true(str_ends_with(r->url, "/b/rep/_decon/failures/" RUN ".jsonl"));
    s->puts++;
    buf_clear(&s->object);
    buf_append_slice(&s->object, r->body);
    reply->headers = &etag;
    reply->header_count = 1;
    reply->delay_ms = 10;
    reply->status = s->refuse ? 403 : 200;
}

static int set_up(void **state)
{
    err e = ERR_INIT;
    site *s = xcalloc(1, sizeof *s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    s->fake = fake_new();
    buf_init(&s->object, 1 << 16);
    fake_handle(s->fake, answer, s);
    s->s3 = s3_client_new(fake_transport_base(s->fake),
                          &(s3_config){.endpoint = "http://store",
                                       .region = "us-east-1",
                                       .getenv_fn = fake_credentials},
                          &e);
    s->log = failure_log_new(&(failure_log_options){
        .s3 = s->s3, .bucket = "b", .report_prefix = "rep/", .run = RUN, .host = "h"});
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    site *s = *state;
    failure_log_free(s->log);
    s3_client_free(s->s3);
    fake_free(s->fake);
    buf_deinit(&s->object);
    free(s);
    return 0;
}

static void add(site *s, const char *key)
{
    err e = ERR_INIT;
    err_set(&e, ERR_JOB_CRASHED, "s3://b/%s: it broke", key);
    failure_log_add(
        s->log,
        &(failure_line){.key = key, .size_bytes = 7, .error = &e, .attempts = 2, .failed_s = 1});
}

static unsigned line_count(const site *s)
{
    unsigned count = 0;
    for (size_t i = 0; i < s->object.len; i++)
        count += s->object.data[i] == '\n';
    return count;
}

static void on_closed(void *ctx)
{
    site *s = ctx;
    assert_false(s->closed);
    s->closed = true;
}

static void end(site *s)
{
    failure_log_close(s->log, on_closed, s);
    assert_true(s->closed || fake_run_until(s->fake, &s->closed));
}

static void a_line_says_what_failed_and_why(void **state)
{
    site *s = *state;
    add(s, "a");
    end(s);
    assert_string_equal(
        buf_str(&s->object),
        "{\"attempts\":2,\"cause\":\"server\",\"code\":\"JOB_CRASHED\",\"format\":1,"
        "\"host\":\"h\",\"key\":\"a\",\"message\":\"s3://b/a: it broke\",\"size\":7,"
        "\"time\":\"1970-01-01T00:00:01Z\"}\n");
}

static void without_failures_nothing_is_written(void **state)
{
    site *s = *state;
    failure_log_flush(s->log);
    end(s);
    assert_int_equal(s->puts, 0);
}

static void the_whole_is_written_again_only_with_new_lines(void **state)
{
    site *s = *state;
    add(s, "a");
    failure_log_flush(s->log);
    fake_advance(s->fake, 20);
    failure_log_flush(s->log);
    fake_advance(s->fake, 20);
    assert_int_equal(s->puts, 1);
    add(s, "b");
    failure_log_flush(s->log);
    fake_advance(s->fake, 20);
    assert_int_equal(s->puts, 2);
    assert_int_equal(line_count(s), 2);
    end(s);
    assert_int_equal(s->puts, 2);
}

static void a_line_that_comes_during_a_write_is_written_before_the_end(void **state)
{
    site *s = *state;
    add(s, "a");
    failure_log_flush(s->log);
    fake_advance(s->fake, 1);
    add(s, "b");
    end(s);
    assert_int_equal(s->puts, 2);
    assert_int_equal(line_count(s), 2);
}

static void a_store_that_refuses_does_not_hold_up_the_end(void **state)
{
    site *s = *state;
    s->refuse = true;
    add(s, "a");
    end(s);
    assert_int_equal(s->puts, 1);
}

static void it_may_be_freed_while_it_writes(void **state)
{
    site *s = *state;
    add(s, "a");
    failure_log_flush(s->log);
    fake_advance(s->fake, 1);
    failure_log_free(move(s->log));
}

static void causes_are_distinguished(void **state)
{
    UNUSED(state);
    assert_string_equal(failure_cause(ERR_TIMEOUT), "network");
    assert_string_equal(failure_cause(ERR_S3_CHECKSUM), "store");
    assert_string_equal(failure_cause(ERR_JSONL), "file");
    assert_string_equal(failure_cause(ERR_RESULT), "server");
    assert_string_equal(failure_cause(ERR_NO_SPACE), "machine");
    assert_string_equal(failure_cause(ERR_CONFIG), "configuration");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_line_says_what_failed_and_why),
        TEST(without_failures_nothing_is_written),
        TEST(the_whole_is_written_again_only_with_new_lines),
        TEST(a_line_that_comes_during_a_write_is_written_before_the_end),
        TEST(a_store_that_refuses_does_not_hold_up_the_end),
        TEST(it_may_be_freed_while_it_writes),
        cmocka_unit_test(causes_are_distinguished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
