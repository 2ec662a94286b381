/* Shared by the HTTP server's source files: a request, and the socket.
 *
 * What:    httpd.c moves requests through their states, httpd_reply.c replies, httpd_listen.c
 *          binds.
 * Owner:   see httpd.h. The socket that httpd_listen returns is the caller's.
 * Threads: a request is used by one thread at a time.
 * Fails:   httpd_listen returns -1 and sets err.
 */
#ifndef BASE_HTTPD_HTTPD_PRIVATE_H
#define BASE_HTTPD_HTTPD_PRIVATE_H

#include "base/httpd/httpd.h"

struct MHD_Connection;
struct MHD_Response;

/* Callbacks of libmicrohttpd for one request, in order:
 *
 *   uri_seen   request line: keeps the raw target, which is undecoded only here
 *   access     first call: begin. A reply given here is sent at once if the client waits for
 *              "100 Continue" (libmicrohttpd then closes the connection, since the client may send
 *              the body nevertheless); otherwise it is kept
 *   access     with data: body; the data is discarded once a reply is kept
 *   access     without data: end, then the kept reply is sent (libmicrohttpd refuses replies
 *              between the first call and this one)
 *   completed  release
 */
struct httpd_request {
    httpd *server;
    const httpd_handler *handler;
    struct MHD_Connection *connection;
    httpd_connection *limited; /* entry of its connection in the table of limits */
    char *target;
    char *method; /* NULL until begin */
    void *user;
    struct MHD_Response *reply; /* NULL until given */
    unsigned status;
    bool queued;  /* passed to libmicrohttpd */
    bool dropped; /* no reply: the connection is closed */
};

int httpd_listen(const char *address, uint16_t port, err *e) MUST_USE;
uint16_t httpd_port_of(int fd);

#endif
