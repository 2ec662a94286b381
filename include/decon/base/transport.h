/* Interface to HTTP requests, timers, clocks and child processes.
 *
 * What:    the libraries (s3/, the detect client) use the network, the time and other programs only
 *          through this interface. base/loop implements it on curl_multi, tests/fake/transport with
 *          a script and a fake clock. Calls never block: each ends in a callback.
 * Owner:   decon_http_request and everything it points to belong to the caller and must live until
 *          on_done was called or decon_http_cancel returned. Replies are borrowed by the callbacks.
 * Threads: the loop's thread; callbacks run there too, never from inside decon_http_send or
 *          decon_timer_start.
 * Fails:   decon_http_send does not fail; errors are in on_done's decon_http_result. Redirects are
 *          not followed, bodies are not decoded (Content-Encoding), the path is sent unchanged
 *          (including `.` and `..` segments).
 */
#ifndef DECON_BASE_TRANSPORT_H
#define DECON_BASE_TRANSPORT_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "decon/base/process.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_transport decon_transport;
typedef struct decon_http_call decon_http_call; /* one request in flight */
typedef struct decon_timer decon_timer;         /* one pending timer */

typedef struct decon_http_header {
    const char *name; /* compared without regard to case */
    const char *value;
} decon_http_header;

typedef struct decon_http_reply {
    int status;                       /* e.g. 206 */
    const decon_http_header *headers; /* of the final reply (not of status 100) */
    size_t header_count;
} decon_http_reply;

/* The value of the first header of this name, or NULL. */
const char *decon_http_reply_header(const decon_http_reply *reply, const char *name);

typedef struct decon_http_result {
    bool ok;             /* a complete reply was received, with any status */
    int status;          /* 0 if no status line was received */
    uint64_t body_bytes; /* body bytes received */
    bool reused;         /* the connection had served an earlier request */
    bool first_byte;     /* at least one byte of the reply was received */
    bool repeated;       /* sent again on a new connection, since the reused one had been closed */
    /* If !ok: DECON_ERR_NET, DECON_ERR_NET_DNS, DECON_ERR_TIMEOUT, DECON_ERR_TRUNCATED, or the
     * error that on_head or on_body set. */
    decon_err error;
} decon_http_result;

typedef struct decon_http_request {
    const char *method; /* GET, HEAD, PUT, POST, DELETE */
    const char *url;    /* scheme://host[:port]/path?query, percent-encoded, used unchanged */
    const decon_http_header *headers; /* all headers to send, including Host if it was signed */
    size_t header_count;

    /* Request body: a slice, or a range of a file (read with pread while it is sent). */
    decon_slice body;
    int body_fd; /* used when body_file_bytes > 0 */
    uint64_t body_file_offset, body_file_bytes;

    int connect_timeout_ms; /* 0: 10,000 */
    int stall_timeout_ms;   /* DECON_ERR_TIMEOUT after this time below 1 byte/s; 0: no limit */
    int total_timeout_ms;   /* 0: no limit */
    bool no_proxy;          /* for IMDS and the detection server: no proxy, not subject to the
                               bandwidth limit */
    bool no_reuse;          /* use a new connection */

    /* on_head and on_body may be NULL. Returning false ends the request with the error that they
     * set. on_body gets at most 128 KiB at a time. */
    bool (*on_head)(void *ctx, const decon_http_reply *reply, decon_err *e);
    bool (*on_body)(void *ctx, decon_slice data, decon_err *e);
    /* last callback; may start new requests */
    void (*on_done)(void *ctx, const decon_http_result *result);
    void *ctx;
} decon_http_request;

typedef struct decon_transport_ops {
    decon_http_call *(*send)(decon_transport *t, const decon_http_request *request);
    void (*cancel)(decon_transport *t, decon_http_call *call); /* on_done is not called */
    decon_timer *(*timer_start)(decon_transport *t, uint64_t delay_ms, void (*fire)(void *ctx),
                                void *ctx);
    void (*timer_stop)(decon_transport *t, decon_timer *timer);
    uint64_t (*now_ms)(decon_transport *t); /* monotonic */
    int64_t (*wall_s)(decon_transport *t);  /* seconds since 1970-01-01 UTC */
    uint64_t (*random)(decon_transport *t); /* uniform 64 bits, for jitter; not for secrets */
    decon_process *(*process_start)(decon_transport *t, const decon_process_request *request);
    /* Kills the process; on_done is not called. */
    void (*process_cancel)(decon_transport *t, decon_process *p);
} decon_transport_ops;

struct decon_transport { /* embedded as the first member of an implementation */
    const decon_transport_ops *ops;
};

static inline decon_http_call *decon_http_send(decon_transport *t,
                                               const decon_http_request *request)
{
    return t->ops->send(t, request);
}
static inline void decon_http_cancel(decon_transport *t,
                                     decon_http_call *call) /* call may be NULL */
{
    if (call)
        t->ops->cancel(t, call);
}
static inline decon_timer *decon_timer_start(decon_transport *t, uint64_t delay_ms,
                                             void (*fire)(void *), void *ctx)
{
    return t->ops->timer_start(t, delay_ms, fire, ctx);
}
static inline void decon_timer_stop(decon_transport *t,
                                    decon_timer *pending) /* may be NULL; must not have fired */
{
    if (pending)
        t->ops->timer_stop(t, pending);
}
static inline uint64_t decon_clock_now_ms(decon_transport *t)
{
    return t->ops->now_ms(t);
}
static inline int64_t decon_clock_wall_s(decon_transport *t)
{
    return t->ops->wall_s(t);
}
static inline uint64_t decon_transport_random(decon_transport *t)
{
    return t->ops->random(t);
}
static inline decon_process *decon_process_start(decon_transport *t,
                                                 const decon_process_request *request)
{
    return t->ops->process_start(t, request);
}
static inline void decon_process_cancel(decon_transport *t, decon_process *p) /* may be NULL */
{
    if (p)
        t->ops->process_cancel(t, p);
}

#ifdef __cplusplus
}
#endif

#endif
