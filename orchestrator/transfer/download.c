#include "orchestrator/transfer/download.h"

#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"

typedef struct download {
    op op;
    download_options options;
    int fd;
    bool reused;        /* a complete file of an earlier run */
    bool keep_off;      /* ignore files of an earlier run */
    char *resume_path;  /* borrowed by the fetch */
    op *fetch;          /* NULL once ended */
    s3_checksum hashed; /* of the bytes */
} download;

static void download_stop(op *o)
{
    download *d = (download *)o;
    op_cancel(move(d->fetch));
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

static void download_free(op *o)
{
    download *d = (download *)o;
    free(d->resume_path);
    free(d);
}

static const op_kind download_kind = {.stop = download_stop, .free = download_free};

static void succeed(download *d)
{
    item *it = d->options.item;
    const workdir *w = d->options.workdir;
    err e = ERR_INIT;
    if (!d->reused &&
        !workdir_part_commit(w, it->planned.key, d->fd, it->planned.etag, d->hashed.text, &e)) {
        op_finish(&d->op, &e);
        return;
    }
    free(it->local.path);
    it->local.path = workdir_final_path(w, it->planned.key);
    it->local.state = ITEM_LOCAL_WHOLE;
    op_finish(&d->op, NULL);
}

static void warn_about(const download *d)
{
    const verdict *v = &d->options.item->local.verdict;
    const char *bucket = d->options.bucket, *key = d->options.item->planned.key;
    if (v->suffix_differs)
        log_warn("s3://%s/%s: the content is %s, unlike the suffix", bucket, key,
                 codec_get(v->format)->name);
    if (v->unscannable_lines)
        log_warn("s3://%s/%s: %llu of %llu lines have no text under '%s'; they are not scanned",
                 bucket, key, (unsigned long long)v->unscannable_lines,
                 (unsigned long long)v->lines, d->options.jsonl.content_key);
    if (v->skipped_lines)
        log_warn("s3://%s/%s: the detection server skips %llu of %llu lines: unpaired "
                 "surrogate escapes (%llu), more than %d levels, or numbers beyond "
                 "1.8e308; refuse_lone_surrogates and max_json_depth refuse such files",
                 bucket, key, (unsigned long long)v->skipped_lines, (unsigned long long)v->lines,
                 (unsigned long long)v->lone_surrogates, JSONL_SERVER_DEPTH);
}

static bool begin(download *d, err *e);

/* A file left by an earlier run is corrupt: the object is downloaded again. */
static void download_again(download *d, const err *error)
{
    log_warn("%s; the kept local copy is corrupt; downloading again", error->message);
    err e = ERR_INIT;
    close(d->fd);
    d->fd = -1;
    d->keep_off = true;
    if (!begin(d, &e))
        op_finish(&d->op, &e);
}

/* The object itself is invalid: only replacing it helps. */
static void fail_verification(download *d, const err *error)
{
    err e = *error;
    bool invalid = e.code == ERR_CODEC_EARLY_END || e.code == ERR_CODEC_CORRUPT ||
                   e.code == ERR_CODEC_TRAILING || e.code == ERR_UTF8 || e.code == ERR_JSONL;
    if (invalid)
        err_append(&e, "; replace it and run again");
    op_finish(&d->op, &e);
}

static void verified(download *d, const verdict *found)
{
    if (found) {
        d->options.item->local.verdict = *found;
        d->options.item->local.lines_known = true;
        warn_about(d);
    }
    succeed(d);
}

/* --- the object --- */

static void on_progress(void *ctx, uint64_t received_bytes, uint64_t verified_bytes)
{
    const download *d = ctx;
    d->options.item->local.received_bytes = MAX(received_bytes, verified_bytes);
    d->options.item->local.verified_bytes = verified_bytes;
}

/* The kept file differs from the object: it must not keep the name of a complete file while it is
 * downloaded again. */
static void on_restart(void *ctx)
{
    download *d = ctx;
    err e = ERR_INIT;
    if (d->reused && !workdir_whole_to_part(d->options.workdir, d->options.item->planned.key, &e))
        log_warn("%s", e.message); /* succeed() will fail for the same reason */
    d->reused = false;
}

/* If the store has no checksum for a kept file, the one recorded with the download is compared. */
static bool is_as_recorded(const download *d, const fetch_end *end, err *e)
{
    if (end->proven != S3_CHECKSUM_NONE)
        return true;
    const char *key = d->options.item->planned.key;
    AUTO_FREE char *recorded = workdir_whole_checksum(d->options.workdir, key, d->fd);
    return (recorded && recorded[0] && str_equal(recorded, end->hashed.text)) ||
           err_set(e, ERR_IO, "s3://%s/%s: the kept file differs from the download",
                   d->options.bucket, key);
}

static void on_fetched(void *ctx, const fetch_end *end)
{
    download *d = ctx;
    d->fetch = NULL;
    err unproven = ERR_INIT;
    if (!end->error && d->reused && !is_as_recorded(d, end, &unproven)) {
        download_again(d, &unproven);
    } else if (!end->error) {
        d->hashed = end->hashed;
        d->options.item->local.checksum = d->options.sha256 ? end->sha256 : end->hashed;
        free(d->options.item->local.read_etag);
        d->options.item->local.read_etag = xstrdup_or_null(end->etag);
        verified(d, end->verdict);
    } else if (end->invalid && end->kept) {
        download_again(d, end->error);
    } else if (end->invalid) {
        fail_verification(d, end->error);
    } else {
        err e = *end->error;
        if (e.code == ERR_S3_ACCESS)
            e.cls = ERR_CLASS_ITEM; /* one unreadable object does not end the run */
        op_finish(&d->op, &e);
    }
}

static bool start_fetch(download *d, err *e)
{
    const download_options *o = &d->options;
    free(d->resume_path);
    d->resume_path = workdir_resume_name(o->workdir, o->item->planned.key);
    d->fetch = fetch_start(
        &(fetch_options){.s3 = o->s3,
                         .transport = o->transport,
                         .verifier = o->verifier,
                         .object = {.bucket = o->bucket,
                                    .key = o->item->planned.key,
                                    .etag = o->item->planned.etag[0] ? o->item->planned.etag : NULL,
                                    .size_known = true,
                                    .size_bytes = o->item->planned.size_bytes,
                                    .fd = d->fd,
                                    .resume_path = d->resume_path,
                                    .resume_root_fd = workdir_download_fd(o->workdir),
                                    .file_is_whole = d->reused},
                         .level = o->level,
                         .sha256 = o->sha256,
                         .lines = o->item->local.lines,
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
                workdir_has_whole(w, it->planned.key, it->planned.etag, it->planned.size_bytes);
    d->fd = d->reused ? workdir_whole_open(w, it->planned.key, e)
                      : workdir_part_open(w, it->planned.key, d->keep_off, e);
    return d->fd >= 0;
}

static bool begin(download *d, err *e)
{
    return open_file(d, e) && start_fetch(d, e);
}

op *download_start(const download_options *options, err *e)
{
    download *d = op_new(&download_kind, sizeof *d, NULL, options->transport);
    d->op.on_done = options->on_done;
    d->op.ctx = options->ctx;
    d->options = *options;
    d->fd = -1;
    if (!begin(d, e)) {
        op_cancel(&d->op);
        return NULL;
    }
    return op_started(&d->op);
}
