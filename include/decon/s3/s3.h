/* A native S3 client: the public face of the s3 library.
 *
 * What:    asynchronous operations on buckets and objects over a base/transport. Every operation
 *          signs with SigV4 when it is sent, retries with full jitter, renews credentials, and ends
 *          in exactly one call of its `on_done`. Requests in flight over all operations are bounded
 *          by s3_config.max_in_flight; more wait in a queue.
 * Owner:   s3_client_new / s3_client_free. An s3_op belongs to the client and ends with on_done or
 *          s3_op_cancel; strings in option structs are copied unless it says otherwise.
 * Threads: one: the transport's. The library opens no socket, starts no thread, reads no clock or
 *          environment but through what it is given.
 * Fails:   by the err given to on_done (code, class, HTTP status, S3 code, request id, message
 *          `s3://bucket/key: what, why; what to do`). Classes are final: retries are spent already,
 *          and what had class RETRY comes as ITEM.
 * Sources: Amazon S3 API Reference (2006-03-01); AWS General Reference, Signature Version 4.
 */
#ifndef DECON_S3_S3_H
#define DECON_S3_S3_H

#include "decon/base/transport.h"
#include "decon/s3/config.h"
#include "decon/s3/etag.h"
#include "decon/s3/objects.h"

#ifdef __cplusplus
extern "C" {
#endif

s3_client *s3_client_new(decon_transport *t, const s3_config *config, decon_err *e) DECON_MUST_USE;
void s3_client_free(s3_client *c); /* cancels operations without callbacks; NULL is fine. Not from
                                      inside a callback */
DECON_DEFINE_AUTO_PTR(s3_client, s3_client_free)

/* The client's own headers, but for what `own` sets: for single operations. */
s3_headers *s3_client_headers(const s3_client *c, const s3_headers_options *own, decon_err *e)
    DECON_MUST_USE;

/* Counters since the client was made, for progress and bench. */
typedef struct s3_stats {
    uint64_t requests, retries, bytes_received, bytes_sent;
    unsigned in_flight, queued;
} s3_stats;
s3_stats s3_client_stats(const s3_client *c);

/* Ends an operation early, without on_done: requests are cancelled, a multipart upload is aborted
 * (the abort itself goes on in the background; s3_client_idle tells when). Not from inside the
 * operation's own callbacks: those end it by yielding false. */
void s3_op_cancel(s3_op *op);
bool s3_client_idle(const s3_client *c); /* no operation and no background abort is left */

/* What is known of an object. Times are seconds since 1970 UTC; etag keeps its quotes. */
typedef struct s3_object {
    const char *key;
    uint64_t size_bytes;
    int64_t last_modified_s;
    const char *etag;          /* or NULL */
    const char *storage_class; /* or NULL: STANDARD */
    const char *content_type;  /* HEAD only, or NULL */
    /* HEAD only: content headers, user metadata ("x-amz-meta-...") and what else the store says of
     * the object (encryption, version), names as the store spells them: compare without case. */
    const decon_http_header *metadata;
    size_t metadata_count;
    s3_checksum checksum; /* s3_head_checksum only: of the whole object; kind NONE: not known */
} s3_object;

/* --- listing (ListObjectsV2, encoding-type=url) --- */
typedef struct s3_list_options {
    const char *bucket;
    const char *prefix;    /* NULL: all */
    const char *delimiter; /* NULL: none */
    unsigned page_size;    /* 0: 1,000 */
    /* Each object, each common prefix, in the store's order; lent. false ends the listing with the
     * error that was set (DECON_ERR_CANCELLED: silently, on_done gets no error). A page is checked before
     * any of it is handed out: keys below the prefix, in order (s3_config.listing_order), a key
     * twice in a row only once, no token twice; else the listing ends with DECON_ERR_S3_REPLY. */
    bool (*on_object)(void *ctx, const s3_object *object, decon_err *e);
    bool (*on_prefix)(void *ctx, const char *prefix, decon_err *e); /* may be NULL */
    /* A key that no C string can hold (it has a NUL), URL-encoded; NULL: it ends the listing. */
    bool (*on_unusable)(void *ctx, const char *encoded_key, decon_err *e);
    void (*on_done)(void *ctx, const decon_err *error); /* error NULL: the listing is whole */
    void *ctx;
} s3_list_options;
s3_op *s3_list(s3_client *c, const s3_list_options *options);

/* --- single requests --- */
typedef void (*s3_head_done)(void *ctx, const s3_object *object, const decon_err *error);
typedef void (*s3_done)(void *ctx, const decon_err *error);
s3_op *s3_head(s3_client *c, const char *bucket, const char *key, s3_head_done done, void *ctx);
/* Also asks for the object's checksum; for an object under SSE-KMS that needs kms:Decrypt. */
s3_op *s3_head_checksum(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                        void *ctx);
/* Without an error the object is gone: status 204, or HeadObject does not find it. */
s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx);
/* Only the version with this ETag: another one stays (DECON_ERR_S3_CHANGED). What is gone is no error. */
s3_op *s3_delete_if(s3_client *c, const char *bucket, const char *key, const char *etag,
                    s3_done done, void *ctx);
s3_op *s3_head_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx);
s3_op *s3_create_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx);

/* Where `key` may be written: starts a multipart upload there and aborts it at once, so that a
 * directory without write permission is found before the first download. Leaves no object. */
s3_op *s3_probe_write(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
