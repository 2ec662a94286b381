/* The listening socket of a server. Created here because libmicrohttpd does not report why a bind
 * failed. */
#include "base/util.h"
#include "base/httpd/httpd_private.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static int bind_address(const struct addrinfo *at)
{
    AUTO_FD fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, 1024) != 0)
        return -1;
    int bound = fd;
    fd = -1;
    return bound;
}

int httpd_listen(const char *address, uint16_t port, err *e)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(address, service, &hints, &found);
    if (failed == EAI_MEMORY)
        util_out_of_memory(0);
    if (failed) {
        err_set(e, ERR_IO, "cannot listen on the address %s: %s; use an address of this host",
                address, gai_strerror(failed));
        return -1;
    }
    int fd = bind_address(found);
    int reason = errno;
    freeaddrinfo(found);
    if (fd < 0 && reason == EADDRINUSE)
        err_set_errno(e, ERR_IO, reason, "port %u of %s is taken (stop its user or choose another)",
                      port, address);
    else if (fd < 0)
        err_set_errno(e, ERR_IO, reason, "cannot listen on port %u of %s", port, address);
    return fd;
}

uint16_t httpd_port_of(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    char service[8] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &len) == 0)
        getnameinfo((struct sockaddr *)&at, len, NULL, 0, service, sizeof service, NI_NUMERICSERV);
    return (uint16_t)strtoul(service, NULL, 10);
}
