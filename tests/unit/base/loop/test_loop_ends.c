/* The loop: calls that fail, are refused by a callback or cancelled. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/loop/loop_private.h"
#include "tests/fake/loop_site.h"

/* --- failures --- */

static void a_short_body_is_truncated(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/cut");
    probe_run(&p);
    assert_false(p.result.ok);
    assert_int_equal(p.result.error.code, ERR_TRUNCATED);
    assert_int_equal(p.result.status, 200);
    assert_true(p.result.first_byte);
    assert_int_equal(p.result.body_bytes, 9);
    assert_string_equal(buf_str(&p.body), "only this");
}

static void a_refused_connection_is_no_address_answers(void **state)
{
    loop_site *f = *state;
    /* Bound but not listening: no other process can use the port. */
    uint16_t port;
    AUTO_FD bound = loop_site_bound_socket(&port);
    UNUSED(bound);
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", port, "/path?X-Amz-Signature=secret");
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_NET_DNS);
    assert_int_equal(p.result.error.curl_code, CURLE_COULDNT_CONNECT);
    assert_int_equal(p.result.status, 0);
    assert_false(p.result.first_byte);
    assert_false(p.result.reused);
    assert_int_equal(p.heads, 0);
    char start[64];
    snprintf(start, sizeof start, "GET http://127.0.0.1:%u/path: ", port);
    assert_true(str_starts_with(p.result.error.message, start));
    assert_null(strstr(p.result.error.message, "secret"));
}

static void a_silent_server_runs_into_the_limit(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->silent_port, "/silent");
    p.request.total_timeout_ms = 50;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_TIMEOUT);
    assert_non_null(strstr(p.result.error.message, "/silent: "));
}

static void urls_of_other_kinds_are_refused(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/");
    p.request.url = "file:///etc/passwd";
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_CONFIG);
    assert_int_equal(p.heads, 0);
}

static void names_and_passwords_are_not_shown(void **state)
{
    UNUSED(state);
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"http://u:secret@host:1/p@q?x=1", "GET http://host:1/p@q"},
        {"https://host", "GET https://host"},
        {"http://host?x=/a@b", "GET http://host"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *shown =
            easy_shown_name(&(http_request){.method = "GET", .url = rows[i].url});
        assert_string_equal(shown, rows[i].shown);
    }
}

typedef struct canned_row {
    const char *answer;
    err_code code;
    int status;
    const char *body;
    bool first_byte;
} canned_row;

static const canned_row canned_rows[] = {
    {"HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     ERR_NONE, 200, "hi", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n",
     ERR_NONE, 200, "hi", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", ERR_TRUNCATED, 200, "hi",
     true},
    {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhiho", ERR_NONE, 200,
     "hiho", true},
    {"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", ERR_NONE, 302, "",
     true},
    {"", ERR_NET, 0, "", false},
    {"SSH-2.0-OpenSSH_9.2\r\n", ERR_NET, 0, "", false},
};

static void odd_servers_are_distinguished(void **state)
{
    loop_site *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(canned_rows); i++) {
        const canned_row *row = &canned_rows[i];
        canned c;
        canned_start(&c, (const char *const[]){row->answer, NULL});
        AUTO(probe) p = {0};
        probe_init(&p, f->loop, "GET", c.port, "/");
        probe_run(&p);
        canned_end(&c);
        if (p.result.error.code != row->code)
            fail_msg("row %zu: %s", i, p.result.error.message);
        assert_int_equal(p.result.status, row->status);
        assert_string_equal(buf_str(&p.body), row->body);
        assert_int_equal(p.result.first_byte, row->first_byte);
        assert_int_equal(p.heads, row->status ? 1 : 0);
        assert_null(strstr(buf_str(&p.headers), "X-A"));
        assert_null(strstr(buf_str(&p.headers), "X-Trailer"));
    }
}

/* --- callbacks that end a call --- */

