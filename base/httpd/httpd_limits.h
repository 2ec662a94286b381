/* Limits on the connections of an HTTP server: their number, and how long each may wait.
 *
 * What:    a table of open connections. A connection without a request in progress has a deadline
 *          for the complete head of its next request (so slowly sent bytes do not extend it). A
 *          body has a deadline that each received byte extends: a minimum rate. When the table is
 *          nearly full, the connection that has waited longest for a request is closed, so that new
 *          clients are always served. Addresses other than loopback share a limit per address
 *          (IPv6: per /64 network, which usually belongs to one host).
 * Owner:   httpd_limits_new / _free. Entries belong to the table; a descriptor is shut down, never
 *          closed, and only while its entry is in the table.
 * Threads: any; one lock. The caller passes the time, or starts a thread that does.
 * Fails:   httpd_limits_accept returns false if an address has too many connections.
 */
#ifndef BASE_HTTPD_HTTPD_LIMITS_H
#define BASE_HTTPD_HTTPD_LIMITS_H

#include <sys/socket.h>

#include "base/util.h"

/* Time until the head of the first request must be complete; clients send it at once. */
#define HTTPD_HEAD_MS ((uint64_t)20 * 1000)
/* A body may be this much slower than HTTPD_BODY_RATE. */
#define HTTPD_BODY_GRACE_MS ((uint64_t)60 * 1000)
#define HTTPD_BODY_RATE     500 /* bytes per second: slower than any link that is used for S3 */

typedef struct httpd_limits httpd_limits;
typedef struct httpd_connection httpd_connection;

typedef struct httpd_limits_options {
    size_t connections;        /* above 3/4 of it, the connection that waits longest is closed */
    size_t per_address;        /* of an address other than loopback */
    uint64_t head_ms, idle_ms; /* until the first head is complete; until each later one */
    void (*shut)(void *ctx, int fd);
    /* Bytes that this process has not read yet: the delay is the server's, not the client's. Or
     * NULL. */
    bool (*has_unread)(void *ctx, int fd);
    void *ctx;
} httpd_limits_options;

httpd_limits *httpd_limits_new(const httpd_limits_options *options);
void httpd_limits_free(httpd_limits *l);

/* Before a connection is accepted: whether its address may open one more. */
bool httpd_limits_accept(httpd_limits *l, const struct sockaddr *from) MUST_USE;
httpd_connection *httpd_limits_add(httpd_limits *l, int fd, const struct sockaddr *from,
                                   uint64_t now_ms);
void httpd_limits_remove(httpd_limits *l, httpd_connection *take_connection);

/* The head is complete; `has_body`: bytes follow, at HTTPD_BODY_RATE or faster. */
void httpd_limits_request(httpd_limits *l, httpd_connection *c, bool has_body, uint64_t now_ms);
void httpd_limits_body(httpd_limits *l, httpd_connection *c, size_t len_bytes);
void httpd_limits_body_end(httpd_limits *l, httpd_connection *c);
void httpd_limits_request_end(httpd_limits *l, httpd_connection *c, uint64_t now_ms);

/* Shuts down connections past their deadline. */
void httpd_limits_sweep(httpd_limits *l, uint64_t now_ms);

/* Whether the address belongs to this host: 127.0.0.0/8, ::1, also as ::ffff:127.0.0.1. */
bool httpd_address_is_loopback(const struct sockaddr *from);

#endif
