/* One object goes up, is confirmed, copied or removed: the operation behind the last states.
 *
 * What:    thin shells around s3_put, s3_head, s3_copy and s3_delete that attach metadata, remember what proves the write, and put all endings into one form.
 * Owner:   an upload frees itself with on_done or upload_cancel. Metadata is copied; the proof is
 *          the caller's and outlives the upload.
 * Threads: loop.
 * Fails:   by the error given to on_done; upload_file by NULL where the file cannot be read.
 */
#ifndef ORCHESTRATOR_TRANSFER_UPLOAD_H
#define ORCHESTRATOR_TRANSFER_UPLOAD_H

#include "orchestrator/plan/write_proof.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct upload upload;

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

/* The file that is open, whatever has its name meanwhile; fd stays the caller's. */
upload *upload_file(const upload_target *to, int fd, const char *content_type, err *e) MUST_USE;
upload *upload_empty(const upload_target *to) MUST_USE;
/* The object in the store has the proof's size, and its ETag or checksum; else ERR_S3_REPLY. */
upload *upload_confirm(const upload_target *to) MUST_USE;
upload *upload_remove(const upload_target *to) MUST_USE; /* absent is fine */
/* Inside the store; `from` names and pins the source (its strings outlive the upload), the rest of it
 * comes from `to`. */
upload *upload_copy(const upload_target *to, const s3_copy_options *from) MUST_USE;
void upload_cancel(upload *u); /* NULL is fine */

#endif
