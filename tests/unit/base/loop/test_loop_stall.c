/* The bandwidth cap and the stall limit of the event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/loop/loop_private.h"
#include "tests/fake/loop_site.h"

/* --- the bucket --- */

static void a_cap_lets_through_its_rate(void **state)
{
    loop_rate_limit c;
    uint64_t moved = 0;
    (void)state;
    loop_rate_limit_init(&c, 1000000, 5000);
    for (uint64_t now_ms = 5000; now_ms < 15000; now_ms++)
        while (loop_rate_limit_may(&c, now_ms)) {
            loop_rate_limit_take(&c, 16384);
            moved += 16384;
        }
    assert_in_range(moved, 10000000, 10000000 + 50000 + 16384); /* the saved amount, one piece */
}

static void a_cap_yields_how_long_to_wait(void **state)
{
    loop_rate_limit c;
    (void)state;
    loop_rate_limit_init(&c, 1000, 0);
    assert_int_equal(loop_rate_limit_wait_ms(&c), 0);
    loop_rate_limit_take(&c, 1050); /* 50 were saved */
    assert_int_equal(loop_rate_limit_wait_ms(&c), 1001);
    assert_false(loop_rate_limit_may(&c, 1000));
    assert_int_equal(loop_rate_limit_wait_ms(&c), 1);
    assert_true(loop_rate_limit_may(&c, 1001));
}

static void a_cap_saves_up_little(void **state)
{
    loop_rate_limit c;
    (void)state;
    loop_rate_limit_init(&c, 1000000, 0);
    assert_true(loop_rate_limit_may(&c, UINT64_MAX / 2));
    loop_rate_limit_take(&c, 50000);
    assert_false(loop_rate_limit_may(&c, UINT64_MAX / 2));
}

static void no_cap_holds_nothing_back(void **state)
{
    loop_rate_limit c;
    (void)state;
    loop_rate_limit_init(&c, 0, 0);
    loop_rate_limit_take(&c, UINT64_MAX / 2);
    assert_true(loop_rate_limit_may(&c, 0));
    assert_int_equal(loop_rate_limit_wait_ms(&c), 0);
}

/* --- on the loop --- */

static void set_cap(loop *l, uint64_t bytes_per_s)
{
    for (int d = 0; d < FLOW_DIRECTIONS; d++)
        loop_rate_limit_init(&l->rate_limits[d], bytes_per_s, loop_clock_ms());
}

static void capped_downloads_are_whole(void **state)
{
    loop_site *f = *state;
    probe probes[3];
    unsigned ended = 0;
    set_cap(f->loop, 1000000);
    for (int i = 0; i < 3; i++) {
        probe_init(&probes[i], f->loop, "GET", f->port, "/big/100000");
        probes[i].request.no_proxy = false;
        probes[i].all_done = &ended;
        probe_send(&probes[i]);
    }
    for (int i = 0; i < 3; i++)
        loop_run(f->loop, &probes[i].done);
    assert_int_equal(ended, 3);
    assert_true(f->loop->pauses > 0);
    for (int i = 0; i < 3; i++) {
        assert_true(probes[i].result.ok);
        assert_int_equal(probes[i].body.len, 100000);
        for (size_t k = 0; k < 100000; k++)
            assert_int_equal((unsigned char)probes[i].body.data[k],
                             (unsigned char)(k * 31 + k / 251));
        probe_deinit(&probes[i]);
    }
}

static void a_capped_upload_is_whole(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    static char data[300000];
    memset(data, 'x', sizeof data);
    set_cap(f->loop, 1000000);
    probe_init(&p, f->loop, "PUT", f->port, "/up");
    p.request.no_proxy = false;
    p.request.body = (slice){.data = data, .len = sizeof data};
    probe_run(&p);
    assert_true(p.result.ok);
    assert_true(f->loop->pauses > 0);
    size_t count = 0;
    for (size_t i = 0; i < p.body.len; i++)
        count += p.body.data[i] == 'x';
    assert_true(count >= sizeof data);
}

static void local_services_are_not_capped(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    set_cap(f->loop, 1);
    probe_init(&p, f->loop, "GET", f->port, "/big/100000");
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(f->loop->pauses, 0);
}

/* Another call runs while `p` is in flight. */
static void let_time_pass(loop_site *f)
{
    AUTO(probe) meanwhile = {0};
    probe_init(&meanwhile, f->loop, "GET", f->port, "/x");
    probe_run(&meanwhile);
    assert_true(meanwhile.result.ok);
}

/* As if the last byte had been received long ago. */
static void grow_old(loop *l, http_call *call)
{
    call->moved_ms = 0;
    l->flow_due_ms = 0;
    loop_flow_run(l);
}

static void what_the_cap_holds_back_does_not_stall(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    set_cap(f->loop, 1);
    probe_init(&p, f->loop, "GET", f->port, "/big/100000");
    p.request.no_proxy = false;
    p.request.stall_timeout_ms = 60000;
    probe_send(&p);
    while (!f->loop->pauses)
        let_time_pass(f);
    grow_old(f->loop, p.call);
    assert_int_equal(p.dones, 0);
    set_cap(f->loop, 1000000000);
    f->loop->flow_due_ms = 0;
    loop_run(f->loop, &p.done);
    assert_true(p.result.ok);
}

