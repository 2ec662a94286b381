/* The settings of an S3 client. Part of the library's public face (include/decon/s3/s3.h).
 *
 * What:    s3_config, and the headers that go with objects.
 * Owner:   strings are lent to s3_client_new and copied; s3_headers is released by s3_headers_free.
 * Threads: any; constant once made.
 * Fails:   DECON_ERR_CONFIG for settings that cannot be.
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

/* Whether checksums are sent and asked for: always, or only where S3 insists on them. */
typedef enum s3_checksum_use {
    S3_CHECKSUM_USE_DEFAULT, /* environment, profile, then when supported */
    S3_CHECKSUM_USE_WHEN_SUPPORTED,
    S3_CHECKSUM_USE_WHEN_REQUIRED
} s3_checksum_use;

/* Which order listings must have. Amazon S3 lists general purpose buckets in UTF-8 byte order; what
 * breaks it is an error, since its pages may have gaps. Directory buckets have none. */
typedef enum s3_listing_order {
    S3_LISTING_ORDER_BYTES,
    S3_LISTING_ORDER_ANY /* for stores that list in an order of their own */
} s3_listing_order;

/* Who pays, how objects are encrypted, where they are kept: request headers. */
typedef struct s3_headers_options {
    bool request_payer;         /* the requester pays, not the bucket's owner */
    const char *sse;            /* "AES256" (SSE-S3), "aws:kms", "aws:kms:dsse"; NULL: as the bucket
                                     has it */
    const char *sse_kms_key_id; /* NULL: the account's own */
    const char *sse_customer_key; /* SSE-C: base64 of 32 bytes; secret; over https only. Of objects
                                     that are written and read */
    const char *sse_customer_key_of_source; /* the same for the source of a copy */
    const char *storage_class;              /* NULL: the store's, STANDARD */
    /* The account (12 digits) that must own the buckets, else the store refuses a request with 403;
     * NULL: any. Not part of presigned URLs. */
    const char *expected_bucket_owner;
    const char *expected_source_bucket_owner; /* of the source of a copy; NULL: the same */
} s3_headers_options;

/* The same, checked: for operations that differ from the client's s3_config.headers. */
typedef struct s3_headers s3_headers;
s3_headers *s3_headers_new(const s3_headers_options *options, decon_err *e) DECON_MUST_USE;
s3_headers *s3_headers_copy(const s3_headers *h) DECON_MUST_USE;
void s3_headers_free(s3_headers *h); /* NULL is fine */
DECON_DEFINE_AUTO_PTR(s3_headers, s3_headers_free)

/* A customer's key from a file of 32 bytes, or of their base64; the caller's to free. */
char *s3_customer_key_read(const char *path, decon_err *e) DECON_MUST_USE;

typedef struct s3_config {
    const char *endpoint;     /* URL, or NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS itself */
    const char *region;       /* NULL: AWS_REGION, AWS_DEFAULT_REGION, profile, then us-east-1 */
    const char *profile;      /* NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, then "default" */
    s3_addressing addressing; /* AUTO: path style for an endpoint of one's own and for bucket names
                                 that are no DNS label */
    bool use_fips_endpoint;   /* else AWS_USE_FIPS_ENDPOINT, the profile */
    bool use_dualstack_endpoint; /* else AWS_USE_DUALSTACK_ENDPOINT, the profile */
    bool no_sign_request;        /* anonymous */
    unsigned max_in_flight;      /* requests at once; 0: 50 */
    uint64_t part_size_bytes;    /* ranges and parts; 0: 16 MiB. Parts grow to stay within 10,000 */
    unsigned max_attempts;   /* per request; 0: AWS_MAX_ATTEMPTS, the profile's max_attempts, 8 */
    unsigned retry_base_ms;  /* 0: 50 (1,000 when throttled); full jitter, at most 20 s */
    int connect_timeout_ms;  /* 0: 10,000 */
    int stall_timeout_ms;    /* 0: 30,000 */
    uint64_t outage_wait_ms; /* how long a store or a source of credentials is waited for that
                                    has answered, if only "busy"; 0: 600,000 */
    uint64_t start_wait_ms;  /* the same, before the first answer; 0: 60,000 */
    /* Uploads: AWS_REQUEST_CHECKSUM_CALCULATION, request_checksum_calculation of the profile.
     * Downloads: AWS_RESPONSE_CHECKSUM_VALIDATION, response_checksum_validation. */
    s3_checksum_use request_checksums, response_checksums;
    s3_checksum_kind upload_checksum; /* a CRC; NONE: CRC64NVME, less where the store refuses it */
    bool check_md5_etag;   /* downloads without a checksum are held against an ETag that is MD5 */
    bool unsigned_payload; /* over http too file bodies are not hashed for the signature */
    s3_listing_order listing_order;
    decon_pool *pool;           /* hashes file bodies; NULL: the transport's thread does */
    s3_headers_options headers; /* of every operation that carries them */
    const char *(*getenv_fn)(const char *name); /* NULL: no environment at all */
} s3_config;

/* The process's own, for getenv_fn; HOME is that of the user database where it is not set. */
const char *s3_environment(const char *name);

/* For the transport's TLS: AWS_CA_BUNDLE, else the profile's ca_bundle; NULL: neither is set. */
char *s3_config_ca_bundle(const s3_config *config) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
