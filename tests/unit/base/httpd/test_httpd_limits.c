/* The table of connections, with scripted addresses and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "base/httpd/httpd_limits.h"

#define FDS 64

typedef struct fixture {
    httpd_limits *limits;
    unsigned shut[FDS];
    bool unread;
} fixture;

static void on_shut(void *ctx, int fd)
{
    fixture *f = ctx;
    f->shut[fd]++;
}

static bool on_unread(void *ctx, int fd)
{
    UNUSED(fd);
    return ((fixture *)ctx)->unread;
}

static void start(fixture *f)
{
    *f = (fixture){0};
    f->limits = httpd_limits_new(&(httpd_limits_options){.connections = 16,
                                                         .per_address = 2,
                                                         .head_ms = 1000,
                                                         .idle_ms = 5000,
                                                         .shut = on_shut,
                                                         .has_unread = on_unread,
                                                         .ctx = f});
}

static void stop(fixture *f)
{
    httpd_limits_free(f->limits);
}

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage out = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        memcpy(&out, &in, sizeof in);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&out, &in6, sizeof in6);
    else
        fail_msg("%s", text);
    return out;
}

static httpd_connection *add(fixture *f, int fd, const char *from, uint64_t now_ms)
{
    struct sockaddr_storage at = address(from);
    return httpd_limits_add(f->limits, fd, (struct sockaddr *)&at, now_ms);
}

static bool accepts(fixture *f, const char *from)
{
    struct sockaddr_storage at = address(from);
    return httpd_limits_accept(f->limits, (struct sockaddr *)&at);
}

static void a_head_has_one_deadline(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    add(&f, 1, "127.0.0.1", 100);
    httpd_limits_sweep(f.limits, 1099);
    assert_int_equal(f.shut[1], 0);
    httpd_limits_sweep(f.limits, 1100);
    assert_int_equal(f.shut[1], 1);
    httpd_limits_sweep(f.limits, 9000); /* reported once */
    assert_int_equal(f.shut[1], 1);
    stop(&f);
}

static void a_request_that_is_worked_on_has_no_deadline(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    httpd_connection *c = add(&f, 1, "127.0.0.1", 0);
    httpd_limits_request(f.limits, c, false, 500);
    httpd_limits_sweep(f.limits, 1000000000);
    assert_int_equal(f.shut[1], 0);
    httpd_limits_request_end(f.limits, c, 1000000000); /* and then the idle limit counts */
    httpd_limits_sweep(f.limits, 1000004999);
    assert_int_equal(f.shut[1], 0);
    httpd_limits_sweep(f.limits, 1000005000);
    assert_int_equal(f.shut[1], 1);
    stop(&f);
}

static void a_body_must_not_trickle(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    httpd_connection *slow = add(&f, 1, "127.0.0.1", 0);
    httpd_connection *steady = add(&f, 2, "127.0.0.1", 0);
    httpd_limits_request(f.limits, slow, true, 0);
    httpd_limits_request(f.limits, steady, true, 0);
    httpd_limits_body(f.limits, slow, 10);
    httpd_limits_body(f.limits, steady, 10 * HTTPD_BODY_RATE);
    httpd_limits_sweep(f.limits, HTTPD_BODY_GRACE_MS + 9999);
    assert_int_equal(f.shut[1], 1);
    assert_int_equal(f.shut[2], 0);
    httpd_limits_body_end(f.limits, steady);
    httpd_limits_sweep(f.limits, HTTPD_BODY_GRACE_MS + 1000000);
    assert_int_equal(f.shut[2], 0);
    stop(&f);
}

static void a_slow_server_closes_nothing(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    f.unread = true;
    add(&f, 1, "127.0.0.1", 0);
    httpd_limits_sweep(f.limits, 100000);
    assert_int_equal(f.shut[1], 0);
    f.unread = false;
    httpd_limits_sweep(f.limits, 100000);
    assert_int_equal(f.shut[1], 1);
    stop(&f);
}

static void a_full_table_closes_the_longest_waiting(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    httpd_connection *busy = add(&f, 0, "127.0.0.1", 0);
    httpd_limits_request(f.limits, busy, true, 0);
    for (int i = 1; i < 13; i++)
        add(&f, i, "127.0.0.1", (uint64_t)i);
    for (int i = 1; i < 13; i++)
        assert_int_equal(f.shut[i], 0);
    add(&f, 13, "127.0.0.1", 13);
    assert_int_equal(f.shut[0], 0); /* a request is in progress */
    assert_int_equal(f.shut[1], 1);
    assert_int_equal(f.shut[2], 0);
    add(&f, 14, "127.0.0.1", 14);
    assert_int_equal(f.shut[2], 1);
    assert_int_equal(f.shut[3], 0);
    stop(&f);
}

/* Measured from its last request, not from its start. */
static void a_used_connection_waits_since_its_last_request(void **state)
{
    UNUSED(state);
    fixture f;
    start(&f);
    httpd_connection *used = add(&f, 1, "127.0.0.1", 0);
    httpd_limits_request(f.limits, used, false, 1);
    httpd_limits_request_end(f.limits, used, 100);
    for (int i = 2; i < 15; i++)
        add(&f, i, "127.0.0.1", (uint64_t)i);
    assert_int_equal(f.shut[1], 0);
    assert_int_equal(f.shut[2], 1);
    stop(&f);
}

static void addresses_beyond_loopback_are_limited(void **state)
{
    UNUSED(state);
    static const char *const pairs[][3] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
        {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"}, /* one /64 network */
        {"::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        fixture f;
        start(&f);
        httpd_connection *first = add(&f, 1, pairs[i][0], 0);
        assert_true(accepts(&f, pairs[i][1]));
        add(&f, 2, pairs[i][1], 0);
        assert_false(accepts(&f, pairs[i][0]));
        assert_false(accepts(&f, pairs[i][1]));
        assert_true(accepts(&f, pairs[i][2]));
        httpd_limits_remove(f.limits, first);
        assert_true(accepts(&f, pairs[i][0]));
        stop(&f);
    }
}

static void loopback_is_not_limited(void **state)
{
    UNUSED(state);
    static const char *const own[] = {"127.0.0.1", "127.200.0.9", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        fixture f;
        start(&f);
        for (int fd = 0; fd < 4; fd++)
            add(&f, fd, own[i], 0);
        assert_true(accepts(&f, own[i]));
        stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_has_one_deadline),
        cmocka_unit_test(a_request_that_is_worked_on_has_no_deadline),
        cmocka_unit_test(a_body_must_not_trickle),
        cmocka_unit_test(a_slow_server_closes_nothing),
        cmocka_unit_test(a_full_table_closes_the_longest_waiting),
        cmocka_unit_test(a_used_connection_waits_since_its_last_request),
        cmocka_unit_test(addresses_beyond_loopback_are_limited),
        cmocka_unit_test(loopback_is_not_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
