/* Host names by which clients may address the server.
 *
 * What:    a web page can make a browser send requests to this server under a name that the page
 *          chooses (DNS rebinding); such a request has that name in its Host header. Allowed are
 *          loopback names and addresses, the listen address, the address that the client connected
 *          to, and `names`; the port is ignored, since tunnels change it.
 * Owner:   rules are borrowed.
 * Threads: any.
 * Fails:   a missing header is refused.
 */
#ifndef BASE_HTTPD_HOST_CHECK_H
#define BASE_HTTPD_HOST_CHECK_H

#include "base/util.h"

typedef struct host_rules {
    const char *listen;       /* or NULL */
    const char *const *names; /* NULL or NULL-terminated */
} host_rules;

bool host_is_allowed(const host_rules *r, const char *header, const char *local_address);

#endif
