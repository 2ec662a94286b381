/* One request: queue, sign, send, classify the reply, back off, renew, redirect.
 *
 * What:    a request ends in exactly one call of on_done, or in s3_request_cancel.
 * Owner:   the struct belongs to the operation; its strings are borrowed until the end. request.c
 *          does not use it after on_done (the operation may free it there).
 * Threads: the transport's; on_done is never called from inside s3_request_start.
 * Fails:   on_done's error is "s3://bucket/key: operation: cause; advice", with its final
 *          class.
 */
#ifndef S3_CLIENT_REQUEST_H
#define S3_CLIENT_REQUEST_H

#include "s3/config/endpoint.h"
#include "base/list.h"
#include "s3/client/object_options.h"
#include "s3/client/reply.h"
#include "decon/s3/sign.h"

#define S3_REQUEST_HEADERS_MAX 24
#define S3_REPLY_MAX_BYTES     ((size_t)64 * 1024)

typedef struct s3_request s3_request;

typedef enum s3_request_state {
    S3_REQUEST_IDLE,
    S3_REQUEST_QUEUED,
    S3_REQUEST_FLYING, /* handed to the transport */
    S3_REQUEST_WAITING /* backing off */
} s3_request_state;

struct s3_request {
    /* the owner's, before s3_request_start */
    const char *operation; /* "GetObject" */
    const char *method, *bucket, *key, *query;
    http_header headers[S3_REQUEST_HEADERS_MAX];
    size_t header_count;
    const http_header *more_headers; /* borrowed; for any number of headers (metadata) */
    size_t more_header_count;
    const s3_headers
        *object_headers; /* NULL: the client's; s3/client/object_options.c defines which are sent */
    slice body;
    int body_fd; /* used when body_file_bytes > 0 */
    uint64_t body_file_offset, body_file_bytes;
    const char *payload_sha256;                /* hex, if the owner has it; or NULL */
    bool long_wait;                            /* the server may need minutes before it replies */
    bool error_in_ok;                          /* a 200 may carry an <Error> */
    size_t reply_max_bytes;                    /* 0: S3_REPLY_MAX_BYTES */
    void (*on_send)(void *ctx, s3_request *r); /* before each attempt: may set headers */
    /* For operations that only need keys (NULL: anonymous): called instead of sending, then
     * the request ends. */
    void (*on_keys)(void *ctx, const s3_keys *keys);
    /* A 2xx reply. false with an error of class RETRY: retried; any other class: the end. */
    bool (*on_head)(void *ctx, const http_reply *reply, err *e);
    bool (*on_body)(void *ctx, slice data, err *e); /* NULL: collected in `reply` */
    bool (*on_check)(void *ctx, s3_request *r, err *e);
    /* An error reply: true ends the request, regardless of the table of error codes. */
    bool (*on_refusal)(void *ctx, const s3_reply *head);
    void (*on_done)(void *ctx, s3_request *r, const err *e); /* e NULL: success */
    void *ctx;

    buf reply; /* body of the reply; borrowed in on_check and on_done */
    s3_reply head;

    /* internal to request.c and retry_policy.c */
    s3_client *client;
    s3_request_state state;
    list_link link; /* in the client's queue */
    uint64_t sequence;
    http_call *call;
    timer *pause;
    unsigned attempt;                       /* attempts that count */
    unsigned outage_tries, throttled_tries; /* attempts that do not count */
    uint64_t throttled_since_ms;            /* if throttled_tries > 0 */
    unsigned tokens_taken;
    unsigned generation; /* of the keys that signed it */
    bool renewed, redirected, clock_set, fresh_connection, repeated, success_status;
    char region[48];
    char *session_token; /* that signed it */
    char date[S3_DATE_SIZE], payload_hash[S3_HASH_SIZE];
    buf authorization;
    s3_target target;
    http_header sent_headers[S3_REQUEST_HEADERS_MAX + S3_HEADERS_MAX + 6];
    http_header *many_headers; /* used instead if there are more */
    http_request http;
};

void s3_request_start(s3_client *c, s3_request *r);
/* Ends it without on_done and releases its memory; allowed in any state, also repeatedly. */
void s3_request_cancel(s3_request *r);

/* For client.c: sends the request, signed with `keys` (NULL: unsigned). */
void s3_request_send(s3_request *r, const s3_keys *keys);
/* For client.c: ends it with an error. */
void s3_request_fail(s3_request *r, const err *e);

/* For retry_policy.c: into the client's queue, before requests that were not sent yet. */
void s3_request_queue_again(s3_request *r);

/* Adds a header; the value is borrowed. */
void s3_request_header(s3_request *r, const char *name, const char *value);

/* A 412 or 404 may refer to an earlier attempt whose reply was lost. */
bool s3_was_tried_before(const s3_request *r);

/* Names the object for messages: "s3://bucket/key", a long key shortened. */
#define S3_NAME_SIZE 400
void s3_name(const char *bucket, const char *key, char out[S3_NAME_SIZE]);
/* Prepends the object's name to an error that does not come from a request. */
void s3_name_error(err *e, const char *bucket, const char *key);

#endif
