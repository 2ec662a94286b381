/* The scripted transport itself, on which other tests depend. */
#include "tests/unit/base/fake_site.h"

static void replies_come_in_fake_run_only(void **state)
{
    fake_transport *f = *state;
    fake_expect(f, &(fake_rule){.method = "GET",
                                .url = "http://h/a",
                                .reply = {.status = 206,
                                          .body = SLICE_LIT("hello"),
                                          .chunk_bytes = 2,
                                          .reused = true}});
    AUTO(probe) p = {0};
    probe_init(&p, f, "GET", "http://h/a");
    probe_send(&p);
    assert_int_equal(p.heads + p.dones, 0);
    assert_int_equal(fake_calls_pending(f), 1);
    assert_int_equal(fake_next_ms(f), 0);
    fake_run(f);
    assert_true(p.result.ok);
    assert_true(p.result.reused);
    assert_true(p.result.first_byte);
    assert_int_equal(p.result.status, 206);
    assert_int_equal(p.result.body_bytes, 5);
    assert_int_equal(p.bodies, 3);
    assert_string_equal(buf_str(&p.body), "hello");
    assert_string_equal(p.content_length, "5");
    assert_int_equal(fake_calls_pending(f), 0);
    assert_true(fake_request_at(f, 0)->done);
}

static void head_gets_no_body(void **state)
{
    fake_transport *f = *state;
    const http_header headers[] = {{"Content-Length", "77"}};
    fake_when(
        f, &(fake_rule){
               .reply = {.headers = headers, .header_count = 1, .body = SLICE_LIT("never seen")}});
    AUTO(probe) p = {0};
    probe_init(&p, f, "HEAD", "http://h/a");
    probe_send(&p);
    fake_run(f);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.bodies, 0);
    assert_string_equal(p.content_length, "77");
}

static void requests_are_recorded_with_their_bodies(void **state)
{
    fake_transport *f = *state;
    fake_when(f, &(fake_rule){.times = 0});
    char path[] = "/tmp/test-fake-XXXXXX";
    AUTO_FD fd = mkstemp(path);
    unlink(path);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    char value[] = "one";
    const http_header headers[] = {{"X-A", value}};
    AUTO(probe) p = {0};
    probe_init(&p, f, "PUT", "http://h/a");
    p.request.headers = headers;
    p.request.header_count = 1;
    p.request.body_fd = fd;
    p.request.body_file_offset = 3;
    p.request.body_file_bytes = 4;
    p.request.no_proxy = true;
    probe_send(&p);
    value[0] = 'X'; /* a copy was taken */
    AUTO(probe) q = {0};
    probe_init(&q, f, "POST", "http://h/b");
    q.request.body = SLICE_LIT("words");
    probe_send(&q);
    assert_int_equal(fake_request_count(f), 2);
    assert_int_equal(fake_calls_peak(f), 2);
    const fake_request *first = fake_request_at(f, 0), *second = fake_request_at(f, 1);
    assert_string_equal(first->method, "PUT");
    assert_string_equal(fake_request_header(first, "x-a"), "one");
    assert_null(fake_request_header(first, "x-b"));
    assert_true(slice_equal_str(first->body, "3456"));
    assert_true(first->from_file && first->no_proxy && !first->done);
    assert_string_equal(second->url, "http://h/b");
    assert_true(slice_equal_str(second->body, "words"));
    fake_run(f);
    assert_int_equal(p.dones + q.dones, 2);
}

static void rules_choose_by_what_they_name(void **state)
{
    fake_transport *f = *state;
    const http_header range[] = {{"range", "bytes=0-1"}}, any_match[] = {{"If-Match", NULL}};
    const http_header sent[] = {{"Range", "bytes=0-1"}, {"If-Match", "\"e\""}};
    fake_when(f, &(fake_rule){.method = "PUT", .reply = {.status = 201}});
    fake_when(f, &(fake_rule){.body_has = "words", .reply = {.status = 202}});
    fake_when(
        f, &(fake_rule){.headers = range, .header_count = 1, .times = 1, .reply = {.status = 203}});
    fake_when(f, &(fake_rule){.headers = any_match, .header_count = 1, .reply = {.status = 206}});
    fake_when(f, &(fake_rule){.url_has = "/b?", .reply = {.status = 404}});
    const struct {
        const char *method, *url;
        size_t header_count;
        const char *body;
        int status;
    } rows[] = {
        {"PUT", "http://h/a", 0, "", 201},         {"POST", "http://h/a", 0, "some words", 202},
        {"GET", "http://h/a", 2, "", 203},         {"GET", "http://h/a", 2, "", 206},
        {"GET", "http://h/b?list", 0, "wor", 404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f, rows[i].method, rows[i].url);
        p.request.headers = sent;
        p.request.header_count = rows[i].header_count;
        p.request.body = slice_from(rows[i].body);
        probe_send(&p);
        fake_run(f);
        assert_int_equal(p.result.status, rows[i].status);
    }
}

static void patterns_go_before_the_strict_queue(void **state)
{
    fake_transport *f = *state;
    fake_when(f, &(fake_rule){.url_has = "/health", .reply = {.status = 299}});
    fake_expect(f, &(fake_rule){.url = "http://h/1", .times = 2, .reply = {.status = 201}});
    fake_expect(f, &(fake_rule){.url = "http://h/2", .reply = {.status = 202}});
    const char *const urls[] = {"http://h/1", "http://h/health", "http://h/1", "http://h/2"};
    const int statuses[] = {201, 299, 201, 202};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f, "GET", urls[i]);
        probe_send(&p);
        fake_run(f);
        assert_int_equal(p.result.status, statuses[i]);
    }
}

