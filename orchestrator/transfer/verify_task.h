/* Verification that follows a download: a worker reads the file's prefix as it grows.
 *
 * What:    the loop tells how far the file is whole from its start; a task for the new piece goes
 *          to the pool, never more than one a file, so that the stream stays in order without locks.
 *          The same bytes are hashed for the object's checksum, so that the file is read once.
 *          Decoders need memory: each is let in with what its format mostly takes (codec_memory), the
 *          others wait in turn and read from the file later. One that turns out to need more
 *          starts over with that.
 * Owner:   verifier_new / verifier_free (after the pool). A verify_task frees itself: after
 *          on_done, or, cancelled, when its worker has come back.
 * Threads: loop; verify_piece on a worker.
 * Fails:   by the error given to on_done: the file's fault, or ERR_IO.
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
/* codec: helpers of each decoder (bzip2, xz), and which one for gzip. `memory` is borrowed. */
verifier *verifier_new(pool *p, codec_memory *memory, const codec_options *codec) MUST_USE;
void verifier_free(verifier *v); /* NULL is fine */
/* What one decoder of the detection server may take, and how long a line may be there (0: not known):
 * a file that needs more memory is refused as soon as its first bytes are here, one with a longer
 * line when that line comes. */
void verifier_set_server_limits(verifier *v, uint64_t codec_bytes, uint64_t line_bytes);

typedef struct verify_task verify_task;

typedef struct verify_task_options {
    verify_level level;
    const char *name;    /* of the object; copied */
    jsonl_options jsonl; /* its strings are borrowed */
    int fd;              /* borrowed until on_done; duplicated for the worker */
    line_hashes *lines;  /* gets the line hashes, but at VERIFY_NONE (a reference is taken); or
                            NULL */
    /* All before `offset_bytes` is read. May be NULL. */
    void (*on_read)(void *ctx, uint64_t offset_bytes);
    /* `verdict`, and the checksum asked for by verify_task_hash_by; or `error`: the others are NULL
     * then. */
    void (*on_done)(void *ctx, const verdict *verdict, const s3_checksum *hashed, const err *error);
    void *ctx;
} verify_task_options;

/* For s3_get: what a core decodes in some 50 ms, so that the verdict comes soon behind the last
 * byte. 0: nothing is read. */
uint64_t verify_task_ahead_bytes(verify_level level, const char *name);

/* NULL when the descriptor cannot be duplicated. */
verify_task *verify_task_start(verifier *v, const verify_task_options *options, err *e) MUST_USE;
/* Takes effect where nothing is read as yet, and after a restart. */
void verify_task_hash_by(verify_task *t, s3_checksum_kind kind);
void verify_task_grow(verify_task *t, uint64_t prefix_bytes);
void verify_task_end(verify_task *t, uint64_t size_bytes); /* the file is whole */
void verify_task_restart(verify_task *t); /* the bytes change: all over again from the start */
void verify_task_cancel(verify_task *t);  /* on_done is not called any more; NULL is fine */

#endif
