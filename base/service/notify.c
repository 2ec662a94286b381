#include "base/service/notify.h"
#include "base/util.h"
#include "decon/base/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS_MAX_BYTES 512

/* False: NOTIFY_SOCKET is absent, or not the name of a local socket. */
static bool manager_address(struct sockaddr_un *address, socklen_t *len)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t name_len = name ? strlen(name) : 0;
    if (name_len < 2 || name_len >= sizeof address->sun_path || (*name != '/' && *name != '@'))
        return false;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, name, name_len);
    if (*name == '@')
        address->sun_path[0] = '\0';
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len);
    return true;
}

static void notify(const char *text)
{
    struct sockaddr_un address;
    socklen_t len;
    if (!manager_address(&address, &len))
        return;
    AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    ssize_t sent =
        sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address, len);
    UNUSED(sent);
}

void service_notify_ready(void)
{
    notify("READY=1");
}

void service_notify_stopping(void)
{
    notify("STOPPING=1");
}

void service_notify_alive(void)
{
    notify("WATCHDOG=1");
}

void service_notify_status(const char *fmt, ...)
{
    char status[STATUS_MAX_BYTES] = "STATUS=";
    size_t used = strlen(status);
    va_list args;
    va_start(args, fmt);
    vsnprintf(status + used, sizeof status - used, fmt, args);
    va_end(args);
    for (char *p = status; *p; p++)
        if ((unsigned char)*p < 0x20) /* a line end would begin another variable */
            *p = ' ';
    notify(status);
}

/* WATCHDOG_PID is absent, or this process. */
static bool is_watched(void)
{
    uint64_t pid = 0;
    const char *text = getenv("WATCHDOG_PID");
    return !text || (num_parse_u64(text, &pid) && pid == (uint64_t)getpid());
}

uint64_t service_watchdog_ms(void)
{
    uint64_t limit_us = 0;
    const char *text = getenv("WATCHDOG_USEC");
    if (!text || !num_parse_u64(text, &limit_us) || !limit_us || !is_watched())
        return 0;
    return MAX(limit_us / 2000, (uint64_t)1);
}
