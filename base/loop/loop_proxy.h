/* The proxy that libcurl uses for a URL, for error messages.
 *
 * What:    reads the environment as libcurl does, which does not report the proxy.
 * Owner:   plain values.
 * Threads: any, while no thread changes the environment.
 * Fails:   never.
 * Sources: curl's manual, "Proxy environment variables", CURLOPT_PROXY, CURLOPT_NOPROXY.
 */
#ifndef BASE_LOOP_LOOP_PROXY_H
#define BASE_LOOP_LOOP_PROXY_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct loop_proxy {
    const char *name; /* of the variable: HTTPS_PROXY; static */
    char shown[256];  /* scheme://host:port without user and password; empty: malformed value */
} loop_proxy;

/* False: the connection is direct. */
bool loop_proxy_find(const char *url, loop_proxy *out) MUST_USE;

/* NO_PROXY's list: names (with their subdomains), addresses, networks such as 10.0.0.0/8, or `*`.
 * `host` as in a URL, IPv6 in brackets. */
bool loop_proxy_is_exempt(const char *list, const char *host);

#endif
