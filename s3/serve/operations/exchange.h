/* One request and its reply, inside the small S3 server.
 *
 * What:    what the operations (s3/serve/operations/ops.h) get: the target, the headers, the body that came,
 *          and the ways to reply.
 * Owner:   made when a request begins, freed when its connection is through with it.
 * Threads: one request, one thread.
 * Fails:   operations yield false with an err; the server turns it into an error reply.
 */
#ifndef S3_SERVE_OPERATIONS_EXCHANGE_H
#define S3_SERVE_OPERATIONS_EXCHANGE_H

#include "base/util.h"
#include "base/httpd/httpd.h"
#include "base/output.h"
#include "s3/serve/protocol/auth.h"
#include "s3/serve/protocol/checksum.h"
#include "s3/serve/protocol/fault_injection.h"
#include "s3/serve/store/store.h"

#define EXCHANGE_HEADERS_MAX 256
#define EXCHANGE_REPLY_MAX   (8 * 1024 * 1024)

typedef struct operation operation;

typedef struct exchange {
    /* immutable once it has begun */
    store *store;
    const char *region;   /* the store's */
    bool region_is_fixed; /* by an option */
    httpd_request *http;
    target target;
    auth_request auth;
    http_header headers_in[EXCHANGE_HEADERS_MAX];
    bool headers_lost; /* there were more */
    const operation *op;
    const fault *fault; /* or NULL */
    char request_id[17];
    output *log;             /* the access log, or NULL */
    uint64_t content_length; /* of the body without its framing */

    /* the body that comes in */
    incoming in;   /* of objects and parts */
    buf xml;       /* of the others */
    chunks chunks; /* its framing, if any */
    uint64_t body_bytes;
    digest_ctx sha256;  /* for the signature */
    sent_checksum sent; /* what it must have .. */
    char *trailer_sum;  /* .. where that stands in the trailer: malloc'ed, or NULL .. */
    checksum sum;       /* .. and has */

    /* the reply */
    /* kept headers are lines of the request's: some more are the server's own */
    http_header headers_out[EXCHANGE_HEADERS_MAX + 32]; /* names and values are malloc'ed */
    size_t header_out_count;
} exchange;

static inline slice exchange_key(const exchange *x)
{
    return buf_slice(&x->target.key);
}
const char *exchange_header(const exchange *x, const char *name); /* of the request; or NULL */
bool exchange_is_head(const exchange *x);
bool exchange_is_signed(const exchange *x);
/* Adds a header of the request; name and value are borrowed. */
void exchange_take_header(exchange *x, const char *name, const char *value);

void exchange_add_header(exchange *x, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void exchange_add_date(exchange *x, const char *name, int64_t time_s); /* RFC 9110 */

/* The one x-amz-checksum-* header with a value. */
bool exchange_sent_checksum(const exchange *x, sent_checksum *out, err *e) MUST_USE;

/* Before the body: how it comes (keys for chunks that are signed), and what it is held against. */
bool exchange_begin_body(exchange *x, const auth_keys *keys, err *e) MUST_USE;
/* A piece of the body; on trouble an error reply is given. */
void exchange_take_body(exchange *x, slice data);

/* Exactly one of these. */
void exchange_reply(exchange *x, int status, slice body);
void exchange_reply_xml(exchange *x, int status, const buf *body);
void exchange_reply_file(exchange *x, int status, int take_fd, uint64_t offset, uint64_t len_bytes);
void exchange_reply_error(exchange *x, const err *error);
void exchange_drop(exchange *x); /* the connection is closed without one */

/* Whether the request meets a fault of this kind. */
bool exchange_has_fault(const exchange *x, fault_kind kind);

/* The body's checksums against Content-MD5, x-amz-content-sha256 and x-amz-checksum-*, and its
 * length against Content-Length; fills in etag and checksum of the object to be. */
bool exchange_check_body(exchange *x, object_meta *meta, err *e) MUST_USE;

#endif
