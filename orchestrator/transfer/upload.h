/* Uploads, confirms, copies or removes one object: the operations of the last states.
 *
 * What:    s3_put, s3_head, s3_copy and s3_delete with metadata, recording the proof of the write;
 *          all report in the same form.
 * Owner:   an operation (base/op.h). Metadata is copied; the proof is the caller's and outlives the
 *          operation.
 * Threads: loop.
 * Fails:   by the error given to on_done; upload_file by NULL if the file cannot be read.
 */
#ifndef ORCHESTRATOR_TRANSFER_UPLOAD_H
#define ORCHESTRATOR_TRANSFER_UPLOAD_H

#include "orchestrator/plan/write_proof.h"
#include "decon/s3/s3.h"
#include "base/op.h"
#include "base/util.h"

typedef struct upload_target {
    s3_client *s3;
    const char *bucket, *key;
    const http_header *metadata; /* of the new object; copied */
    size_t metadata_count;
    write_proof *proof; /* written by uploads and copies, checked by upload_confirm; may be NULL
                            for upload_remove only */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} upload_target;

/* Uploads the open file, even if its name was reused; fd stays the caller's. */
op *upload_file(const upload_target *to, int fd, const char *content_type, err *e) MUST_USE;
op *upload_empty(const upload_target *to) MUST_USE;
op *upload_text(const upload_target *to, slice text, const char *content_type)
    MUST_USE; /* copied */
/* The object in the store has the proof's size, and its ETag or checksum; else ERR_S3_REPLY. */
op *upload_confirm(const upload_target *to) MUST_USE;
op *upload_remove(const upload_target *to) MUST_USE; /* may be absent */
/* Inside the store; `from` names and pins the source (its strings outlive the operation), its other
 * members come from `to`. */
op *upload_copy(const upload_target *to, const s3_copy_options *from) MUST_USE;

#endif
