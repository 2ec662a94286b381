#include "base/util.h"
#include "s3/client/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "s3/client/client.h"

#define READ_BYTES ((size_t)256 * 1024)

static void unlink_work(s3_work *w)
{
    if (!w->client)
        return;
    *(w->previous ? &w->previous->next : &w->client->works) = w->next;
    if (w->next)
        w->next->previous = w->previous;
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
    w->previous = NULL;
    w->next = c->works;
    if (w->next)
        w->next->previous = w;
    c->works = w;
    if (c->pool)
        pool_submit(c->pool, &w->task);
    else
        w->timer = timer_start(c->t, 0, timer_called, w);
}

void s3_work_leave(s3_client *c)
{
    while (c->works) {
        s3_work *w = c->works;
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

struct s3_hash_job {
    s3_work work; /* first */
    s3_hash_task task;
    err error;
    s3_hash_done on_done; /* NULL: cancelled */
    void *ctx;
};

static void hash_piece(s3_hash_task *t, digest_ctx *sha, const void *data, size_t len)
{
    s3_hash_update(&t->hash, data, len);
    if (t->sha256)
        digest_update(sha, data, len);
}

/* In pieces that stay in the cache between the two hashes. */
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
            return err_set_errno(e, ERR_IO, errno, "the file cannot be read to hash it");
        if (got == 0)
            return err_set(e, ERR_IO, "the file became shorter meanwhile (leave it alone)");
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
    s3_hash_job *job = (s3_hash_job *)w;
    if (!err_is_set(&job->error) && !s3_hash_now(&job->task, &job->error))
        return;
}

static void hash_done(s3_work *w)
{
    s3_hash_job *job = (s3_hash_job *)w;
    if (job->on_done)
        job->on_done(job->ctx, &job->task, err_is_set(&job->error) ? &job->error : NULL);
    s3_hash_deinit(&job->task.hash);
    s3_bytes_drop(job->task.bytes);
    if (job->task.fd >= 0)
        close(job->task.fd);
    free(job);
}

s3_hash_job *s3_hash_start(s3_client *c, const s3_hash_task *task, s3_hash_done on_done, void *ctx)
{
    s3_hash_job *job = xcalloc(1, sizeof *job);
    job->work = (s3_work){.run = hash_run, .done = hash_done};
    job->task = *task;
    job->on_done = on_done;
    job->ctx = ctx;
    s3_bytes_share(job->task.bytes);
    job->task.fd = task->bytes ? -1 : fcntl(task->fd, F_DUPFD_CLOEXEC, 0);
    if (!task->bytes && job->task.fd < 0)
        err_set_errno(&job->error, ERR_IO, errno, "no descriptor to hash the file with");
    s3_work_start(c, &job->work);
    return job;
}

void s3_hash_cancel(s3_hash_job *job)
{
    if (job)
        job->on_done = NULL;
}
