#include "base/httpd/host_check.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "decon/base/buf.h"

#define HOST_MAX_BYTES 254 /* a DNS name and its NUL */

/* The host without port, brackets and a trailing dot. */
static bool host_of(const char *header, char out[HOST_MAX_BYTES])
{
    bool brackets = header[0] == '[';
    const char *start = header + brackets;
    size_t len = strcspn(start, brackets ? "]" : ":");
    const char *rest = start + len;
    if (brackets && *rest++ != ']')
        return false;
    size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
    if (*rest && (*rest != ':' || rest[1 + digits]))
        return false;
    if (len > 0 && !brackets && start[len - 1] == '.')
        len--;
    if (len == 0 || len >= HOST_MAX_BYTES)
        return false;
    memcpy(out, start, len);
    out[len] = '\0';
    return true;
}

typedef struct ip_address {
    int family; /* 0: not an address */
    uint8_t bytes[16];
} ip_address;

/* IPv4-mapped IPv6 counts as IPv4. */
static ip_address ip_of(const char *text)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    ip_address ip = {0};
    if (inet_pton(AF_INET, text, ip.bytes) == 1) {
        ip.family = AF_INET;
    } else if (inet_pton(AF_INET6, text, ip.bytes) == 1) {
        ip.family = AF_INET6;
        if (memcmp(ip.bytes, mapped, sizeof mapped) == 0) {
            ip_address v4 = {.family = AF_INET};
            memcpy(v4.bytes, ip.bytes + sizeof mapped, 4);
            ip = v4;
        }
    }
    return ip;
}

static bool is_loopback(const char *host)
{
    static const uint8_t one[16] = {[15] = 1};
    ip_address ip = ip_of(host);
    if (ip.family == AF_INET)
        return ip.bytes[0] == 127;
    return ip.family == AF_INET6 ? memcmp(ip.bytes, one, sizeof one) == 0
                                 : strcasecmp(host, "localhost") == 0;
}

static bool is_same_host(const char *a, const char *b)
{
    ip_address ip_a = ip_of(a), ip_b = ip_of(b);
    if (ip_a.family || ip_b.family)
        return memcmp(&ip_a, &ip_b, sizeof ip_a) == 0;
    return strcasecmp(a, b) == 0;
}

/* `name` as configured, with or without brackets and port. */
static bool is_named(const char *host, const char *name)
{
    char bare[HOST_MAX_BYTES];
    return is_same_host(host, name) || (host_of(name, bare) && is_same_host(host, bare));
}

bool host_is_allowed(const host_rules *r, const char *header, const char *local_address)
{
    char host[HOST_MAX_BYTES];
    if (!header || !host_of(header, host))
        return false;
    if (is_loopback(host) || is_same_host(host, local_address) ||
        (r->listen && is_same_host(host, r->listen)))
        return true;
    for (const char *const *name = r->names; name && *name; name++)
        if (is_named(host, *name))
            return true;
    return false;
}
