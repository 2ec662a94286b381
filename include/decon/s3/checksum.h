/* Checksums of objects: algorithms of S3, checksums in replies, incremental hashing.
 *
 * What:    the algorithms with names and headers, the full-object checksum of a reply, incremental
 *          hashes. CRCs of adjacent ranges can be combined; digests must be fed in order.
 * Owner:   plain values; an s3_hash of a digest kind is released by s3_hash_deinit.
 * Threads: any.
 * Fails:   never.
 * Sources: Amazon S3 User Guide, "Checking object integrity".
 */
#ifndef DECON_S3_CHECKSUM_H
#define DECON_S3_CHECKSUM_H

#include "decon/base/digest.h"
#include "decon/base/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum s3_checksum_kind {
    S3_CHECKSUM_NONE,
    S3_CHECKSUM_CRC64NVME,
    S3_CHECKSUM_CRC32C,
    S3_CHECKSUM_CRC32,
    S3_CHECKSUM_SHA256,
    S3_CHECKSUM_SHA1,
    S3_CHECKSUM_MD5, /* the ETag of an object that was uploaded in one request */
    S3_CHECKSUM_KIND_COUNT
} s3_checksum_kind;

#define S3_CHECKSUM_TEXT_SIZE 48

typedef struct s3_checksum {
    s3_checksum_kind kind;
    char text[S3_CHECKSUM_TEXT_SIZE]; /* base64, as in the header; MD5: hex, as in the ETag */
} s3_checksum;

const char *s3_checksum_name(s3_checksum_kind kind);   /* "CRC64NVME" */
const char *s3_checksum_header(s3_checksum_kind kind); /* "x-amz-checksum-crc64nvme" */
bool s3_checksum_is_crc(s3_checksum_kind kind);
bool s3_checksum_parse_kind(const char *name, s3_checksum_kind *out) DECON_MUST_USE; /* any case */
bool s3_checksum_equal(const s3_checksum *a, const s3_checksum *b);

/* The checksum of the whole object in a reply to GET without Range, or HEAD; kind NONE if there is
 * none. Composite checksums ("...-3", of a multipart upload) do not cover the bytes and are
 * skipped. */
s3_checksum s3_checksum_of_reply(const decon_http_reply *reply);
/* The ETag if it is the MD5 of the bytes: no multipart upload, no SSE-KMS, no SSE-C. */
s3_checksum s3_checksum_of_etag(const decon_http_reply *reply);

typedef struct s3_hash {
    s3_checksum_kind kind;
    uint64_t crc;
    decon_digest_ctx digest;
} s3_hash;

void s3_hash_init(s3_hash *h, s3_checksum_kind kind); /* NONE: nothing is hashed */
void s3_hash_update(s3_hash *h, const void *data, size_t len);
/* Checksum of all data fed; releases the hash. */
s3_checksum s3_hash_final(s3_hash *h);
void s3_hash_deinit(s3_hash *h);

s3_checksum s3_checksum_of_crc(s3_checksum_kind kind, uint64_t crc);
bool s3_crc_of_text(s3_checksum_kind kind, const char *base64, uint64_t *crc) DECON_MUST_USE;
uint64_t s3_crc_combine(s3_checksum_kind kind, uint64_t a, uint64_t b, uint64_t b_len);

#ifdef __cplusplus
}
#endif

#endif
