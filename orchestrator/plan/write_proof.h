/* The proof of a write: properties that the stored object must have.
 *
 * What:    size, ETag and checksum of the write; filled by an upload or copy, checked by a HEAD
 *          (orchestrator/transfer/upload.h), which also leaves the metadata that the store kept.
 * Owner:   embedded in an item; write_proof_deinit frees the strings.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_PLAN_WRITE_PROOF_H
#define ORCHESTRATOR_PLAN_WRITE_PROOF_H

#include "decon/s3/s3.h"

typedef struct write_proof {
    uint64_t size_bytes;
    char *etag;           /* of the reply to the write; NULL: none */
    s3_checksum checksum; /* of the bytes that were sent; kind NONE: not known */
    bool copied;          /* inside the store: s3_copy has verified the ETag of the reply */
    /* Of the object in the store, once it was confirmed; both strings are the proof's. */
    http_header *metadata;
    size_t metadata_count;
    int64_t last_modified_s; /* the same; 0: not known */
} write_proof;

void write_proof_deinit(write_proof *p);
void write_proof_keep_metadata(write_proof *p, const http_header *metadata, size_t count);

#endif
