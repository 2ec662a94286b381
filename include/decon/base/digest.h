/* Digests and checksums of bytes: MD5, SHA-1, SHA-256, HMAC-SHA-256, CRC32, CRC32C, CRC64NVME.
 *
 * What:    one-shot and incremental forms; CRCs of adjacent ranges can be combined; hex and base64.
 * Owner:   digest_md5 / digest_sha256 contexts are embedded values with _init / _deinit.
 * Threads: any.
 * Fails:   never (without OpenSSL's default provider the program exits with one message). MD5 and
 *          SHA-1 work in FIPS mode too.
 * Sources: RFC 1321, FIPS 180-4, RFC 2104; CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME.
 */
#ifndef DECON_BASE_DIGEST_H
#define DECON_BASE_DIGEST_H

#include "decon/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECON_MD5_BYTES    16
#define DECON_SHA1_BYTES   20
#define DECON_SHA256_BYTES 32

typedef struct decon_digest_ctx {
    void *evp; /* EVP_MD_CTX */
} decon_digest_ctx;

void decon_digest_md5_init(decon_digest_ctx *d);
void decon_digest_sha1_init(decon_digest_ctx *d); /* only where the service supports no stronger
                                                     algorithm */
void decon_digest_sha256_init(decon_digest_ctx *d);
void decon_digest_update(decon_digest_ctx *d, const void *data, size_t len);
/* Writes DECON_MD5_BYTES, DECON_SHA1_BYTES or DECON_SHA256_BYTES and releases d; a later
 * decon_digest_deinit does nothing. */
void decon_digest_final(decon_digest_ctx *d, uint8_t *out);
void decon_digest_deinit(decon_digest_ctx *d);
DECON_DEFINE_AUTO(decon_digest_ctx, decon_digest_deinit)

void decon_md5(decon_slice data, uint8_t out[DECON_MD5_BYTES]);
/* Only for file names that other programs derive with SHA-1 (the AWS SSO cache), not for
 * security. */
void decon_sha1(decon_slice data, uint8_t out[DECON_SHA1_BYTES]);
void decon_sha256(decon_slice data, uint8_t out[DECON_SHA256_BYTES]);
void decon_hmac_sha256(decon_slice key, decon_slice data, uint8_t out[DECON_SHA256_BYTES]);

/* Incremental CRCs: start with 0 and pass the previous result. */
uint32_t decon_crc32_ieee(uint32_t crc, const void *data, size_t len);
uint32_t decon_crc32c(uint32_t crc, const void *data, size_t len);
uint64_t decon_crc64nvme(uint64_t crc, const void *data, size_t len);

/* The CRC of A followed by B, from both CRCs and B's length in bytes. */
uint32_t decon_crc32_ieee_combine(uint32_t a, uint32_t b, uint64_t b_len);
uint32_t decon_crc32c_combine(uint32_t a, uint32_t b, uint64_t b_len);
uint64_t decon_crc64nvme_combine(uint64_t a, uint64_t b, uint64_t b_len);

/* Lower-case hex; out holds 2 * len + 1 bytes. */
void decon_hex_encode(const uint8_t *data, size_t len, char *out);
/* Base64 with padding (RFC 4648, section 4); out holds 4 * ((len + 2) / 3) + 1 bytes. */
void decon_base64_encode(const uint8_t *data, size_t len, char *out);
bool decon_base64_decode(decon_slice text, decon_buf *out) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
