/* orchestrator/detect/server_user: the owner of the socket that listens at server_url. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "orchestrator/detect/server_user.h"

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
    "   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000    12  0 1 1\n"
    "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1234  0 1 1\n"
    "   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000   33  0 1 1\n";

static void the_listener_of_a_port_is_found_in_the_table(void **state)
{
    UNUSED(state);
    uint32_t user = 0;
    assert_true(server_user_of_table(table, 8080, &user));
    assert_int_equal(user, 1234);
    assert_true(server_user_of_table(table, 80, &user));
    assert_int_equal(user, 33);
    assert_false(server_user_of_table(table, 50000, &user));
    assert_false(server_user_of_table("", 8080, &user));
}

static int listener(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void expect(const char *form, unsigned port, bool found)
{
    uint32_t user = 12345;
    bool known = !found;
    AUTO_FREE char *url = xasprintf("%s:%u%s", form, port, port % 2 ? "/" : "");
    assert_true(server_user_find(NULL, url, &known, &user, NULL));
    if (known != found)
        fail_msg("%s", url);
    if (found)
        assert_int_equal(user, geteuid());
}

static void a_local_server_is_found_and_another_machine_is_not_sought(void **state)
{
    UNUSED(state);
    unsigned port;
    AUTO_FD fd = listener(&port);
    expect("http://localhost", port, true);
    expect("http://127.0.0.1", port, true);
    expect("http://name:word@127.0.0.1", port, true);
    expect("http://[::1]", port, true);
    expect("http://example.test", port, false);
    expect("http://10.0.0.1", port, false);
    close(fd);
    fd = -1;
    expect("http://localhost", port, false);
}

static void a_configured_user_comes_first(void **state)
{
    UNUSED(state);
    uint32_t user = 0;
    bool known = false;
    err e = ERR_INIT;
    assert_true(server_user_find("root", "http://example.test", &known, &user, &e));
    assert_true(known);
    assert_int_equal(user, 0);
    assert_true(server_user_find("4711", "http://example.test", &known, &user, &e));
    assert_int_equal(user, 4711);
    assert_false(server_user_find("no such user", "http://localhost:1", &known, &user, &e));
    assert_int_equal(e.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listener_of_a_port_is_found_in_the_table),
        cmocka_unit_test(a_local_server_is_found_and_another_machine_is_not_sought),
        cmocka_unit_test(a_configured_user_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
