#include "orchestrator/verify/verify_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/security/fs_below.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"

#define READ_BYTES ((size_t)256 << 10)

typedef struct verify_job {
    pool_task task; /* first; of a stream */
    const run_context *context;
    char *name;
    int fd;
    verify_job_done on_done;
    void *ctx;

    /* loop only */
    codec_ticket ticket; /* of a stream */
    verdict verdict;

    /* of a stream, the worker's */
    bool ok;
    err error;
} verify_job;

static void end(verify_job *j, const err *error)
{
    if (j->fd > STDERR_FILENO)
        close(j->fd);
    j->on_done(j->ctx, error ? NULL : &j->verdict, error);
    free(j->name);
    free(j);
}

/* ---- objects ---- */

static err with_hint(const err *error)
{
    err e = *error;
    if (e.code == ERR_S3_NOT_FOUND)
        err_append(&e, "; end the name of a folder in the store with a slash");
    return e;
}

static void on_fetched(void *ctx, const fetch_end *fetched)
{
    verify_job *j = ctx;
    err hinted = fetched->error ? with_hint(fetched->error) : (err)ERR_INIT;
    if (fetched->verdict)
        j->verdict = *fetched->verdict;
    end(j, fetched->error ? &hinted : NULL);
}

/* An unnamed file, which disappears with the program. */
static int open_nameless(const char *dir, err *e)
{
    char *temp_path = NULL;
    AUTO_FREE char *path = xasprintf("%s/verify", dir);
    if (!fs_make_dirs_as(dir, 0755, e))
        return -1;
    int fd = fs_below_temp(AT_FDCWD, path, 0600, &temp_path, e);
    if (fd >= 0)
        fs_below_temp_discard(AT_FDCWD, &temp_path);
    return fd;
}

static bool start_object(verify_job *j, err *e)
{
    const config *c = j->context->config;
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(j->name, &uri, e))
        return false;
    j->fd = open_nameless(c->local_work_dir, e);
    if (j->fd < 0)
        return false;
    const run_context *context = j->context;
    return fetch_start(
               &(fetch_options){.s3 = context->s3,
                                .transport = context->transport,
                                .verifier = context->verifier,
                                .object = {.bucket = uri.bucket, .key = uri.key, .fd = j->fd},
                                .level = (verify_level)c->verify,
                                .jsonl = config_jsonl(c),
                                .on_done = on_fetched,
                                .ctx = j},
               e) != NULL;
}

/* ---- streams ---- */

static bool read_all(verify_job *j, verify *v, err *e)
{
    AUTO_FREE char *piece = xcalloc(1, READ_BYTES);
    for (;;) {
        ssize_t got = read(j->fd, piece, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read", j->name);
        if (got == 0)
            return verify_finish(v, &j->verdict, e);
        if (!verify_feed(v, (slice){.data = piece, .len = (size_t)got}, e))
            return false;
    }
}

static void run_stream(pool_task *task)
{
    verify_job *j = (verify_job *)task;
    const config *c = j->context->config;
    codec_options codec = config_codec(c, CODEC_PLAIN);
    codec.memory_bytes = c->codec_memory_bytes;
    AUTO_PTR(verify)
    v = verify_new(&(verify_options){.level = (verify_level)c->verify,
                                     .name = j->name,
                                     .jsonl = config_jsonl(c),
                                     .codec = codec},
                   &j->error);
    j->ok = v && read_all(j, v, &j->error);
}

static void stream_done(pool_task *task)
{
    verify_job *j = (verify_job *)task;
    codec_memory_give(j->context->codec_memory, &j->ticket);
    if (!j->ok && j->error.code == ERR_CODEC_MEMORY)
        codec_memory_advise(j->context->codec_memory, &j->error);
    j->verdict.suffix_differs = false; /* a stream has no suffix */
    end(j, j->ok ? NULL : &j->error);
}

static void on_admitted(codec_ticket *ticket)
{
    verify_job *j = (verify_job *)((char *)ticket - offsetof(verify_job, ticket));
    pool_submit(j->context->pool, &j->task);
}

static void start_stream(verify_job *j)
{
    j->task = (pool_task){.run = run_stream, .done = stream_done};
    j->ticket.on_admitted = on_admitted;
    codec_memory_ask(j->context->codec_memory, &j->ticket,
                     codec_memory_limit(j->context->codec_memory));
}

/* ---- local files ---- */

static void on_verified(void *ctx, const verdict *found, const s3_checksum *hashed,
                        const err *error)
{
    verify_job *j = ctx;
    UNUSED(hashed);
    if (found)
        j->verdict = *found;
    end(j, error);
}

static bool start_verification(verify_job *j, uint64_t size_bytes, err *e)
{
    const config *c = j->context->config;
    verify_task *t = verify_task_start(j->context->verifier,
                                       &(verify_task_options){.level = (verify_level)c->verify,
                                                              .name = j->name,
                                                              .jsonl = config_jsonl(c),
                                                              .fd = j->fd,
                                                              .on_done = on_verified,
                                                              .ctx = j},
                                       e);
    if (t)
        verify_task_end(t, size_bytes);
    return t != NULL;
}

static bool start_local(verify_job *j, err *e)
{
    struct stat st;
    j->fd = str_equal(j->name, "-") ? STDIN_FILENO : open(j->name, O_RDONLY | O_CLOEXEC);
    if (j->fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", j->name);
    if (fstat(j->fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read", j->name);
    if (j->fd == STDIN_FILENO || !S_ISREG(st.st_mode)) {
        start_stream(j);
        return true;
    }
    posix_fadvise(j->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only */
    return start_verification(j, (uint64_t)st.st_size, e);
}

void verify_job_start(const run_context *context, const char *name, verify_job_done on_done,
                      void *ctx)
{
    verify_job *j = xcalloc(1, sizeof *j);
    *j = (verify_job){
        .context = context, .name = xstrdup(name), .fd = -1, .on_done = on_done, .ctx = ctx};
    err e = ERR_INIT;
    if (!(str_starts_with(name, "s3://") ? start_object(j, &e) : start_local(j, &e)))
        end(j, &e);
}
