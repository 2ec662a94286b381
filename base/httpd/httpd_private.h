/* What the sources of the HTTP server share: a request, and the socket.
 *
 * What:    httpd.c moves requests through their life, httpd_reply.c answers them, httpd_listen.c
 *          binds.
 * Owner:   see httpd.h. A socket that httpd_listen yields is the caller's.
 * Threads: a request is used by one thread at a time.
 * Fails:   httpd_listen yields -1 and sets err.
 */
#ifndef BASE_HTTPD_HTTPD_PRIVATE_H
#define BASE_HTTPD_HTTPD_PRIVATE_H

#include "base/httpd/httpd.h"

struct MHD_Connection;
struct MHD_Response;

/* Life of a request (libmicrohttpd's calls, from top to bottom):
 *
 *   uri_seen   the request line came: the raw target is kept (only here is it undecoded)
 *   access     1st call: begin. A reply given here goes out at once where the client waits for
 *              "100 Continue" (libmicrohttpd then closes the connection, as the client may send
 *              the body all the same); otherwise it is kept
 *   access     with data: body, or the data is swallowed once a reply is kept
 *   access     without data: end, then the kept reply goes out (libmicrohttpd refuses replies
 *              between the first call and this one)
 *   completed  release
 */
struct httpd_request {
    httpd *server;
    const httpd_handler *handler;
    struct MHD_Connection *connection;
    httpd_connection *limited; /* its connection's entry */
    char *target;
    char *method; /* NULL until begin */
    void *user;
    struct MHD_Response *reply; /* NULL until given */
    unsigned status;
    bool queued;  /* handed to libmicrohttpd */
    bool dropped; /* there will be none: the connection is closed */
};

int httpd_listen(const char *address, uint16_t port, err *e) MUST_USE;
uint16_t httpd_port_of(int fd);

#endif
