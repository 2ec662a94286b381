#include "orchestrator/download.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

struct download {
    download_options options;
    int fd;
    bool reused;         /* an earlier run's whole file */
    bool kept;           /* a part of it is in the file from an earlier run */
    bool keep_off;       /* do not use such things (any more) */
    char *resume_path;   /* lent to s3_get */
    s3_op *get;          /* NULL once ended */
    verify_task *verify; /* NULL once ended */
    err fault;           /* found by the verification while the rest was on its way */
    uint64_t received_bytes;
};

static void download_free(download *d)
{
    if (d->fd >= 0)
        close(d->fd);
    free(d->resume_path);
    free(d);
}

void download_cancel(download *d)
{
    if (!d)
        return;
    if (d->get)
        s3_op_cancel(d->get);
    verify_task_cancel(d->verify);
    download_free(d);
}

uint64_t download_received_bytes(const download *d)
{
    return d->received_bytes;
}

/* Ends with the first error; what else is under way is cancelled. */
static void fail(download *d, const err *error)
{
    err copy = *error;
    download_options options = d->options;
    download_cancel(d);
    options.on_done(options.ctx, &copy);
}

static void succeed(download *d)
{
    item *it = d->options.item;
    const workdir *w = d->options.workdir;
    err e = ERR_INIT;
    if (!d->reused && !workdir_part_commit(w, it->key, it->etag, &e)) {
        fail(d, &e);
        return;
    }
    free(it->local_path);
    it->local_path = workdir_final_path(w, it->key);
    download_options options = d->options;
    download_free(d);
    options.on_done(options.ctx, NULL);
}

static void warn_about(const download *d)
{
    const verdict *v = &d->options.item->verdict;
    const char *bucket = d->options.bucket, *key = d->options.item->key;
    if (v->suffix_differs)
        log_warn("s3://%s/%s: its content is %s, its name says otherwise", bucket, key,
                 codec_get(v->format)->name);
    if (v->unscannable_lines)
        log_warn("s3://%s/%s: %llu of %llu lines have no text under '%s'; they are not looked at",
                 bucket, key, (unsigned long long)v->unscannable_lines,
                 (unsigned long long)v->lines, d->options.jsonl.content_key);
    if (v->skipped_lines)
        log_warn("s3://%s/%s: the detection server skips %llu of %llu lines: escapes of half a "
                 "character (lone surrogates: %llu), more than %d levels, or numbers beyond "
                 "1.8e308; refuse_lone_surrogates and max_json_depth refuse such files",
                 bucket, key, (unsigned long long)v->skipped_lines, (unsigned long long)v->lines,
                 (unsigned long long)v->lone_surrogates, JSONL_SERVER_DEPTH);
}

static bool begin(download *d, err *e);

/* What an earlier run left, whole or in part, went bad on the disk: the object itself decides. */
static void begin_afresh(download *d, const err *error)
{
    log_warn("%s; the kept local copy is bad, it is downloaded anew", error->message);
    err e = ERR_INIT;
    if (d->get)
        s3_op_cancel(move(d->get));
    close(d->fd);
    d->fd = -1;
    d->keep_off = true;
    d->kept = false;
    if (!begin(d, &e))
        fail(d, &e);
}

/* A fault of the object itself: nothing but another object helps. */
static void fail_verification(download *d, const err *error)
{
    static const char advice[] = "; put a sound file in its place, the next run takes it up";
    err e = *error;
    bool unsound = e.code == ERR_CODEC_EARLY_END || e.code == ERR_CODEC_CORRUPT ||
                   e.code == ERR_CODEC_TRAILING || e.code == ERR_UTF8 || e.code == ERR_JSONL;
    size_t used = strlen(e.message);
    if (unsound && !strstr(e.message, "set content_key"))
        snprintf(e.message + used, sizeof e.message - used, "%s", advice);
    fail(d, &e);
}

/* The checksum of the object, which is known when all of it is here, decides whether the object is
 * to blame, or the way that it took. */
static void hold_fault(download *d, const err *error)
{
    d->fault = *error;
    log_debug("%s; the checksum of the whole object decides", error->message);
}

