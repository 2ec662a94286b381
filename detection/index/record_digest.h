/* A digest of the evaluation records in an index, independent of their order.
 *
 * What:    the sum, modulo 2^256, of the SHA-256 of each record. Names, order and compression of the
 *          files do not matter; a repeated record counts twice.
 * Owner:   embedded, zero-initialised.
 * Threads: one at a time.
 * Fails:   never.
 *
 * The sum distinguishes sets that differ by accident or by an edit. It does not protect against
 * someone who constructs records to match a sum.
 */
#ifndef DETECTION_INDEX_RECORD_DIGEST_H
#define DETECTION_INDEX_RECORD_DIGEST_H

#include "decon/base/digest.h"
#include "base/util.h"

struct eval_input;

typedef struct record_digest {
    uint8_t sum[SHA256_BYTES]; /* big-endian */
} record_digest;

#define RECORD_DIGEST_TEXT (2 * SHA256_BYTES + 1)

/* doc_id, set, split, fingerprint, is_correct and the texts; not the file and line. */
void record_digest_of(const struct eval_input *record, uint8_t digest[SHA256_BYTES]);
void record_digest_add(record_digest *d, const uint8_t digest[SHA256_BYTES]);
/* The record and the number by which reports name its question. */
void record_digest_add_instance(record_digest *d, const uint8_t digest[SHA256_BYTES],
                                uint64_t instance);
void record_digest_hex(const record_digest *d, char hex[RECORD_DIGEST_TEXT]);

#endif
