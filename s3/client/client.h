/* Internals of the S3 client, shared by operations and requests. Not for other layers.
 *
 * What:    the client, its list of operations, its queue of requests.
 * Owner:   the client owns operations; an operation owns its requests (usually embedded).
 * Threads: the transport's.
 * Fails:   -
 */
#ifndef S3_CLIENT_CLIENT_H
#define S3_CLIENT_CLIENT_H

#include "base/op.h"
#include "s3/auth/credentials.h"
#include "s3/config/endpoint.h"
#include "s3/client/circuit_breaker.h"
#include "s3/client/checksum_policy.h"
#include "s3/client/request.h"
#include "decon/s3/s3.h"
#include "base/list.h"
#include "base/util.h"
#include "s3/client/throttle.h"
#include "s3/client/offload.h"

/* S3 limits: parts of at least 5 MiB (except the last), at most 10,000 parts. */
#define S3_PART_MIN_BYTES   ((uint64_t)5 * 1024 * 1024)
#define S3_PARTS_MAX        10000
#define S3_OBJECT_MAX_BYTES ((uint64_t)5 << 40)
#define S3_DEFAULT_TYPE     "binary/octet-stream"

/* The size of an upload's parts: at least 5 MiB, and large enough that 10,000 parts suffice. */
uint64_t s3_put_part_bytes(uint64_t configured_bytes, uint64_t size_bytes);
/* The same for a stream of unknown size: the size of part `number`, from 1. */
uint64_t s3_put_stream_part_bytes(uint64_t first_bytes, unsigned number);

/* First member of each operation of the client. `free` also cancels its requests (the client
 * outlives its operations); `wake` is called when the credentials have changed. */
typedef struct s3_op_base {
    op base;
    s3_client *client;
} s3_op_base;

/* A new operation of `size_bytes`, in the client's list (base/op.h). */
void *s3_op_new(s3_client *c, const op_kind *kind, size_t size_bytes) MUST_USE;

typedef struct s3_bucket_region {
    char *bucket, *region; /* bucket "": requests without a bucket */
} s3_bucket_region;

struct s3_client {
    /* immutable */
    transport *t;
    s3_endpoint endpoint;
    s3_headers *headers; /* for operations without their own */
    bool no_sign_request;
    pool *pool; /* or NULL */
    unsigned max_in_flight, max_attempts, retry_base_ms;
    uint64_t part_size_bytes;
    s3_listing_order listing_order;
    int connect_timeout_ms, stall_timeout_ms;
    bool if_match_works;        /* a request with If-Match has succeeded */
    bool no_if_match;           /* the store refuses If-Match with the ETag that it reports */
    bool no_copy_if_match;      /* the same for the source of a copy */
    bool no_conditional_delete; /* DeleteObject: the store refuses If-Match */
    bool no_delete_objects;     /* the store has no DeleteObjects */
    bool asks_gzip;         /* request gzip: otherwise the store decodes gzip objects in transit */
    bool told_of_tags;      /* warned that some copies lose their tags */
    bool no_copy_checksums; /* the store reports no checksums of copied parts */

    s3_credentials credentials;
    s3_throttle throttle;
    s3_integrity integrity;
    linked_list works; /* pending */
    op_list ops;
    linked_list queue; /* of s3_request */
    uint64_t queue_sequence;
    timer *pump_timer;
    s3_outage outage;
    s3_bucket_region *regions; /* learned from redirects */
    size_t region_count;
    s3_stats stats;
    struct { /* the signing key used last, and what it was derived from */
        char *secret, *region;
        char date[S3_DATE_SIZE]; /* only its day counts */
        uint8_t key[SHA256_BYTES];
    } signing;
};

/* Sends queued requests now; s3_client_wake does so asynchronously. */
void s3_client_pump(s3_client *c);
void s3_client_wake(s3_client *c);

/* The key that signs requests of the day of `amz_date`; valid until the next call. */
const uint8_t *s3_client_signing_key(s3_client *c, const s3_keys *keys, const char *amz_date,
                                     const char *region);
/* bucket NULL: for requests without a bucket. */
const char *s3_client_region(const s3_client *c, const char *bucket);
void s3_client_learn_region(s3_client *c, const char *bucket, const char *region);

#endif
