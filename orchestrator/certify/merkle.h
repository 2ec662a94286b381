/* The root of a Merkle tree over the lines of a certificate.
 *
 * What:    Merkle Tree Hash of RFC 6962, section 2.1: SHA-256 with 0x00 before a leaf and 0x01 before
 *          two nodes. Leaves are added in order; memory does not grow with them.
 * Owner:   a value.
 * Threads: any.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_CERTIFY_MERKLE_H
#define ORCHESTRATOR_CERTIFY_MERKLE_H

#include "base/util.h"
#include "decon/base/digest.h"

#define MERKLE_ROOT_TEXT (2 * SHA256_BYTES + 1)

typedef struct merkle {
    uint8_t nodes[64][SHA256_BYTES]; /* [i]: root of 2^i leaves, if bit i of `count` is set */
    uint64_t count;
} merkle;

void merkle_add(merkle *m, slice leaf);
/* Hexadecimal digits; of no leaves the SHA-256 of nothing. */
void merkle_root(const merkle *m, char out[MERKLE_ROOT_TEXT]);

#endif
