/* Runs work that would block the transport's thread on the worker pool, if there is one.
 *
 * What:    s3_work_start schedules `run` on a worker (without a pool: on the transport's thread,
 *          asynchronously), then `done` on the transport's thread. File bodies are hashed this way.
 * Owner:   the caller embeds the s3_work and gets it back with `done`, which is always called
 *          (except for work that is still queued when the pool is freed). `run` must not use memory
 *          of an operation that may be cancelled: copy data, and duplicate descriptors.
 * Threads: s3_work_start and `done`: the transport's; `run`: any.
 * Fails:   never.
 */
#ifndef S3_CLIENT_OFFLOAD_H
#define S3_CLIENT_OFFLOAD_H

#include "base/op.h"
#include "decon/base/pool.h"
#include "decon/s3/checksum.h"
#include "decon/s3/s3.h"
#include "base/list.h"
#include "base/util.h"

typedef struct s3_work s3_work;
struct s3_work {
    pool_task task; /* first */
    void (*run)(s3_work *w);
    void (*done)(s3_work *w);
    s3_client *client; /* NULL after the client was freed */
    timer *timer;      /* without a pool */
    list_link link;
};

void s3_work_start(s3_client *c, s3_work *w);
/* For s3_client_free: cancels work that waits for a timer and detaches work in the pool. */
void s3_work_leave(s3_client *c);

/* --- hashing a part of a file, or memory --- */
/* Memory shared by an operation and the worker that hashes it. Reference-counted on the
 * transport's thread only. */
typedef struct s3_bytes {
    unsigned shares;
    size_t len, capacity;
    char data[];
} s3_bytes;

s3_bytes *s3_bytes_new(size_t capacity) MUST_USE; /* one reference, len 0 */
s3_bytes *s3_bytes_share(s3_bytes *b);            /* NULL is allowed */
void s3_bytes_drop(s3_bytes *b);                  /* NULL is allowed */

typedef struct s3_hash_task {
    s3_bytes *bytes; /* shared; NULL: a file */
    int fd;          /* duplicated */
    uint64_t offset, len;
    s3_hash hash; /* moved in; hashing continues from its state */
    bool sha256;  /* also compute SHA-256, for the request's signature */
    char sha256_hex[2 * SHA256_BYTES + 1];
} s3_hash_task;

/* on_done borrows the finished task; a hash that it does not take is released. */
typedef void (*s3_hash_done)(void *ctx, s3_hash_task *task, const err *error);
op *s3_hash_start(s3_client *c, const s3_hash_task *task, s3_hash_done on_done, void *ctx);

/* The same synchronously, for data that is too small to offload. */
#define S3_HASH_NOW_BYTES ((uint64_t)64 * 1024)
bool s3_hash_now(s3_hash_task *task, err *e) MUST_USE;

#endif