static void on_verified(void *ctx, const verdict *found, const err *error)
{
    download *d = ctx;
    d->verify = NULL;
    if (error) {
        if (d->reused || d->kept)
            begin_afresh(d, error);
        else if (d->get)
            hold_fault(d, error);
        else
            fail_verification(d, error);
        return;
    }
    d->options.item->verdict = *found;
    d->options.item->lines_known = true;
    warn_about(d);
    if (!d->get)
        succeed(d);
}

static void on_get_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    download *d = ctx;
    d->received_bytes = received_bytes;
    if (d->verify)
        verify_task_grow(d->verify, prefix_bytes);
}

static bool start_verification(download *d, err *e);

static void on_get_restart(void *ctx)
{
    download *d = ctx;
    d->kept = false;
    if (d->verify)
        verify_task_restart(d->verify);
    else if (err_is_set(&d->fault) && start_verification(d, &d->fault))
        d->fault = (err)ERR_INIT;
}

static void on_get_done(void *ctx, const s3_get_result *result, const err *error)
{
    download *d = ctx;
    d->get = NULL;
    if (error) {
        err e = *error;
        if (e.code == ERR_S3_ACCESS)
            e.cls = ERR_CLASS_ITEM; /* one object that may not be read is no reason to stop */
        fail(d, &e);
        return;
    }
    d->received_bytes = result->size_bytes;
    if (err_is_set(&d->fault))
        fail_verification(d, &d->fault);
    else if (d->verify)
        verify_task_end(d->verify, result->size_bytes);
    else
        succeed(d);
}

static bool start_verification(download *d, err *e)
{
    const download_options *o = &d->options;
    if (o->level == VERIFY_NONE)
        return true;
    AUTO_FREE char *name = xasprintf("s3://%s/%s", o->bucket, o->item->key);
    d->verify = verify_task_start(o->verifier,
                                  &(verify_task_options){.level = o->level,
                                                         .name = name,
                                                         .jsonl = o->jsonl,
                                                         .fd = d->fd,
                                                         .on_done = on_verified,
                                                         .ctx = d},
                                  e);
    return d->verify != NULL;
}

static bool open_file(download *d, err *e)
{
    const item *it = d->options.item;
    const workdir *w = d->options.workdir;
    d->reused = !d->keep_off && d->options.level != VERIFY_NONE &&
                workdir_has_whole(w, it->key, it->etag, it->size_bytes);
    if (!d->reused) {
        d->fd = workdir_part_open(w, it->key, d->keep_off, e);
        return d->fd >= 0;
    }
    AUTO_FREE char *path = workdir_final_path(w, it->key);
    d->fd = open(path, O_RDONLY | O_CLOEXEC);
    return d->fd >= 0 || err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
}

static void start_get(download *d)
{
    const download_options *o = &d->options;
    free(d->resume_path);
    d->resume_path = workdir_resume_path(o->workdir, o->item->key);
    d->get = s3_get(
        o->s3, &(s3_get_options){.bucket = o->bucket,
                                 .key = o->item->key,
                                 .etag = o->item->etag[0] ? o->item->etag : NULL,
                                 .size_known = true,
                                 .size_bytes = o->item->size_bytes,
                                 .fd = d->fd,
                                 .ahead_bytes = verify_task_ahead_bytes(o->level, o->item->key),
                                 .resume_path = d->resume_path,
                                 .on_progress = on_get_progress,
                                 .on_restart = on_get_restart,
                                 .on_done = on_get_done,
                                 .ctx = d});
    d->kept = s3_get_kept_bytes(d->get) > 0;
}

static bool begin(download *d, err *e)
{
    if (!open_file(d, e) || !start_verification(d, e))
        return false;
    if (d->reused)
        verify_task_end(d->verify, d->options.item->size_bytes);
    else
        start_get(d);
    return true;
}

download *download_start(const download_options *options, err *e)
{
    download *d = xcalloc(1, sizeof *d);
    d->options = *options;
    d->fd = -1;
    if (!begin(d, e)) {
        download_cancel(d);
        return NULL;
    }
    return d;
}
