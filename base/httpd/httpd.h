/* HTTP server on top of libmicrohttpd.
 *
 * What:    a request is delivered in three steps: begin (line and headers), body (0 or more
 *          times, bytes in order), end (reply to it). HTTP/1.1 with keep-alive, HEAD, 100-continue.
 * Owner:   the server owns a request; its strings are borrowed until release, and handlers keep
 *          their state in `user`. Replies copy headers; a body given to httpd_reply is copied, the
 *          descriptor of a file is taken over and closed.
 * Threads: `thread_count` threads call the handlers, each request on one thread only; handlers that
 *          share data lock it themselves, and one that blocks holds up the other connections of
 *          its thread. httpd_stop from any thread but these.
 * Limits:  base/httpd/httpd_limits.h: slow heads and bodies, connections per address, and a full
 *          server closes the connection that has waited longest without a request.
 * Fails:   httpd_start sets err (ERR_IO, "port N is taken ..."). A request without a reply from its
 *          handler gets a 500.
 */
#ifndef BASE_HTTPD_HTTPD_H
#define BASE_HTTPD_HTTPD_H

#include "base/httpd/httpd_limits.h"
#include "decon/base/transport.h"
#include "base/util.h"

#define HTTPD_ADDRESS_BYTES 64

typedef struct httpd httpd;
typedef struct httpd_request httpd_request;

typedef struct httpd_handler {
    /* Line and headers are known. A reply from here skips the body. *user is the request's
     * state. */
    void (*begin)(void *ctx, httpd_request *request, void **user);
    /* A piece of the body; not called after a reply. */
    void (*body)(void *ctx, httpd_request *request, void **user, slice data);
    /* The whole body has arrived; must reply, unless a reply was given before. */
    void (*end)(void *ctx, httpd_request *request, void **user);
    /* The request is finished, or the connection broke: free *user. Always called once. */
    void (*release)(void *ctx, httpd_request *request, void **user);
    void *ctx;
} httpd_handler;

typedef struct httpd_options {
    const char *address;     /* NULL: 127.0.0.1 */
    uint16_t port;           /* 0: the system chooses, see httpd_port */
    unsigned thread_count;   /* 0: 4 */
    unsigned idle_timeout_s; /* 0: 60 */
    uint64_t head_ms;        /* to the end of the first request's head; 0: HTTPD_HEAD_MS */
    unsigned connections;    /* 0: 4096, or fewer where fewer files may be open */
    size_t memory_bytes;     /* of a connection: a request's head, or a piece of its body; cleared
                                for each request; 0: 128 KiB */
} httpd_options;

httpd *httpd_start(const httpd_options *options, const httpd_handler *handler, err *e) MUST_USE;
uint16_t httpd_port(const httpd *h);
void httpd_stop(httpd *h); /* waits for handlers that run; NULL is allowed */
DEFINE_AUTO_PTR(httpd, httpd_stop)

/* Properties of the request. Borrowed until release. */
const char *httpd_method(const httpd_request *r);
const char *httpd_raw_target(const httpd_request *r); /* path?query as received, undecoded */
const char *httpd_header(const httpd_request *r, const char *name); /* NULL when absent */
void httpd_each_header(const httpd_request *r,
                       void (*each)(void *ctx, const char *name, const char *value), void *ctx);

/* The numeric address that the client connected to; IPv4-mapped IPv6 as IPv4. */
void httpd_local_address(const httpd_request *r, char out[HTTPD_ADDRESS_BYTES]);

/* One reply for each request; later ones are ignored. Content-Length is set here, Date is added; a
 * header with an empty value is sent as a name and a blank. A reply given before the whole body has
 * arrived is sent after it, or at once if the client waits for "100 Continue". */
void httpd_reply(httpd_request *r, int status, const http_header *headers, size_t header_count,
                 slice body);
void httpd_reply_file(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      int take_fd, uint64_t offset, uint64_t len_bytes);
/* A HEAD reply that states a length without sending a body. */
void httpd_reply_head(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      uint64_t content_length);
/* For fault injection: the reply is cut off after `len_bytes` bytes (fewer than Content-Length
 * states) and the connection is closed. */
void httpd_reply_cut(httpd_request *r, int status, const http_header *headers, size_t header_count,
                     slice body, uint64_t content_length);
/* No reply at all: the connection is closed. */
void httpd_drop(httpd_request *r);
bool httpd_replied(const httpd_request *r);

#endif
