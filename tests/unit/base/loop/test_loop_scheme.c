/* https:// to a port that speaks plain HTTP, and http:// to one that speaks TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "tests/fake/loop_site.h"
#include "tests/fake/tls_site.h"

typedef struct plain_site { /* answers one connection, for any request */
    int listener;
    uint16_t port;
    pthread_t thread;
} plain_site;

static void *serve_plain(void *arg)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    const plain_site *s = arg;
    char got[4096];
    AUTO_FD fd = accept(s->listener, NULL, NULL);
    if (fd >= 0 && recv(fd, got, sizeof got, 0) > 0)
        UNUSED(send(fd, answer, strlen(answer), MSG_NOSIGNAL));
    return NULL;
}

static void plain_start(plain_site *s)
{
    s->listener = loop_site_bound_socket(&s->port);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve_plain, s), 0);
}

static void plain_end(plain_site *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static err failure_of(const char *scheme, uint16_t port)
{
    err e = ERR_INIT;
    AUTO_PTR(loop) l = loop_new(&(loop_options){.verify_tls = true}, &e);
    AUTO(probe) p = {0};
    assert_non_null(l);
    probe_init(&p, l, "GET", port, "/x");
    snprintf(p.url, sizeof p.url, "%s://127.0.0.1:%u/x", scheme, port);
    p.request.no_proxy = true;
    probe_run(&p);
    assert_false(p.result.ok);
    return p.result.error;
}

static void a_plain_port_is_not_asked_for_tls_again(void **state)
{
    plain_site s;
    UNUSED(state);
    plain_start(&s);
    err e = failure_of("https", s.port);
    plain_end(&s);
    assert_int_equal(e.cls, ERR_CLASS_RUN);
    assert_int_equal(e.code, ERR_NET);
    if (!strstr(e.message, "http:// in the endpoint"))
        fail_msg("%s", e.message);
}

static void a_port_that_speaks_tls_is_named(void **state)
{
    tls_site s;
    UNUSED(state);
    tls_site_start(&s, "127.0.0.1", 0);
    err e = failure_of("http", s.port);
    tls_site_end(&s);
    if (!strstr(e.message, "https:// in the endpoint"))
        fail_msg("%s", e.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_port_is_not_asked_for_tls_again),
        cmocka_unit_test(a_port_that_speaks_tls_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
