/* A small face of libmicrohttpd for the HTTP servers of this project.
 *
 * What:    a request is handed over in three steps: begin (line and headers), body (0 or more
 *          times, bytes in order), end (answer it). HTTP/1.1 with keep-alive, HEAD, 100-continue.
 * Owner:   httpd_start / httpd_stop. httpd_request belongs to the server and lives from begin to
 *          release; handlers keep their own state in `user`. Replies copy headers; a body given by
 *          httpd_reply is copied, a file's descriptor is taken over and closed.
 * Threads: `thread_count` threads call the handlers, each request on one thread only; handlers that
 *          share data lock it themselves, and one that blocks holds up the other connections of
 *          its thread. httpd_stop from any thread but these.
 * Limits:  base/httpd/httpd_limits.h: slow heads and bodies, connections per address, and a full server
 *          closes the connection that has waited longest without a request.
 * Fails:   httpd_start sets err (ERR_IO, "port N is taken ..."). A handler that yields no reply is
 *          answered 500.
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
    /* Line and headers are known. To answer without reading the body: reply here. *user is the
     * request's own state. */
    void (*begin)(void *ctx, httpd_request *request, void **user);
    /* A piece of the body; not called once a reply was given. */
    void (*body)(void *ctx, httpd_request *request, void **user, slice data);
    /* The whole body came; must reply, unless that was done before. */
    void (*end)(void *ctx, httpd_request *request, void **user);
    /* The connection is through with the request, or it broke: free *user. Always called once. */
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
} httpd_options;

httpd *httpd_start(const httpd_options *options, const httpd_handler *handler, err *e) MUST_USE;
uint16_t httpd_port(const httpd *h);
void httpd_stop(httpd *h); /* waits for handlers that run; NULL is fine */
DEFINE_AUTO_PTR(httpd, httpd_stop)

/* The request as it came. Borrowed until release. */
const char *httpd_method(const httpd_request *r);
const char *httpd_raw_target(const httpd_request *r); /* path?query to the letter, undecoded */
const char *httpd_header(const httpd_request *r, const char *name); /* NULL when absent */
void httpd_each_header(const httpd_request *r,
                       void (*each)(void *ctx, const char *name, const char *value), void *ctx);

/* The number form of the address that the client connected to, IPv4 within IPv6 as IPv4. */
void httpd_local_address(const httpd_request *r, char out[HTTPD_ADDRESS_BYTES]);

/* Exactly one reply for each request: the first stands. Content-Length is made here, Date is added;
 * a header with an empty value is sent as a name and a blank. A reply given before the whole body came goes out after
 * it, or at once where the client waits for "100 Continue". */
void httpd_reply(httpd_request *r, int status, const http_header *headers, size_t header_count,
                 slice body);
void httpd_reply_file(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      int take_fd, uint64_t offset, uint64_t len_bytes);
/* A HEAD reply that states a length without sending a body. */
void httpd_reply_head(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      uint64_t content_length);
/* Faults for tests: the reply is cut off after `len_bytes` bytes (fewer than Content-Length says)
 * and the connection is closed. */
void httpd_reply_cut(httpd_request *r, int status, const http_header *headers, size_t header_count,
                     slice body, uint64_t content_length);
/* No reply at all: the connection is closed. */
void httpd_drop(httpd_request *r);
bool httpd_replied(const httpd_request *r);

#endif