static void a_held_back_call_can_be_cancelled(void **state)
{
    loop_site *f = *state;
    AUTO(probe) held = {0};
    AUTO(probe) other = {0};
    set_cap(f->loop, 1);
    probe_init(&held, f->loop, "GET", f->port, "/big/100000");
    held.request.no_proxy = false;
    probe_send(&held);
    while (!f->loop->pauses)
        let_time_pass(f);
    http_cancel(loop_transport(f->loop), held.call);
    probe_init(&other, f->loop, "GET", f->port, "/x");
    probe_run(&other);
    assert_true(other.result.ok);
    assert_int_equal(held.dones, 0);
}

static void silence_is_a_stall(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->silent_port, "/");
    p.request.stall_timeout_ms = 50;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_TIMEOUT);
    assert_non_null(strstr(p.result.error.message, "less than 1 byte per second for 0.1 s"));
    AUTO(probe) after = {0}; /* the loop continues */
    probe_init(&after, f->loop, "GET", f->port, "/x");
    probe_run(&after);
    assert_true(after.result.ok);
}

static void a_stall_in_the_middle_keeps_the_received_bytes(void **state)
{
    /* The server announces 10 bytes, sends 4 and keeps the connection open. */
    loop_site *f = *state;
    AUTO(probe) p = {0};
    char head[512];
    probe_init(&p, f->loop, "GET", f->silent_port, "/");
    p.request.stall_timeout_ms = 60000;
    probe_send(&p);
    let_time_pass(f); /* it connects */
    AUTO_FD fd = accept(f->silent, NULL, NULL);
    assert_true(fd >= 0);
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour";
    assert_int_equal(write(fd, reply, sizeof reply - 1), sizeof reply - 1);
    while (!p.heads)
        let_time_pass(f);
    grow_old(f->loop, p.call);
    assert_int_equal(p.dones, 1);
    assert_int_equal(p.result.error.code, ERR_TIMEOUT);
    assert_int_equal(p.result.status, 200);
    assert_string_equal(buf_str(&p.body), "four");
    assert_true(read(fd, head, sizeof head) > 0);
}

static void a_drip_is_a_stall(void **state)
{
    loop_site *f = *state;
    AUTO(probe) p = {0};
    probe_init(&p, f->loop, "GET", f->silent_port, "/");
    p.request.stall_timeout_ms = 30000;
    probe_send(&p);
    let_time_pass(f); /* it connects */
    for (int bytes = 30; bytes >= 29; bytes--) {
        uint64_t now_ms = loop_clock_ms();
        assert_int_equal(p.dones, 0);
        p.call->moved_ms = now_ms; /* the last byte was just received */
        p.call->window_ms = now_ms - 30000;
        p.call->window_bytes = (uint64_t)bytes;
        f->loop->flow_due_ms = 0;
        loop_flow_run(f->loop);
    }
    assert_int_equal(p.dones, 1);
    assert_int_equal(p.result.error.code, ERR_TIMEOUT);
}

static void on_ended_cancel_the_other(void *ctx, const http_result *result)
{
    probe **pair = ctx;
    UNUSED(result);
    http_cancel(loop_transport(pair[1]->loop), pair[1]->call);
    pair[0]->done = true;
}

static void a_stall_may_cancel_another(void **state)
{
    loop_site *f = *state;
    AUTO(probe) a = {0};
    AUTO(probe) b = {0};
    probe *pair[2] = {&a, &b};
    probe_init(&a, f->loop, "GET", f->silent_port, "/");
    probe_init(&b, f->loop, "GET", f->silent_port, "/");
    a.request.stall_timeout_ms = 50;
    b.request.stall_timeout_ms = 51;
    a.request.on_done = on_ended_cancel_the_other;
    a.request.ctx = pair;
    probe_send(&a);
    probe_send(&b);
    loop_run(f->loop, &a.done);
    assert_int_equal(b.dones, 0);
}

static void a_cap_beyond_all_networks_holds_nothing_back(void **state)
{
    static const uint64_t rates[] = {UINT64_MAX, (uint64_t)1 << 63, (uint64_t)200000 << 40};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        loop_rate_limit c;
        loop_rate_limit_init(&c, rates[i], 1000);
        for (uint64_t now_ms = 1000; now_ms < UINT64_MAX / 4; now_ms *= 10) {
            assert_true(loop_rate_limit_may(&c, now_ms));
            loop_rate_limit_take(&c, 1 << 20);
            assert_int_equal(loop_rate_limit_wait_ms(&c), 0);
        }
    }
}

int main(void)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY",
                                          "HTTPS_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(proxies); i++)
        unsetenv(proxies[i]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, loop_site_set_up, loop_site_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cap_beyond_all_networks_holds_nothing_back),
        cmocka_unit_test(a_cap_lets_through_its_rate),
        cmocka_unit_test(a_cap_yields_how_long_to_wait),
        cmocka_unit_test(a_cap_saves_up_little),
        cmocka_unit_test(no_cap_holds_nothing_back),
        TEST(capped_downloads_are_whole),
        TEST(a_capped_upload_is_whole),
        TEST(local_services_are_not_capped),
        TEST(what_the_cap_holds_back_does_not_stall),
        TEST(a_held_back_call_can_be_cancelled),
        TEST(silence_is_a_stall),
        TEST(a_stall_in_the_middle_keeps_the_received_bytes),
        TEST(a_drip_is_a_stall),
        TEST(a_stall_may_cancel_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
