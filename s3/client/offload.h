/* Work that would hold the transport's thread up: on the program's pool, where it gave one.
 *
 * What:    s3_work_start has `run` called on a worker (without a pool: on the transport's thread, a
 *          moment later), then `done` on the transport's thread. File bodies are hashed this way.
 * Owner:   whoever embeds the s3_work; it is back with `done`, which is always called (but for what
 *          still waits in the pool when the pool is freed). What belongs to an operation that may
 *          be cancelled meanwhile must not be touched by `run`: keep copies, and dup descriptors.
 * Threads: s3_work_start and `done`: the transport's; `run`: any.
 * Fails:   never.
 */
#ifndef S3_CLIENT_OFFLOAD_H
#define S3_CLIENT_OFFLOAD_H

#include "base/op.h"
#include "decon/base/pool.h"
#include "decon/s3/checksum.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct s3_work s3_work;
struct s3_work {
    pool_task task; /* first */
    void (*run)(s3_work *w);
    void (*done)(s3_work *w);
    s3_client *client; /* NULL once that is gone */
    timer *timer;      /* without a pool */
    s3_work *previous, *next;
};

void s3_work_start(s3_client *c, s3_work *w);
/* For s3_client_free: ends what waits for a timer, and lets go of what is with the pool. */
void s3_work_leave(s3_client *c);

/* --- hashing a part of a file, or memory --- */
/* Memory that an operation and the worker that hashes it have in common. Counted on the transport's
 * thread only. */
typedef struct s3_bytes {
    unsigned shares;
    size_t len, capacity;
    char data[];
} s3_bytes;

s3_bytes *s3_bytes_new(size_t capacity) MUST_USE; /* one share, len 0 */
s3_bytes *s3_bytes_share(s3_bytes *b);            /* NULL is fine */
void s3_bytes_drop(s3_bytes *b);                  /* the same */

typedef struct s3_hash_task {
    s3_bytes *bytes; /* shared; NULL: a file */
    int fd;          /* duplicated */
    uint64_t offset, len;
    s3_hash hash; /* moved in, goes on from where it stands */
    bool sha256;  /* beside it: for the request's signature */
    char sha256_hex[2 * SHA256_BYTES + 1];
} s3_hash_task;

/* Lends the task, hashed, to on_done; a hash that is not taken out of it is released. */
typedef void (*s3_hash_done)(void *ctx, s3_hash_task *task, const err *error);
op *s3_hash_start(s3_client *c, const s3_hash_task *task, s3_hash_done on_done, void *ctx);

/* The same at once: for so little that handing it over costs more. */
#define S3_HASH_NOW_BYTES ((uint64_t)64 * 1024)
bool s3_hash_now(s3_hash_task *task, err *e) MUST_USE;

#endif
