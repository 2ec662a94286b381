/* base/service: messages to the socket of the service manager. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/service/notify.h"
#include "base/util.h"

typedef struct manager {
    char dir[64], path[96];
    int fd;
} manager;

static void listen_at(manager *m, bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(m->dir, sizeof m->dir, "/tmp/decon-notify-XXXXXX");
    assert_non_null(mkdtemp(m->dir));
    snprintf(m->path, sizeof m->path, "%s%s/socket", abstract ? "@" : "", m->dir);
    memcpy(address.sun_path, m->path, strlen(m->path));
    if (abstract)
        address.sun_path[0] = '\0';
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(m->path));
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(m->fd, (const struct sockaddr *)&address, len), 0);
    setenv("NOTIFY_SOCKET", m->path, 1);
}

static void hang_up(manager *m)
{
    close(m->fd);
    if (m->path[0] == '/')
        unlink(m->path);
    rmdir(m->dir);
    unsetenv("NOTIFY_SOCKET");
}

static void expect_message(const manager *m, const char *expected)
{
    char text[1024] = "";
    ssize_t got = recv(m->fd, text, sizeof text - 1, 0);
    assert_true(got > 0);
    assert_string_equal(text, expected);
}

static void each_message_is_one_datagram(void **state)
{
    UNUSED(state);
    for (int abstract = 0; abstract < 2; abstract++) {
        manager m;
        listen_at(&m, abstract);
        service_notify_ready();
        service_notify_alive();
        service_notify_stopping();
        service_notify_status("%d of %d files", 3, 4);
        expect_message(&m, "READY=1");
        expect_message(&m, "WATCHDOG=1");
        expect_message(&m, "STOPPING=1");
        expect_message(&m, "STATUS=3 of 4 files");
        hang_up(&m);
    }
}

static void a_status_cannot_set_another_variable(void **state)
{
    UNUSED(state);
    manager m;
    listen_at(&m, false);
    service_notify_status("%s", "a\nREADY=1");
    expect_message(&m, "STATUS=a READY=1");
    hang_up(&m);
}

static void without_a_manager_nothing_happens(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"", "relative", "/", "/nowhere/there/is/no/socket"};
    unsetenv("NOTIFY_SOCKET");
    service_notify_ready();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_notify_ready();
    }
    AUTO_FREE char *long_name = xasprintf("/%0200d", 1);
    setenv("NOTIFY_SOCKET", long_name, 1);
    service_notify_ready();
    unsetenv("NOTIFY_SOCKET");
}

static void expect_watchdog(const char *limit_us, const char *pid, uint64_t pause_ms)
{
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (limit_us)
        setenv("WATCHDOG_USEC", limit_us, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(service_watchdog_ms(), pause_ms);
}

static void half_of_the_managers_limit_is_the_pause(void **state)
{
    UNUSED(state);
    AUTO_FREE char *own = xasprintf("%ld", (long)getpid());
    expect_watchdog("30000000", NULL, 15000);
    expect_watchdog("30000000", own, 15000);
    expect_watchdog("1", NULL, 1);
    expect_watchdog(NULL, NULL, 0);
    expect_watchdog("0", NULL, 0);
    expect_watchdog("soon", NULL, 0);
    expect_watchdog("30000000", "1", 0);
    expect_watchdog("30000000", "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_one_datagram),
        cmocka_unit_test(a_status_cannot_set_another_variable),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(half_of_the_managers_limit_is_the_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
