/* Requests on the event loop, against its own server on 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/loop/loop_private.h"
#include "tests/fake/loop_site.h"

/* --- requests --- */

static void get_sends_nothing_that_was_not_asked_for(void **state)
{
    loop_site *f = *state;
    const http_header headers[] = {{"X-Mine", "a  b"}, {"x-empty", ""}, {"Host", "example.com"}};
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/a/../b/./%2e%41//c+d?x=%20&y");
    p.request.headers = headers;
    p.request.header_count = ARRAY_LEN(headers);
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.heads, 1);
    assert_int_equal(p.dones, 1);
    assert_string_equal(buf_str(&p.body), "GET /a/../b/./%2e%41//c+d?x=%20&y\n"
                                          "Host: example.com\n"
                                          "User-Agent: decon/" DECON_VERSION "\n"
                                          "X-Mine: a  b\n"
                                          "x-empty: \n\n");
    assert_int_equal(p.result.body_bytes, p.body.len);
    assert_non_null(strstr(buf_str(&p.headers), "X-One: first\nx-one: second\n"));
}

static void connections_are_used_again(void **state)
{
    loop_site *f = *state;
    for (int i = 0; i < 3; i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f->loop, "GET", f->port, "/again");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_int_equal(p.result.reused, i > 0);
    }
    AUTO(probe) fresh = {0};
    probe_init(&fresh, f->loop, "GET", f->port, "/again");
    fresh.request.no_reuse = true;
    probe_run(&fresh);
    assert_false(fresh.result.reused);
}

static void body_comes_gathered(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/big/1000000");
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.body.len, 1000000);
    assert_int_equal(p.result.body_bytes, 1000000);
    assert_int_equal(p.largest_piece, 131072);
    assert_int_equal(p.bodies, 8); /* 7 full pieces and a rest */
    for (size_t i = 0; i < p.body.len; i++)
        if (p.body.data[i] != (char)(i * 31 + i / 251))
            fail_msg("byte %zu differs", i);
}

static void head_states_a_length_without_a_body(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "HEAD", f->port, "/head");
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.bodies, 0);
    assert_non_null(strstr(buf_str(&p.headers), "Content-Length: 123456789012\n"));
    AUTO(probe) next = {0};
    probe_init(&next, f->loop, "GET", f->port, "/next");
    probe_run(&next);
    assert_true(next.result.reused);
}

static void bodies_are_sent_from_slices(void **state)
{
    loop_site *f = *state;
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f->loop, methods[i], f->port, "/send");
        p.request.body = SLICE_LIT("some words");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_true(probe_body_has(&p, "Content-Length: 10\n"));
        assert_true(str_ends_with(buf_str(&p.body), "\n\nsome words"));
        assert_false(probe_body_has(&p, "Content-Type"));
        assert_false(probe_body_has(&p, "Accept"));
        assert_false(probe_body_has(&p, "Expect"));
        assert_true(str_starts_with(buf_str(&p.body), methods[i]));
    }
}

static void no_body_is_said_where_one_is_expected(void **state)
{
    loop_site *f = *state;
    static const struct {
        const char *method;
        bool says_length;
    } rows[] = {{"POST", true}, {"PUT", true}, {"DELETE", false}, {"GET", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(probe) p = {0};
        probe_init(&p, f->loop, rows[i].method, f->port, "/none");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_int_equal(probe_body_has(&p, "Content-Length: 0\n"), rows[i].says_length);
        assert_true(str_starts_with(buf_str(&p.body), rows[i].method));
    }
}

static int file_of(size_t size)
{
    char path[] = "/tmp/test-loop-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    AUTO_FREE char *data = xcalloc(1, size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i % 23);
    assert_int_equal(write(fd, data, size), size);
    return fd;
}

static void a_range_of_a_file_is_sent(void **state)
{
    loop_site *f = *state;
    AUTO_FD fd = file_of(3000000);
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "PUT", f->port, "/file");
    p.request.body_fd = fd;
    p.request.body_file_offset = 5;
    p.request.body_file_bytes = 2500000;
    probe_run(&p);
    assert_true(p.result.ok);
    assert_true(probe_body_has(&p, "Content-Length: 2500000\n"));
    assert_true(probe_body_has(&p, "Expect: 100-continue\n"));
    const char *sent = strstr(buf_str(&p.body), "\n\n") + 2;
    assert_int_equal(strlen(sent), 2500000);
    assert_int_equal(sent[0], 'a' + 5);
    assert_int_equal(sent[2499999], 'a' + (2499999 + 5) % 23);
    assert_int_equal(p.heads, 1); /* 100 Continue is not reported */
}

