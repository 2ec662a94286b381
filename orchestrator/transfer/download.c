#include "orchestrator/transfer/download.h"

#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"

struct download {
    download_options options;
    int fd;
    bool reused;        /* an earlier run's whole file */
    bool keep_off;      /* use nothing of an earlier run (any more) */
    char *resume_path;  /* lent to the fetch */
    fetch *fetch;       /* NULL once ended */
    s3_checksum hashed; /* of the bytes */
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
    if (!d->reused && !workdir_part_commit(w, it->key, it->etag, d->hashed.text, &e)) {
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

/* --- the object --- */

static void on_progress(void *ctx, uint64_t received_bytes)
{
    ((download *)ctx)->received_bytes = received_bytes;
}

/* The kept file is not the object: its name must not say that it is whole while it is loaded. */
static void on_restart(void *ctx)
{
    download *d = ctx;
    err e = ERR_INIT;
    if (d->reused && !workdir_whole_to_part(d->options.workdir, d->options.item->key, &e))
        log_warn("%s", e.message); /* succeed() fails on the same */
    d->reused = false;
}

/* The store has no word on the bytes of a kept file: then the checksum that was recorded when they
 * came has it. */
static bool is_as_recorded(const download *d, const fetch_end *end, err *e)
{
    if (end->proven != S3_CHECKSUM_NONE)
        return true;
    const char *key = d->options.item->key;
    AUTO_FREE char *recorded = workdir_whole_checksum(d->options.workdir, key);
    return (recorded && recorded[0] && str_equal(recorded, end->hashed.text)) ||
           err_set(e, ERR_IO, "s3://%s/%s: the kept file is not as it was downloaded",
                   d->options.bucket, key);
}

static void on_fetched(void *ctx, const fetch_end *end)
{
    download *d = ctx;
    d->fetch = NULL;
    err unproven = ERR_INIT;
    if (!end->error && d->reused && !is_as_recorded(d, end, &unproven)) {
        begin_afresh(d, &unproven);
    } else if (!end->error) {
        d->hashed = end->hashed;
        d->received_bytes = end->size_bytes;
        free(d->options.item->read_etag);
        d->options.item->read_etag = xstrdup_or_null(end->etag);
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
                                                .resume_path = d->resume_path,
                                                .file_is_whole = d->reused},
                                     .level = o->level,
                                     .lines = o->item->lines,
                                     .jsonl = o->jsonl,
                                     .on_progress = on_progress,
                                     .on_restart = on_restart,
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
    d->fd = d->reused ? workdir_whole_open(w, it->key, e)
                      : workdir_part_open(w, it->key, d->keep_off, e);
    return d->fd >= 0;
}

static bool begin(download *d, err *e)
{
    return open_file(d, e) && start_fetch(d, e);
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
