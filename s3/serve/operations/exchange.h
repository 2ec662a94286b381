/* One request and its reply, inside the small S3 server.
 *
 * What:    the input of the operations (s3/serve/operations/ops.h): target, headers, received body;
 *          and the functions that reply.
 * Owner:   created when a request begins, freed when its connection has finished it.
 * Threads: one request, one thread.
 * Fails:   operations return false with an err; the server converts it to an error reply.
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
    /* immutable after the start */
    store *store;
    const char *region;   /* the store's */
    bool region_is_fixed; /* by an option */
    httpd_request *http;
    target target;
    auth_request auth;
    http_header headers_in[EXCHANGE_HEADERS_MAX];
    bool headers_lost; /* there were too many */
    const operation *op;
    const fault *fault; /* or NULL */
    char request_id[17];
    output *log;             /* the access log, or NULL */
    uint64_t content_length; /* of the body without its framing */

    /* the received body */
    incoming in;   /* for objects and parts */
    buf xml;       /* for other bodies */
    chunks chunks; /* its framing (aws-chunked), if any */
    uint64_t body_bytes;
    digest_ctx sha256;  /* for the signature */
    sent_checksum sent; /* the expected checksum */
    char *trailer_sum;  /* its value in the trailer: malloc'ed, or NULL */
    checksum sum;       /* the computed one */

    /* the reply */
    /* stored headers are limited by those of the request; the server adds some */
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

/* Before the body: its framing (keys for signed chunks) and its expected checksums. */
bool exchange_begin_body(exchange *x, const auth_keys *keys, err *e) MUST_USE;
/* A piece of the body; on an error it replies. */
void exchange_take_body(exchange *x, slice data);

/* Exactly one of these must be called. */
void exchange_reply(exchange *x, int status, slice body);
void exchange_reply_xml(exchange *x, int status, const buf *body);
void exchange_reply_file(exchange *x, int status, int take_fd, uint64_t offset, uint64_t len_bytes);
void exchange_reply_error(exchange *x, const err *error);
void exchange_drop(exchange *x); /* closes the connection without a reply */

/* Whether a fault of this kind applies to the request. */
bool exchange_has_fault(const exchange *x, fault_kind kind);

/* Compares the body with Content-MD5, x-amz-content-sha256 and x-amz-checksum-*, and its length
 * with Content-Length; sets etag and checksum of the new object. */
bool exchange_check_body(exchange *x, object_meta *meta, err *e) MUST_USE;

#endif
