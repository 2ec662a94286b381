/* Downloads one object into a file and verifies it meanwhile.
 *
 * What:    ranges into the file (s3_get), and a verification that reads along (verify_task): it
 *          gets the length of the complete beginning of the file, reports how far it has read, so
 *          that the download stays near it, and hashes the bytes for the object's checksum. A fault
 *          is withheld until that checksum has shown whether the bytes are the object's; a fault in
 *          bytes of an earlier run is reported at once.
 * Owner:   an operation (base/op.h); the result is borrowed by on_done.
 * Threads: loop.
 * Fails:   by the error given to on_done; the first one ends both.
 */
#ifndef ORCHESTRATOR_TRANSFER_FETCH_H
#define ORCHESTRATOR_TRANSFER_FETCH_H

#include "base/op.h"
#include "orchestrator/transfer/verify_task.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct fetch_end {
    const verdict *verdict; /* NULL after an error, and if nothing was verified */
    const err *error;       /* or NULL */
    bool invalid;           /* the error is the verification's, not the transfer's */
    bool kept;              /* bytes of an earlier run were used */
    uint64_t size_bytes;
    s3_checksum_kind proven; /* kind of the store's checksum; NONE: it gave none */
    s3_checksum hashed;      /* of the bytes, if they were verified; otherwise kind NONE */
    s3_checksum sha256;      /* the same, if requested by the options */
    const char *etag;        /* of the version that was read, if there is no error; or NULL */
} fetch_end;

typedef struct fetch_options {
    s3_client *s3;
    transport *transport; /* its clock */
    verifier *verifier;
    /* Bucket, key, ETag, size, file and what to keep; fetch sets the members for a following
     * reader. */
    s3_get_options object;
    verify_level level;
    bool sha256;         /* also computes the SHA-256 of the bytes; not at VERIFY_NONE */
    line_hashes *lines;  /* of the object: for the verification; or NULL */
    jsonl_options jsonl; /* its strings are borrowed */
    /* Received bytes, and verified bytes; may be NULL. */
    void (*on_progress)(void *ctx, uint64_t received_bytes, uint64_t verified_bytes);
    void (*on_restart)(void *ctx); /* kept bytes are downloaded again; may be NULL */
    void (*on_done)(void *ctx, const fetch_end *end);
    void *ctx;
} fetch_options;

/* NULL if the verification cannot be started. */
op *fetch_start(const fetch_options *options, err *e) MUST_USE;

#endif
