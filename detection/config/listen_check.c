#include "detection/config/listen_check.h"

#include <netdb.h>

#include "base/httpd/httpd_limits.h"
#include "base/util.h"

static bool is_loopback(const struct addrinfo *found)
{
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        if (!httpd_address_is_loopback(at->ai_addr))
            return false;
    return true;
}

/* A name server that does not answer is not an error of the configuration. */
static bool not_resolved(const char *name, int failed, err *e)
{
    if (failed == EAI_MEMORY)
        util_out_of_memory(0);
    if (failed == EAI_AGAIN || failed == EAI_SYSTEM)
        return err_set(e, ERR_IO, "listen %s: resolve: %s; start again, or give an IP address",
                       name, gai_strerror(failed));
    return err_set(e, ERR_CONFIG, "listen %s: resolve: %s; give an address of this host", name,
                   gai_strerror(failed));
}

bool listen_check(const server_config *c, err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (!c->listen || !*c->listen)
        return err_set(e, ERR_CONFIG, "listen is empty; give an address of this host");
    int failed = getaddrinfo(c->listen, NULL, &hints, &found);
    if (failed)
        return not_resolved(c->listen, failed, e);
    bool local = is_loopback(found);
    freeaddrinfo(found);
    return local || c->allow_dir[0] ||
           err_set(e, ERR_CONFIG,
                   "listen %s: refused without allow_dir: hosts that can reach this address could "
                   "submit "
                   "any file that this server may read; name the folders of training files: decon "
                   "server "
                   "--listen %s --allow-dir DIR",
                   c->listen, c->listen);
}
