/* HTTP requests, timers, clocks and child processes behind one small interface.
 *
 * What:    the only way in which the libraries (s3/, the job client) reach the network, the time or
 *          another program.
 *          base/loop implements it on curl_multi; tests/fake/transport with a script and a fake
 *          clock. The library never blocks: every call ends in a callback.
 * Owner:   http_request and all that it points to are the caller's and must live until on_done
 *          was called or http_cancel returned. Replies are lent to the callbacks.
 * Threads: the loop's thread only; every callback runs there, never from inside http_send or
 *          timer_start themselves.
 * Fails:   http_send never fails by return value; what goes wrong comes as on_done's http_result.
 *          Redirects are not followed, bodies are never decoded (no Content-Encoding), the path is
 *          sent as it is (`.` and `..` segments too).
 */
#ifndef DECON_BASE_TRANSPORT_H
#define DECON_BASE_TRANSPORT_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "decon/base/process.h"

typedef struct transport transport;
typedef struct http_call http_call; /* one request under way */
typedef struct timer timer;         /* one pending timer */

typedef struct http_header {
    const char *name; /* any case; compared without case */
    const char *value;
} http_header;

typedef struct http_reply {
    int status;                 /* e.g. 206 */
    const http_header *headers; /* of the final reply (not of 100-continue) */
    size_t header_count;
} http_reply;

/* The value of the first header of this name, or NULL. */
const char *http_reply_header(const http_reply *reply, const char *name);

typedef struct http_result {
    bool ok;             /* a whole reply came, whatever its status */
    int status;          /* 0 when no status line came */
    uint64_t body_bytes; /* body bytes received */
    bool reused;         /* the connection had served another request before */
    bool first_byte;     /* any byte of the reply came */
    bool repeated;       /* a kept connection had died: it was sent once more, on a new one */
    err error;           /* where !ok: ERR_NET, ERR_NET_DNS, ERR_TIMEOUT, ERR_TRUNCATED, or what
                            on_head / on_body set */
} http_result;

typedef struct http_request {
    const char *method; /* GET, HEAD, PUT, POST, DELETE */
    const char *url;    /* scheme://host[:port]/path?query, percent-encoded, used to the letter */
    const http_header *headers; /* all that is to be sent, Host included where it was signed */
    size_t header_count;

    /* The request body: a slice, or a range of a file (read with pread while it is sent). */
    slice body;
    int body_fd; /* used when body_file_bytes > 0 */
    uint64_t body_file_offset, body_file_bytes;

    int connect_timeout_ms; /* 0: 10,000 */
    int stall_timeout_ms;   /* below 1 byte/s for so long: ERR_TIMEOUT; 0: no stall limit */
    int total_timeout_ms;   /* 0: none */
    bool no_proxy;          /* for IMDS and the detection server: nor counted by a cap */
    bool no_reuse;          /* on a new connection */

    /* Callbacks; on_head and on_body may be NULL. Yielding false from them ends the request with
     * the error that they set. on_body gets up to 128 KiB at a time. */
    bool (*on_head)(void *ctx, const http_reply *reply, err *e);
    bool (*on_body)(void *ctx, slice data, err *e);
    void (*on_done)(void *ctx, const http_result *result); /* last; may start new requests */
    void *ctx;
} http_request;

typedef struct transport_ops {
    http_call *(*send)(transport *t, const http_request *request);
    void (*cancel)(transport *t, http_call *call); /* on_done is not called any more */
    timer *(*timer_start)(transport *t, uint64_t delay_ms, void (*fire)(void *ctx), void *ctx);
    void (*timer_stop)(transport *t, timer *timer);
    uint64_t (*now_ms)(transport *t); /* monotonic */
    int64_t (*wall_s)(transport *t);  /* seconds since 1970-01-01 UTC */
    uint64_t (*random)(transport *t); /* uniform 64 bits, for jitter; not for secrets */
    process *(*process_start)(transport *t, const process_request *request);
    void (*process_cancel)(transport *t, process *p); /* killed; on_done is not called any more */
} transport_ops;

struct transport { /* embedded as the first member of an implementation */
    const transport_ops *ops;
};

static inline http_call *http_send(transport *t, const http_request *request)
{
    return t->ops->send(t, request);
}
static inline void http_cancel(transport *t, http_call *call) /* call may be NULL */
{
    if (call)
        t->ops->cancel(t, call);
}
static inline timer *timer_start(transport *t, uint64_t delay_ms, void (*fire)(void *), void *ctx)
{
    return t->ops->timer_start(t, delay_ms, fire, ctx);
}
static inline void timer_stop(transport *t, timer *pending) /* may be NULL; not once it has fired */
{
    if (pending)
        t->ops->timer_stop(t, pending);
}
static inline uint64_t clock_now_ms(transport *t)
{
    return t->ops->now_ms(t);
}
static inline int64_t clock_wall_s(transport *t)
{
    return t->ops->wall_s(t);
}
static inline uint64_t transport_random(transport *t)
{
    return t->ops->random(t);
}
static inline process *process_start(transport *t, const process_request *request)
{
    return t->ops->process_start(t, request);
}
static inline void process_cancel(transport *t, process *p) /* may be NULL */
{
    if (p)
        t->ops->process_cancel(t, p);
}

#endif
