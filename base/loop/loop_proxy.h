/* Which proxy a URL goes by: for what is said when something goes wrong on the way.
 *
 * What:    the environment read as libcurl reads it, which itself tells no one.
 * Owner:   plain values.
 * Threads: any, as long as nobody changes the environment.
 * Fails:   never.
 * Sources: curl's manual, "Proxy environment variables", CURLOPT_PROXY, CURLOPT_NOPROXY.
 */
#ifndef BASE_LOOP_LOOP_PROXY_H
#define BASE_LOOP_LOOP_PROXY_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct loop_proxy {
    const char *name; /* of the variable: HTTPS_PROXY; static */
    char shown[256];  /* scheme://host:port, never user or password; empty: the value is no URL */
} loop_proxy;

/* False: it goes straight to its host. */
bool loop_proxy_find(const char *url, loop_proxy *out) MUST_USE;

/* NO_PROXY's list: names (and all below them), addresses, networks as 10.0.0.0/8, or `*`. `host` as
 * in a URL, IPv6 in brackets. */
bool loop_proxy_is_exempt(const char *list, const char *host);

#endif