static void echo_handler(void *ctx, const fake_request *request, fake_reply *reply)
{
    char *words = ctx; /* invalid after the return: copied */
    snprintf(words, 32, "%s", strrchr(request->url, '/'));
    reply->status = 200;
    reply->body = slice_from(words);
}

static void a_handler_plays_a_server(void **state)
{
    fake_transport *f = *state;
    char words[32];
    fake_handle(f, echo_handler, words);
    AUTO(probe) a = {0};
    AUTO(probe) b = {0};
    probe_init(&a, f, "GET", "http://h/a");
    probe_init(&b, f, "GET", "http://h/b");
    a.next = &b; /* sent from on_done: answered in the same run */
    probe_send(&a);
    fake_run(f);
    assert_string_equal(buf_str(&a.body), "/a");
    assert_string_equal(buf_str(&b.body), "/b");
}

static void errors_come_as_scripted(void **state)
{
    fake_transport *f = *state;
    fake_expect(f, &(fake_rule){.reply = {.error = ERR_NET_DNS}});
    fake_expect(
        f,
        &(fake_rule){.reply = {.status = 200, .body = SLICE_LIT("half"), .error = ERR_TRUNCATED}});
    AUTO(probe) p = {0};
    probe_init(&p, f, "GET", "http://h/a?X-Amz-Signature=secret");
    probe_send(&p);
    fake_run(f);
    assert_false(p.result.ok);
    assert_int_equal(p.result.error.code, ERR_NET_DNS);
    assert_int_equal(p.result.status, 0);
    assert_false(p.result.first_byte);
    assert_int_equal(p.heads, 0);
    assert_null(strstr(p.result.error.message, "secret"));
    probe_send(&p);
    fake_run(f);
    assert_int_equal(p.result.error.code, ERR_TRUNCATED);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.result.body_bytes, 4);
    assert_string_equal(buf_str(&p.body), "half");
}

static void callbacks_may_refuse_and_cancel(void **state)
{
    fake_transport *f = *state;
    fake_when(f, &(fake_rule){.reply = {.body = SLICE_LIT("hello"), .chunk_bytes = 1}});
    AUTO(probe) p = {0};
    probe_init(&p, f, "GET", "http://h/a");
    p.refuse = true;
    probe_send(&p);
    fake_run(f);
    assert_int_equal(p.result.error.code, ERR_S3_CHANGED);
    assert_int_equal(p.bodies, 0);
    AUTO(probe) q = {0};
    probe_init(&q, f, "GET", "http://h/a");
    q.cancel_in_body = true;
    probe_send(&q);
    fake_run(f);
    assert_int_equal(q.bodies, 1);
    assert_int_equal(q.dones, 0);
    assert_true(fake_request_at(f, 1)->cancelled);
    AUTO(probe) unanswered = {0};
    probe_init(&unanswered, f, "GET", "http://h/a");
    probe_send(&unanswered);
    http_cancel(fake_transport_base(f), unanswered.call);
    fake_run(f);
    assert_int_equal(unanswered.heads, 0);
    assert_int_equal(fake_calls_pending(f), 0);
}

static void late_replies_and_limits_follow_the_clock(void **state)
{
    fake_transport *f = *state;
    fake_expect(f, &(fake_rule){.reply = {.delay_ms = 30}});
    fake_expect(f, &(fake_rule){.reply = {.never = true}});
    fake_expect(f, &(fake_rule){.reply = {.never = true}});
    buf order;
    buf_init(&order, 100);
    probe probes[3];
    for (size_t i = 0; i < 3; i++) {
        probe_init(&probes[i], f, "GET", "http://h/a");
        probes[i].order = &order;
        probes[i].letter = (char)('a' + i);
        probes[i].request.stall_timeout_ms = i == 1 ? 20 : 0;
        probe_send(&probes[i]);
    }
    fake_run(f);
    assert_int_equal(order.len, 0);
    assert_int_equal(fake_next_ms(f), 20);
    fake_advance(f, 19);
    assert_int_equal(order.len, 0);
    fake_advance(f, 1);
    assert_int_equal(probes[1].result.error.code, ERR_TIMEOUT);
    fake_advance(f, 100);
    assert_string_equal(buf_str(&order), "ba");
    assert_true(probes[0].result.ok);
    fake_run_all(f);
    assert_int_equal(fake_calls_pending(f), 1); /* the one without a limit */
    http_cancel(fake_transport_base(f), probes[2].call);
    for (size_t i = 0; i < 3; i++)
        probe_deinit(&probes[i]);
    buf_deinit(&order);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(replies_come_in_fake_run_only),
        WITH(head_gets_no_body),
        WITH(requests_are_recorded_with_their_bodies),
        WITH(rules_choose_by_what_they_name),
        WITH(patterns_go_before_the_strict_queue),
        WITH(a_handler_plays_a_server),
        WITH(errors_come_as_scripted),
        WITH(callbacks_may_refuse_and_cancel),
        WITH(late_replies_and_limits_follow_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
