/* Settings of an S3 client. Included by decon/s3/s3.h.
 *
 * What:    s3_config, and the request headers of objects (payer, encryption, storage class).
 * Owner:   strings are borrowed by s3_client_new, which copies them; s3_headers is released by
 *          s3_headers_free.
 * Threads: any; constant after creation.
 * Fails:   DECON_ERR_CONFIG for invalid settings.
 */
#ifndef DECON_S3_CONFIG_H
#define DECON_S3_CONFIG_H

#include "decon/base/pool.h"
#include "decon/s3/checksum.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum s3_addressing {
    S3_ADDRESSING_AUTO,
    S3_ADDRESSING_PATH,
    S3_ADDRESSING_VIRTUAL
} s3_addressing;

/* When checksums are sent and requested: always, or only where S3 requires them. */
typedef enum s3_checksum_use {
    S3_CHECKSUM_USE_DEFAULT, /* environment, profile, else WHEN_SUPPORTED */
    S3_CHECKSUM_USE_WHEN_SUPPORTED,
    S3_CHECKSUM_USE_WHEN_REQUIRED
} s3_checksum_use;

/* Required order of listings. Amazon S3 lists general purpose buckets in UTF-8 byte order; another
 * order is an error, since pages may then have gaps. Directory buckets list in no order. */
typedef enum s3_listing_order {
    S3_LISTING_ORDER_BYTES,
    S3_LISTING_ORDER_ANY /* for stores with another order */
} s3_listing_order;

/* Request headers for payer, encryption and storage class. */
typedef struct s3_headers_options {
    bool request_payer;           /* the requester pays instead of the bucket's owner */
    const char *sse;              /* "AES256" (SSE-S3), "aws:kms", "aws:kms:dsse"; NULL: the
                                   bucket's default */
    const char *sse_kms_key_id;   /* NULL: the AWS managed key */
    const char *sse_customer_key; /* SSE-C: base64 of 32 bytes; secret; https only. For objects
                                     that are written or read */
    const char *sse_customer_key_of_source; /* the same for the source of a copy */
    const char *storage_class;              /* NULL: STANDARD */
    /* The account (12 digits) that must own the buckets, else the store refuses a request with 403;
     * NULL: any. Not part of presigned URLs. */
    const char *expected_bucket_owner;
    const char *expected_source_bucket_owner; /* of the source of a copy; NULL: the same */
} s3_headers_options;

/* The same, validated: for operations that differ from s3_config.headers. */
typedef struct s3_headers s3_headers;
s3_headers *s3_headers_new(const s3_headers_options *options, decon_err *e) DECON_MUST_USE;
s3_headers *s3_headers_copy(const s3_headers *h) DECON_MUST_USE;
void s3_headers_free(s3_headers *h); /* NULL is allowed */
DECON_DEFINE_AUTO_PTR(s3_headers, s3_headers_free)

/* Reads an SSE-C key from a file with 32 bytes, or with their base64. The caller frees it. */
char *s3_customer_key_read(const char *path, decon_err *e) DECON_MUST_USE;

typedef struct s3_config {
    const char *endpoint;        /* URL, or NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS */
    const char *region;          /* NULL: AWS_REGION, AWS_DEFAULT_REGION, profile, then us-east-1 */
    const char *profile;         /* NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, then "default" */
    s3_addressing addressing;    /* AUTO: path style for a custom endpoint and for bucket names that
                                 are not a DNS label */
    bool use_fips_endpoint;      /* else AWS_USE_FIPS_ENDPOINT, the profile */
    bool use_dualstack_endpoint; /* else AWS_USE_DUALSTACK_ENDPOINT, the profile */
    bool no_sign_request;        /* anonymous */
    unsigned max_in_flight;      /* concurrent requests; 0: 50 */
    uint64_t part_size_bytes;    /* of ranges and parts; 0: 16 MiB. Parts grow so that 10,000
                                    suffice */
    unsigned max_attempts;   /* per request; 0: AWS_MAX_ATTEMPTS, the profile's max_attempts, 8 */
    unsigned retry_base_ms;  /* 0: 50 (1,000 when throttled); full jitter, at most 20 s */
    int connect_timeout_ms;  /* 0: 10,000 */
    int stall_timeout_ms;    /* 0: 30,000 */
    uint64_t outage_wait_ms; /* how long to wait for a store or credential source that answered
                                before (also with "busy"); 0: 600,000 */
    uint64_t start_wait_ms;  /* the same, before the first answer; 0: 60,000 */
    /* Uploads: AWS_REQUEST_CHECKSUM_CALCULATION, request_checksum_calculation of the profile.
     * Downloads: AWS_RESPONSE_CHECKSUM_VALIDATION, response_checksum_validation. */
    s3_checksum_use request_checksums, response_checksums;
    s3_checksum_kind upload_checksum; /* a CRC; NONE: CRC64NVME, or what the store supports */
    bool check_md5_etag;   /* compare downloads without a checksum with an ETag that is an MD5 */
    bool unsigned_payload; /* do not hash file bodies for the signature, over http too */
    s3_listing_order listing_order;
    decon_pool *pool;           /* hashes file bodies; NULL: the transport's thread does */
    s3_headers_options headers; /* of every operation that uses them */
    const char *(*getenv_fn)(const char *name); /* NULL: no environment */
} s3_config;

/* The environment of the process, for getenv_fn; HOME comes from the user database if it is
 * unset. */
const char *s3_environment(const char *name);

/* For TLS: AWS_CA_BUNDLE, else the profile's ca_bundle; NULL if neither is set. The caller frees
 * it. */
char *s3_config_ca_bundle(const s3_config *config) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