static void a_callback_that_refuses_ends_the_call(void **state)
{
    loop_site *f = *state;
    AUTO(probe) head = {0};
    probe_init(&head, f->loop, "GET", f->port, "/big/200000");
    head.refuse_head = true;
    probe_run(&head);
    assert_int_equal(head.result.error.code, ERR_S3_CHANGED);
    assert_int_equal(head.bodies, 0);
    AUTO(probe) body = {0};
    probe_init(&body, f->loop, "GET", f->port, "/big/200000");
    body.refuse_body = true;
    probe_run(&body);
    assert_int_equal(body.result.error.code, ERR_NO_SPACE);
    assert_int_equal(body.bodies, 1);
    AUTO(probe) last = {0}; /* the last piece */
    probe_init(&last, f->loop, "GET", f->port, "/big/100");
    last.refuse_body = true;
    probe_run(&last);
    assert_int_equal(last.result.error.code, ERR_NO_SPACE);
    assert_int_equal(last.dones, 1);
}

static void a_callback_may_cancel_its_own_call(void **state)
{
    loop_site *f = *state;
    static const char *const paths[] = {"/big/200000", "/big/100"};
    for (int i = 0; i < 4; i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f->loop, "GET", f->port, paths[i % 2]);
        p.cancel_in_head = i < 2;
        p.cancel_in_body = i >= 2;
        probe_run(&p);
        assert_int_equal(p.dones, 0);
        assert_int_equal(p.bodies, i < 2 ? 0 : 1);
        AUTO(probe) next = {0}; /* handle and loop are still usable */
        probe_init(&next, f->loop, "GET", f->port, "/next");
        probe_run(&next);
        assert_true(next.result.ok);
        assert_int_equal(f->loop->active.count, 0);
    }
}

typedef struct canceller {
    loop_site *loop_site;
    probe *victims;
    size_t count;
} canceller;

static void cancel_others(void *ctx, const http_result *result)
{
    canceller *c = ctx;
    assert_true(result->ok);
    for (size_t i = 0; i < c->count; i++)
        http_cancel(loop_transport(c->loop_site->loop), c->victims[i].call);
    c->victims[0].done = true;
}

static void others_can_be_cancelled_queued_or_active(void **state)
{
    loop_site *f = *state;
    probe victims[3];
    for (size_t i = 0; i < ARRAY_LEN(victims); i++)
        probe_init(&victims[i], f->loop, "GET", f->silent_port, "/silent");
    canceller c = {.loop_site = f, .victims = victims, .count = ARRAY_LEN(victims)};
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/first");
    p.request.ctx = &c;
    p.request.on_head = NULL;
    p.request.on_body = NULL;
    p.request.on_done = cancel_others;
    probe_send(&victims[0]); /* active: it hangs */
    probe_send(&p);          /* active */
    probe_send(&victims[1]); /* queued: there are two connections */
    probe_send(&victims[2]);
    loop_run(f->loop, &victims[0].done);
    assert_int_equal(f->loop->active.count, 0);
    assert_int_equal(f->loop->queued.count, 0);
    for (size_t i = 0; i < ARRAY_LEN(victims); i++) {
        assert_int_equal(victims[i].dones, 0);
        probe_deinit(&victims[i]);
    }
}

int main(void)
{
#define WITH(name, up) cmocka_unit_test_setup_teardown(name, up, loop_site_tear_down)
    const struct CMUnitTest tests[] = {
        WITH(a_short_body_is_truncated, loop_site_set_up),
        WITH(a_refused_connection_is_no_address_answers, loop_site_set_up),
        WITH(a_silent_server_runs_into_the_limit, loop_site_set_up),
        WITH(urls_of_other_kinds_are_refused, loop_site_set_up),
        WITH(names_and_passwords_are_not_shown, loop_site_set_up),
        WITH(odd_servers_are_distinguished, loop_site_set_up),
        WITH(a_callback_that_refuses_ends_the_call, loop_site_set_up),
        WITH(a_callback_may_cancel_its_own_call, loop_site_set_up),
        WITH(others_can_be_cancelled_queued_or_active, loop_site_set_up_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
