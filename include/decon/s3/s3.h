/* An asynchronous S3 client; includes the library's main public headers.
 *
 * What:    asynchronous operations on buckets and objects over a decon_transport. Each operation signs
 *          with SigV4 when a request is sent, retries with full jitter, renews credentials, and calls
 *          its `on_done` exactly once. Requests in flight over all operations are limited by
 *          s3_config.max_in_flight; further ones wait in a queue.
 * Owner:   s3_client_new / s3_client_free. An s3_op belongs to the client and ends with on_done or
 *          s3_op_cancel; strings in option structs are copied unless stated otherwise.
 * Threads: only the transport's. The library opens no socket and starts no thread; it reads clock and
 *          environment only through the transport and s3_config.getenv_fn.
 * Fails:   by the err given to on_done (code, class, HTTP status, S3 code, request id, message
 *          `s3://bucket/key: operation: cause; advice`). Retries are exhausted by then, and class
 *          RETRY has become ITEM.
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
void s3_client_free(s3_client *c); /* cancels operations without callbacks; NULL is allowed. Not
                                      from inside a callback */
DECON_DEFINE_AUTO_PTR(s3_client, s3_client_free)

/* The client's own headers with the members that `own` sets replaced: for single operations. */
s3_headers *s3_client_headers(const s3_client *c, const s3_headers_options *own, decon_err *e)
    DECON_MUST_USE;

/* Counters since s3_client_new. */
typedef struct s3_stats {
    uint64_t requests, retries, bytes_received, bytes_sent;
    unsigned in_flight, queued;
} s3_stats;
s3_stats s3_client_stats(const s3_client *c);

/* Ends an operation early, without on_done: requests are cancelled, a multipart upload is aborted in
 * the background (see s3_client_idle). Not from inside the operation's own callbacks: they end it by
 * returning false. */
void s3_op_cancel(s3_op *op);
bool s3_client_idle(const s3_client *c); /* neither operations nor background aborts are pending */

/* Properties of an object. Times are seconds since 1970 UTC; etag keeps its quotes. */
typedef struct s3_object {
    const char *key;
    uint64_t size_bytes;
    int64_t last_modified_s;
    const char *etag;          /* or NULL */
    const char *storage_class; /* or NULL: STANDARD */
    const char *content_type;  /* HEAD only, or NULL */
    /* HEAD only: content headers, user metadata ("x-amz-meta-...") and other headers of the object
     * (encryption, version), with the store's spelling: compare names without regard to case. */
    const decon_http_header *metadata;
    size_t metadata_count;
    s3_checksum checksum; /* s3_head_checksum only: of the whole object; kind NONE: unknown */
    /* Listings of all versions only. A delete marker has neither size nor ETag. */
    const char *version_id; /* "null" for an object from before versioning; else NULL */
    bool is_latest, is_delete_marker;
} s3_object;

/* --- listing (ListObjectsV2 or ListObjectVersions, encoding-type=url) --- */
typedef struct s3_list_options {
    const char *bucket;
    const char *prefix;    /* NULL: all */
    const char *delimiter; /* NULL: none */
    unsigned page_size;    /* 0: 1,000 */
    bool all_versions;     /* earlier versions and delete markers too, newest first for each key */
    /* Each object and each common prefix, in the store's order; borrowed. false ends the listing
     * with the error that was set (DECON_ERR_CANCELLED: on_done gets no error). A page is checked
     * before any of it is passed on: keys have the prefix and are in order
     * (s3_config.listing_order), adjacent duplicates are skipped, no continuation token occurs
     * twice; else the listing ends with DECON_ERR_S3_REPLY. */
    bool (*on_object)(void *ctx, const s3_object *object, decon_err *e);
    bool (*on_prefix)(void *ctx, const char *prefix, decon_err *e); /* may be NULL */
    /* A key with a NUL byte, which a C string cannot hold, URL-encoded; NULL: such a key ends the
     * listing with an error. */
    bool (*on_unusable)(void *ctx, const char *encoded_key, decon_err *e);
    void (*on_done)(void *ctx, const decon_err *error); /* error NULL: the listing is complete */
    void *ctx;
} s3_list_options;
s3_op *s3_list(s3_client *c, const s3_list_options *options);

/* --- single requests --- */
typedef void (*s3_head_done)(void *ctx, const s3_object *object, const decon_err *error);
typedef void (*s3_done)(void *ctx, const decon_err *error);
s3_op *s3_head(s3_client *c, const char *bucket, const char *key, s3_head_done done, void *ctx);
/* Also requests the object's checksum; under SSE-KMS this requires kms:Decrypt. */
s3_op *s3_head_checksum(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                        void *ctx);
/* One version of an object; version_id NULL: the current one. `checksum` as s3_head_checksum. */
s3_op *s3_head_version(s3_client *c, const char *bucket, const char *key, const char *version_id,
                       bool checksum, s3_head_done done, void *ctx);
/* Success means that the object does not exist: status 204, or HeadObject does not find it. */
s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx);
/* Deletes one version of an object permanently. Success as above; a missing version is not an
 * error. */
s3_op *s3_delete_version(s3_client *c, const char *bucket, const char *key, const char *version_id,
                         s3_done done, void *ctx);
/* Deletes only the version with this ETag and size (S3_SIZE_UNKNOWN: any); another one fails with
 * DECON_ERR_S3_CHANGED. At AWS, only the ETag is compared, by the store. A missing object is not
 * an error. */
#define S3_SIZE_UNKNOWN UINT64_MAX
s3_op *s3_delete_if(s3_client *c, const char *bucket, const char *key, const char *etag,
                    uint64_t size_bytes, s3_done done, void *ctx);
s3_op *s3_head_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx);
s3_op *s3_create_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx);

/* Checks write permission at `key` without writing an object: starts a multipart upload and aborts
 * it. */
s3_op *s3_probe_write(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