static void a_file_that_is_too_short_fails(void **state)
{
    loop_site *f = *state;
    AUTO_FD fd = file_of(10);
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "PUT", f->port, "/file");
    p.request.body_fd = fd;
    p.request.body_file_bytes = 20;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_IO);
    assert_non_null(strstr(p.result.error.message, "became shorter"));
}

static void a_refused_upload_gives_its_status(void **state)
{
    loop_site *f = *state;
    AUTO_FD fd = file_of(3000000);
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "PUT", f->port, "/refuse");
    p.request.body_fd = fd;
    p.request.body_file_bytes = 3000000;
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 403);
    assert_string_equal(buf_str(&p.body), "refused");
    /* Also without Expect: the server takes the body first. */
    AUTO(probe) small = {0};
    probe_init(&small, f->loop, "PUT", f->port, "/refuse");
    small.request.body_fd = fd;
    small.request.body_file_bytes = 900000;
    probe_run(&small);
    assert_true(small.result.ok);
    assert_int_equal(small.result.status, 403);
}

static void a_line_break_in_a_header_is_refused(void **state)
{
    loop_site *f = *state;
    const http_header headers[] = {{"X-Mine", "a\r\nX-Other: b"}};
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->port, "/");
    p.request.headers = headers;
    p.request.header_count = 1;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_INTERNAL);
    assert_int_equal(f->site.arrivals.len, 0);
}

/* --- queueing --- */

static void requests_beyond_the_connections_wait_in_order(void **state)
{
    loop_site *f = *state;
    probe probes[6];
    unsigned all_done = 0;
    for (unsigned i = 0; i < ARRAY_LEN(probes); i++) {
        char path[16];
        snprintf(path, sizeof path, "/%u", i);
        probe_init(&probes[i], f->loop, "GET", f->port, path);
        probes[i].all_done = &all_done;
    }
    probes[0].next = &probes[5]; /* sent from a callback: queued after those that wait already */
    for (unsigned i = 0; i < 5; i++)
        probe_send(&probes[i]);
    assert_int_equal(all_done, 0); /* no callback inside http_send */
    loop_run(f->loop, &probes[5].done);
    assert_int_equal(all_done, 6);
    assert_string_equal(buf_str(&f->site.arrivals), "/0\n/1\n/2\n/3\n/4\n/5\n");
    for (unsigned i = 0; i < ARRAY_LEN(probes); i++) {
        assert_true(probes[i].result.ok);
        assert_int_equal(probes[i].result.reused, i > 0);
        probe_deinit(&probes[i]);
    }
}

static void freeing_a_loop_drops_calls_in_flight(void **state)
{
    loop_site *f = *state;
    AUTO(probe) hanging = {0};
    probe_init(&hanging, f->loop, "GET", f->silent_port, "/silent");
    AUTO(probe) first = {0};
    probe_init(&first, f->loop, "GET", f->port, "/first");
    probe_send(&hanging);
    probe_run(&first);
    AUTO(probe) unsent = {0};
    probe_init(&unsent, f->loop, "GET", f->port, "/unsent");
    probe_send(&unsent);
    timer_start(loop_transport(f->loop), 60000, NULL, NULL);
    loop_free(f->loop);
    f->loop = NULL;
    assert_int_equal(hanging.dones + unsent.dones, 0);
}

int main(void)
{
#define WITH(name, up) cmocka_unit_test_setup_teardown(name, up, loop_site_tear_down)
    const struct CMUnitTest tests[] = {
        WITH(get_sends_nothing_that_was_not_asked_for, loop_site_set_up),
        WITH(connections_are_used_again, loop_site_set_up),
        WITH(body_comes_gathered, loop_site_set_up),
        WITH(head_states_a_length_without_a_body, loop_site_set_up),
        WITH(bodies_are_sent_from_slices, loop_site_set_up),
        WITH(no_body_is_said_where_one_is_expected, loop_site_set_up),
        WITH(a_range_of_a_file_is_sent, loop_site_set_up),
        WITH(a_file_that_is_too_short_fails, loop_site_set_up),
        WITH(a_refused_upload_gives_its_status, loop_site_set_up),
        WITH(a_line_break_in_a_header_is_refused, loop_site_set_up),
        WITH(requests_beyond_the_connections_wait_in_order, loop_site_set_up_one),
        WITH(freeing_a_loop_drops_calls_in_flight, loop_site_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
