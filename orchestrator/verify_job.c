#include "orchestrator/verify_job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "s3/uri.h"

#define READ_BYTES ((size_t)256 << 10)

typedef struct verify_job {
    pool_task task; /* first; of a stream */
    const verify_site *site;
    char *name;
    int fd;
    verify_job_done on_done;
    void *ctx;

    /* loop only */
    verify_task *verify;  /* NULL once it has ended */
    s3_op *get;           /* NULL once it has ended; an object's */
    err fault;            /* found while the rest is on its way */
    uint64_t received_ms; /* when the last byte had come */
    codec_ticket ticket;  /* of a stream */
    verdict verdict;

    /* of a stream, the worker's */
    bool ok;
    err error;
} verify_job;

static void end(verify_job *j, const err *error)
{
    err copy = error ? *error : (err)ERR_INIT;
    if (j->get)
        s3_op_cancel(move(j->get));
    verify_task_cancel(move(j->verify));
    if (j->fd > STDERR_FILENO)
        close(j->fd);
    j->on_done(j->ctx, error ? NULL : &j->verdict, error ? &copy : NULL);
    free(j->name);
    free(j);
}

static void on_verified(void *ctx, const verdict *found, const err *error)
{
    verify_job *j = ctx;
    j->verify = NULL;
    if (error && j->get) {
        j->fault = *error;
        log_debug("%s; the checksum of the whole object decides", error->message);
        return;
    }
    if (found)
        j->verdict = *found;
    if (!error && j->received_ms)
        log_debug(
            "verified %llu ms after the last byte had come",
            (unsigned long long)(clock_now_ms(loop_transport(j->site->loop)) - j->received_ms));
    if (error || !j->get)
        end(j, error);
}

static bool start_verification(verify_job *j, err *e)
{
    const config *c = j->site->config;
    j->verify = verify_task_start(j->site->verifier,
                                  &(verify_task_options){.level = (verify_level)c->verify,
                                                         .name = j->name,
                                                         .jsonl = config_jsonl(c),
                                                         .fd = j->fd,
                                                         .on_done = on_verified,
                                                         .ctx = j},
                                  e);
    return j->verify != NULL;
}

/* ---- objects ---- */

static void on_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    verify_job *j = ctx;
    UNUSED(received_bytes);
    if (j->verify)
        verify_task_grow(j->verify, prefix_bytes);
}

static void on_restart(void *ctx)
{
    verify_job *j = ctx;
    if (j->verify)
        verify_task_restart(j->verify);
    else if (err_is_set(&j->fault) && start_verification(j, &j->fault))
        j->fault = (err)ERR_INIT;
}

static err with_hint(const err *error)
{
    err e = *error;
    size_t used = strlen(e.message);
    if (e.code == ERR_S3_NOT_FOUND)
        snprintf(e.message + used, sizeof e.message - used,
                 "; the name of a folder of the store ends with a slash");
    return e;
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    verify_job *j = ctx;
    err hinted = error ? with_hint(error) : (err)ERR_INIT;
    j->get = NULL;
    j->received_ms = clock_now_ms(loop_transport(j->site->loop));
    error = error ? &hinted : err_is_set(&j->fault) ? &j->fault : NULL;
    if (error || !j->verify)
        end(j, error);
    else
        verify_task_end(j->verify, result->size_bytes);
}

/* A file that is gone when the program ends, however it ends. */
static int open_nameless(const char *dir, err *e)
{
    char *temp_path = NULL;
    AUTO_FREE char *path = xasprintf("%s/verify", dir);
    if (!fs_make_dirs(dir, e))
        return -1;
    int fd = fs_temp_create(path, &temp_path, e);
    if (fd >= 0)
        fs_temp_discard(&temp_path);
    return fd;
}

static bool start_object(verify_job *j, err *e)
{
    const config *c = j->site->config;
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(j->name, &uri, e))
        return false;
    j->fd = open_nameless(c->local_work_dir, e);
    if (j->fd < 0 || !start_verification(j, e))
        return false;
    uint64_t ahead_bytes = verify_task_ahead_bytes((verify_level)c->verify, uri.key);
    j->get = s3_get(j->site->s3, &(s3_get_options){.bucket = uri.bucket,
                                                   .key = uri.key,
                                                   .fd = j->fd,
                                                   .ahead_bytes = ahead_bytes,
                                                   .on_progress = on_progress,
                                                   .on_restart = on_restart,
                                                   .on_done = on_got,
                                                   .ctx = j});
    return true;
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
            return err_set_errno(e, ERR_IO, errno, "%s: cannot be read", j->name);
        if (got == 0)
            return verify_finish(v, &j->verdict, e);
        if (!verify_feed(v, (slice){.data = piece, .len = (size_t)got}, e))
            return false;
    }
}

static void run_stream(pool_task *task)
{
    verify_job *j = (verify_job *)task;
    const config *c = j->site->config;
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
    codec_memory_give(j->site->memory, &j->ticket);
    if (!j->ok && j->error.code == ERR_CODEC_MEMORY)
        codec_memory_advise(j->site->memory, &j->error);
    j->verdict.suffix_differs = false; /* its name promises nothing */
    end(j, j->ok ? NULL : &j->error);
}

static void on_admitted(codec_ticket *ticket)
{
    verify_job *j = (verify_job *)((char *)ticket - offsetof(verify_job, ticket));
    pool_submit(j->site->pool, &j->task);
}

static void start_stream(verify_job *j)
{
    j->task = (pool_task){.run = run_stream, .done = stream_done};
    j->ticket.on_admitted = on_admitted;
    codec_memory_ask(j->site->memory, &j->ticket, codec_memory_limit(j->site->memory));
}

/* ---- local files ---- */

static bool start_local(verify_job *j, err *e)
{
    struct stat st;
    j->fd = str_equal(j->name, "-") ? STDIN_FILENO : open(j->name, O_RDONLY | O_CLOEXEC);
    if (j->fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", j->name);
    if (fstat(j->fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be read", j->name);
    if (j->fd == STDIN_FILENO || !S_ISREG(st.st_mode)) {
        start_stream(j);
        return true;
    }
    posix_fadvise(j->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only */
    if (!start_verification(j, e))
        return false;
    verify_task_end(j->verify, (uint64_t)st.st_size);
    return true;
}

void verify_job_start(const verify_site *site, const char *name, verify_job_done on_done, void *ctx)
{
    verify_job *j = xcalloc(1, sizeof *j);
    *j =
        (verify_job){.site = site, .name = xstrdup(name), .fd = -1, .on_done = on_done, .ctx = ctx};
    err e = ERR_INIT;
    if (!(str_starts_with(name, "s3://") ? start_object(j, &e) : start_local(j, &e)))
        end(j, &e);
}
