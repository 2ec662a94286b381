/* Verification that follows a download: a worker reads the file's prefix as it grows.
 *
 * What:    the loop reports the length of the complete prefix; a task for the new piece is
 *          submitted to the pool, at most one per file, so that the stream stays in order without
 *          locks. The same bytes are hashed for the object's checksum, so that the file is read
 *          once. Decoders need memory: each is admitted with the usual amount of its format
 *          (codec_memory), the others wait in order and read the file later. A decoder that needs
 *          more starts over with that.
 * Owner:   verifier_new / verifier_free (after the pool). A verify_task frees itself: after
 *          on_done, or, if cancelled, when its worker has finished.
 * Threads: loop; verify_piece on a worker.
 * Fails:   by the error given to on_done: the fault of the file, or ERR_IO.
 */
#ifndef ORCHESTRATOR_TRANSFER_VERIFY_TASK_H
#define ORCHESTRATOR_TRANSFER_VERIFY_TASK_H

#include "decon/base/buf.h"
#include "decon/base/pool.h"
#include "decon/compression/verify.h"
#include "orchestrator/runtime/codec_memory.h"
#include "decon/s3/checksum.h"
#include "base/util.h"
#include "orchestrator/transfer/line_hashes.h"

typedef struct verifier verifier;
/* codec: threads of each decoder (bzip2, xz), and the gzip decoder. `memory` is borrowed. */
verifier *verifier_new(pool *p, codec_memory *memory, const codec_options *codec) MUST_USE;
void verifier_free(verifier *v); /* NULL is allowed */
/* Limits of the detection server for one decoder and one line (0: unknown): a file that needs more
 * memory is refused after its first bytes, a longer line when it is read. */
void verifier_set_server_limits(verifier *v, uint64_t codec_bytes, uint64_t line_bytes);

typedef struct verify_task verify_task;

typedef struct verify_task_options {
    verify_level level;
    const char *name;    /* of the object; copied */
    jsonl_options jsonl; /* its strings are borrowed */
    int fd;              /* borrowed until on_done; duplicated for the worker */
    s3_checksum *sha256; /* if set: gets the SHA-256 of the bytes before on_done */
    line_hashes *lines;  /* gets the line hashes, but at VERIFY_NONE (a reference is taken); or
                            NULL */
    /* All bytes before `offset_bytes` were read. May be NULL. */
    void (*on_read)(void *ctx, uint64_t offset_bytes);
    /* `verdict`, and the checksum requested by verify_task_hash_by; or `error`, then the others are
     * NULL. */
    void (*on_done)(void *ctx, const verdict *verdict, const s3_checksum *hashed, const err *error);
    void *ctx;
} verify_task_options;

/* For s3_get: bytes that a core decodes in about 50 ms, so that the verdict follows soon after the
 * last byte. 0: nothing is read. */
uint64_t verify_task_ahead_bytes(verify_level level, const char *name);

/* NULL if the descriptor cannot be duplicated. */
verify_task *verify_task_start(verifier *v, const verify_task_options *options, err *e) MUST_USE;
/* Takes effect before the first read and after a restart. */
void verify_task_hash_by(verify_task *t, s3_checksum_kind kind);
void verify_task_grow(verify_task *t, uint64_t prefix_bytes);
void verify_task_end(verify_task *t, uint64_t size_bytes); /* the file is complete */
void verify_task_restart(verify_task *t);                  /* the bytes change: starts over */
void verify_task_cancel(verify_task *t); /* on_done is not called any more; NULL is allowed */

#endif
