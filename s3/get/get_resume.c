/* Records which ranges of a download are in the file, for a later run. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/get/get_op.h"

#define RECORD_PAUSE_MS 2000 /* maximum loss by a crash; a short download is never synced */

static s3_resume_place place_of(const get_op *o)
{
    return (s3_resume_place){.root_fd = o->resume_root_fd, .path = o->resume_path};
}

void get_keep_take(get_op *o)
{
    AUTO(s3_resume) kept = {0};
    char name[S3_NAME_SIZE];
    struct stat st;
    bool usable = s3_resume_load(place_of(o), o->bucket, o->key, o->options.fd, &kept) &&
                  (!o->listed_etag || s3_etag_equal(o->listed_etag, kept.etag)) &&
                  (!o->size_known || o->size == kept.size);
    s3_name(o->bucket, o->key, name);
    if (!usable) {
        bool had_bytes = fstat(o->options.fd, &st) == 0 && st.st_size > 0;
        if (had_bytes && ftruncate(o->options.fd, 0) == 0)
            log_info("%s: the partial download is stale; restarting from the beginning", name);
        return;
    }
    free(o->etag);
    o->etag = move(kept.etag);
    o->size_known = true;
    o->size = kept.size;
    o->have = kept.have;
    kept.have = (s3_extents){0};
    o->kept_bytes = o->received = s3_extents_bytes(&o->have);
    log_info("%s: resuming: %llu of %llu bytes are present", name,
             (unsigned long long)o->kept_bytes, (unsigned long long)o->size);
}

void get_keep_whole(get_op *o)
{
    struct stat st;
    bool fits = o->etag && o->size_known && o->size > 0 && fstat(o->options.fd, &st) == 0 &&
                (uint64_t)st.st_size == o->size;
    if (!fits) {                                         /* then it is downloaded */
        bool emptied = ftruncate(o->options.fd, 0) == 0; /* else writing fails too */
        UNUSED(emptied);
        return;
    }
    s3_extents_add(&o->have, (s3_extent){.from = 0, .to = o->size});
    o->kept_bytes = o->received = o->size;
}

static void record_done(void *ctx, const err *e)
{
    get_op *o = ctx;
    o->record = NULL;
    o->recorded_ms = clock_now_ms(o->op.client->t);
    if (e && !o->record_failed) {
        o->record_failed = true; /* the download continues */
        log_warn("%s; an interrupted download would restart from the beginning", e->message);
    }
    get_settle(o);
}

void get_keep_record(get_op *o)
{
    if (!o->resume_path || !o->etag || o->record || o->record_failed ||
        s3_extents_cover(&o->have, 0, o->size) ||
        clock_now_ms(o->op.client->t) < o->recorded_ms + RECORD_PAUSE_MS)
        return;
    s3_resume now = {.etag = o->etag, .size = o->size, .have = o->have};
    o->record = s3_resume_save(o->op.client, place_of(o), o->bucket, o->key, o->options.fd, &now,
                               record_done, o);
}

void get_keep_forget(get_op *o)
{
    err e = ERR_INIT;
    op_cancel(move(o->record));
    if (o->resume_path && !fs_below_remove(o->resume_root_fd, o->resume_path, &e))
        log_warn("%s", e.message);
    o->kept_bytes = 0;
}
