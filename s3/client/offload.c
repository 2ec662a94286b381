#include "base/util.h"
#include "s3/client/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "s3/client/client.h"

#define READ_BYTES ((size_t)256 * 1024)

static void unlink_work(s3_work *w)
{
    if (w->client)
        list_remove(&w->client->works, &w->link);
    w->client = NULL;
}

static void run_called(pool_task *task)
{
    s3_work *w = (s3_work *)task;
    w->run(w);
}

static void done_called(pool_task *task)
{
    s3_work *w = (s3_work *)task;
    unlink_work(w);
    w->done(w);
}

static void timer_called(void *ctx)
{
    s3_work *w = ctx;
    w->timer = NULL;
    w->run(w);
    done_called(&w->task);
}

void s3_work_start(s3_client *c, s3_work *w)
{
    w->task = (pool_task){.run = run_called, .done = done_called};
    w->client = c;
    list_prepend(&c->works, &w->link);
    if (c->pool)
        pool_submit(c->pool, &w->task);
    else
        w->timer = timer_start(c->t, 0, timer_called, w);
}

void s3_work_leave(s3_client *c)
{
    while (c->works.first) {
        s3_work *w = LIST_FIRST(&c->works, s3_work, link);
        timer *waiting = move(w->timer);
        unlink_work(w);
        if (!waiting)
            continue;
        timer_stop(c->t, waiting);
        w->done(w);
    }
}

/* --- hashing a part of a file, or memory --- */

s3_bytes *s3_bytes_new(size_t capacity)
{
    s3_bytes *b = xrealloc(NULL, sizeof *b + capacity);
    b->shares = 1;
    b->len = 0;
    b->capacity = capacity;
    return b;
}

s3_bytes *s3_bytes_share(s3_bytes *b)
{
    if (b)
        b->shares++;
    return b;
}

void s3_bytes_drop(s3_bytes *b)
{
    if (b && --b->shares == 0)
        free(b);
}

typedef struct hash_op {
    op op;
    s3_work work;
    s3_hash_task task; /* the worker's until it is done */
    err error;         /* the same */
    s3_hash_done on_done;
} hash_op;

static hash_op *of_work(s3_work *w)
{
    return (hash_op *)((char *)w - offsetof(hash_op, work));
}

static void hash_piece(s3_hash_task *t, digest_ctx *sha, const void *data, size_t len)
{
    s3_hash_update(&t->hash, data, len);
    if (t->sha256)
        digest_update(sha, data, len);
}

/* In pieces that stay in the cache between both hashes. */
static void hash_bytes(s3_hash_task *t, digest_ctx *sha)
{
    for (size_t done = 0; done < t->bytes->len; done += READ_BYTES)
        hash_piece(t, sha, t->bytes->data + done, MIN(READ_BYTES, t->bytes->len - done));
}

static bool hash_file(s3_hash_task *t, digest_ctx *sha, err *e)
{
    AUTO_FREE char *buffer = xrealloc(NULL, MIN(READ_BYTES, (size_t)t->len + 1));
    for (uint64_t done = 0; done < t->len;) {
        size_t wanted = (size_t)MIN((uint64_t)READ_BYTES, t->len - done);
        ssize_t got = pread(t->fd, buffer, wanted, (off_t)(t->offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "cannot read the file to hash it");
        if (got == 0)
            return err_set(e, ERR_IO,
                           "the file became shorter during the upload; do not change it");
        hash_piece(t, sha, buffer, (size_t)got);
        done += (uint64_t)got;
    }
    return true;
}

bool s3_hash_now(s3_hash_task *t, err *e)
{
    AUTO(digest_ctx) sha = {0};
    uint8_t digest[SHA256_BYTES];
    if (t->sha256)
        digest_sha256_init(&sha);
    if (t->bytes)
        hash_bytes(t, &sha);
    else if (!hash_file(t, &sha, e))
        return false;
    if (t->sha256) {
        digest_final(&sha, digest);
        hex_encode(digest, sizeof digest, t->sha256_hex);
    }
    return true;
}

static void hash_run(s3_work *w)
{
    hash_op *o = of_work(w);
    if (!err_is_set(&o->error) && !s3_hash_now(&o->task, &o->error))
        return;
}

static void hash_back(s3_work *w)
{
    hash_op *o = of_work(w);
    op_finish(&o->op, err_is_set(&o->error) ? &o->error : NULL);
}

static void hash_report(op *p, const err *error)
{
    hash_op *o = (hash_op *)p;
    o->on_done(o->op.ctx, &o->task, error);
}

static void hash_free(op *p)
{
    hash_op *o = (hash_op *)p;
    s3_hash_deinit(&o->task.hash);
    s3_bytes_drop(o->task.bytes);
    if (o->task.fd >= 0)
        close(o->task.fd);
    free(o);
}

static void hash_cancel(op *p)
{
    UNUSED(p); /* the worker uses its memory: hash_back frees it */
}

static const op_kind hash_kind = {.free = hash_free, .cancel = hash_cancel, .report = hash_report};

op *s3_hash_start(s3_client *c, const s3_hash_task *task, s3_hash_done on_done, void *ctx)
{
    hash_op *o = op_new(&hash_kind, sizeof *o, NULL, c->t);
    o->work = (s3_work){.run = hash_run, .done = hash_back};
    o->task = *task;
    o->on_done = on_done;
    o->op.ctx = ctx;
    s3_bytes_share(o->task.bytes);
    o->task.fd = task->bytes ? -1 : fcntl(task->fd, F_DUPFD_CLOEXEC, 0);
    if (!task->bytes && o->task.fd < 0)
        err_set_errno(&o->error, ERR_IO, errno, "cannot duplicate the file descriptor for hashing");
    s3_work_start(c, &o->work);
    return op_started(&o->op);
}
