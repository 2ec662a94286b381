#include "orchestrator/transfer/download.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "decon/base/log.h"

struct download {
    download_options options;
    int fd;
    bool reused;         /* an earlier run's whole file */
    bool keep_off;       /* use nothing of an earlier run (any more) */
    char *resume_path;   /* lent to the fetch */
    fetch *fetch;        /* NULL once ended */
    verify_task *verify; /* of a reused file; NULL once ended */
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
    fetch_cancel(d->fetch);
    verify_task_cancel(d->verify);
    download_free(d);
}

uint64_t download_received_bytes(const download *d)
{
    return d->received_bytes;
}

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
    close(d->fd);
    d->fd = -1;
    d->keep_off = true;
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

static void verified(download *d, const verdict *found)
{
    if (found) {
        d->options.item->verdict = *found;
        d->options.item->lines_known = true;
        warn_about(d);
    }
    succeed(d);
}

/* --- a file of an earlier run --- */

static void on_verified(void *ctx, const verdict *found, const s3_checksum *hashed,
                        const err *error)
{
    download *d = ctx;
    UNUSED(hashed);
    d->verify = NULL;
    if (error)
        begin_afresh(d, error);
    else
        verified(d, found);
}

static bool start_verification(download *d, err *e)
{
    const download_options *o = &d->options;
    AUTO_FREE char *name = xasprintf("s3://%s/%s", o->bucket, o->item->key);
    d->verify = verify_task_start(o->verifier,
                                  &(verify_task_options){.level = o->level,
                                                         .name = name,
                                                         .jsonl = o->jsonl,
                                                         .fd = d->fd,
                                                         .lines = o->item->lines,
                                                         .on_done = on_verified,
                                                         .ctx = d},
                                  e);
    if (d->verify)
        verify_task_end(d->verify, o->item->size_bytes);
    return d->verify != NULL;
}

/* --- the object --- */

static void on_progress(void *ctx, uint64_t received_bytes)
{
    ((download *)ctx)->received_bytes = received_bytes;
}

static void on_fetched(void *ctx, const fetch_end *end)
{
    download *d = ctx;
    d->fetch = NULL;
    if (!end->error) {
        d->received_bytes = end->size_bytes;
        verified(d, end->verdict);
    } else if (end->unsound && end->kept) {
        begin_afresh(d, end->error);
    } else if (end->unsound) {
        fail_verification(d, end->error);
    } else {
        err e = *end->error;
        if (e.code == ERR_S3_ACCESS)
            e.cls = ERR_CLASS_ITEM; /* one object that may not be read is no reason to stop */
        fail(d, &e);
    }
}

static bool start_fetch(download *d, err *e)
{
    const download_options *o = &d->options;
    free(d->resume_path);
    d->resume_path = workdir_resume_path(o->workdir, o->item->key);
    d->fetch =
        fetch_start(&(fetch_options){.s3 = o->s3,
                                     .transport = o->transport,
                                     .verifier = o->verifier,
                                     .object = {.bucket = o->bucket,
                                                .key = o->item->key,
                                                .etag = o->item->etag[0] ? o->item->etag : NULL,
                                                .size_known = true,
                                                .size_bytes = o->item->size_bytes,
                                                .fd = d->fd,
                                                .resume_path = d->resume_path},
                                     .level = o->level,
                                     .lines = o->item->lines,
                                     .jsonl = o->jsonl,
                                     .on_progress = on_progress,
                                     .on_done = on_fetched,
                                     .ctx = d},
                    e);
    return d->fetch != NULL;
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

static bool begin(download *d, err *e)
{
    if (!open_file(d, e))
        return false;
    return d->reused ? start_verification(d, e) : start_fetch(d, e);
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
