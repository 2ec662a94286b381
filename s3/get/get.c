/* GetObject: one object by parallel ranges, pinned to one version by If-Match. */
#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/protocol/content_range.h"
#include "s3/get/get_op.h"
#include "s3/get/get_plan.h"

/* When all is downloaded, hashed (get_check.c) and recorded:
 * the checksum matches, or there is none  end
 * mismatch, and ranges were kept          downloaded again; the object may be valid
 * mismatch, the first time                downloaded again
 * mismatch, again                         end with ERR_S3_CHECKSUM */

#define LOADS_MAX 2

static void get_free(op *p)
{
    get_op *o = (get_op *)p;
    LIST_EACH (range, &o->ranges, get_range, link)
        get_range_free(range);
    get_check_reset(o);
    get_look_cancel(o);
    op_cancel(o->record);
    s3_extents_deinit(&o->have);
    free(o->resume_path);
    free(o->bucket);
    free(o->key);
    free(o->query);
    free(o->listed_etag);
    free(o->etag);
    free(o);
}

static void get_report_end(op *p, const err *e)
{
    get_op *o = (get_op *)p;
    s3_get_result result = {.size_bytes = o->size,
                            .last_modified_s = o->last_modified_s,
                            .etag = o->etag,
                            .proven = o->check.expected.kind,
                            .kept_bytes = o->kept_bytes};
    if (o->options.on_done)
        o->options.on_done(o->options.ctx, e ? NULL : &result, e);
}

static const op_kind get_kind = {.free = get_free, .report = get_report_end};

static void get_end(get_op *o, const err *e)
{
    op_finish(&o->op.base, e);
}

/* --- the object --- */

/* Creates only as many ranges as could be sent at once, however large the object is and however
 * many other downloads there are. */
static void fill_window(get_op *o)
{
    const s3_client *c = o->op.client;
    get_plan plan = {.part_bytes = c->part_size_bytes,
                     .ahead_bytes = o->reader_left ? 0 : o->options.ahead_bytes,
                     .size_bytes = o->size};
    s3_extent gap;
    while (s3_extents_gap(&o->have, o->next_offset, o->size, &gap)) {
        bool room = o->ranges.count < c->max_in_flight && c->stats.queued < c->max_in_flight;
        o->next_offset = gap.from;
        if ((o->ranges.count > 0 && !room) ||
            get_plan_is_far(&plan, o->read_bytes, get_prefix_bytes(o), gap.from))
            return;
        get_range_start(o, gap.from, MIN(get_plan_range_bytes(&plan, gap.from), gap.to - gap.from),
                        false);
    }
    o->next_offset = MAX(o->next_offset, o->size);
}

static void get_begin(get_op *o)
{
    bool one = o->size <= o->op.client->part_size_bytes && o->have.count == 0;
    o->recorded_ms = clock_now_ms(o->op.client->t);
    if (o->options.on_data || !o->size_known || one) {
        get_range_start(o, 0, o->size_known ? o->size : 0, true);
        return;
    }
    if (!s3_extents_cover(&o->have, 0, o->size)) /* keeps the mtime of a complete file */
        fs_reserve(o->options.fd, o->size);
    if (o->options.ahead_bytes)
        get_check_ask(o); /* first, since the reader waits for it */
    fill_window(o);
    get_check_ask(o);
}

static bool may_load_again(const get_op *o)
{
    bool heard = o->options.on_data && o->received > 0;
    return !heard || o->options.on_restart;
}

static bool may_restart(const get_op *o)
{
    return !o->listed_etag && !o->restarted && may_load_again(o);
}

void get_restart(get_op *o)
{
    LIST_EACH (range, &o->ranges, get_range, link)
        get_range_free(range);
    get_check_reset(o);
    get_look_cancel(o);
    get_keep_forget(o);
    s3_extents_deinit(&o->have);
    free(o->etag);
    o->etag = o->listed_etag ? xstrdup(o->listed_etag) : NULL;
    o->size_known = o->listed_etag && o->options.size_known;
    o->size = o->size_known ? o->options.size_bytes : 0;
    o->next_offset = o->received = o->read_bytes = 0;
    o->last_modified_s = 0;
    o->loaded = o->reader_left = false;
    o->restarting = true;
    if (o->options.on_restart)
        o->options.on_restart(o->options.ctx);
    o->restarting = false;
    if (!o->options.on_data && ftruncate(o->options.fd, 0) != 0) {
        err e = ERR_INIT;
        char name[S3_NAME_SIZE];
        s3_name(o->bucket, o->key, name);
        err_set_errno(&e, ERR_IO, errno, "%s: cannot truncate the file", name);
        get_end(o, &e);
        return;
    }
    get_begin(o);
}

/* The object differs from the expected version: appends that to the store's message. */
void get_fail(get_op *o, const err *e)
{
    err last = *e;
    bool known = o->options.size_known || o->listed_etag;
    if (last.code == ERR_S3_NOT_FOUND && known)
        err_append(&last, "; deleted since the listing");
    else if (last.code == ERR_S3_CHANGED)
        err_append(&last, o->listed_etag ? "; changed since the listing; run again"
                                         : "; it keeps changing during the download");
    get_end(o, &last);
}

void get_changed(get_op *o, const err *e)
{
    char name[S3_NAME_SIZE];
    if (!may_restart(o)) {
        get_fail(o, e);
        return;
    }
    s3_name(o->bucket, o->key, name);
    log_warn("%s: changed during the download; starting over", name);
    o->restarted = true;
    get_restart(o);
}

static void get_mismatch(get_op *o)
{
    const get_check *c = &o->check;
    const char *kind = s3_checksum_name(c->expected.kind);
    char name[S3_NAME_SIZE];
    s3_name(o->bucket, o->key, name);
    if (o->kept_bytes == 0)
        o->loads++;
    if (o->loads < LOADS_MAX && may_load_again(o)) {
        log_warn("%s: %s mismatch: received %s, expected %s%s; downloading again", name, kind,
                 c->found.text, c->expected.text,
                 o->kept_bytes > 0 ? " (a part was kept from an earlier run)" : "");
        get_restart(o);
        return;
    }
    err e = ERR_INIT;
    err_set(&e, ERR_S3_CHECKSUM,
            "%s: GetObject: %s mismatch: received %s, expected %s, also on retry; replace the "
            "object",
            name, kind, c->found.text, c->expected.text);
    e.cls = ERR_CLASS_ITEM;
    get_end(o, &e);
}

void get_settle(get_op *o)
{
    if (!o->size_known || o->ranges.count > 0 || o->next_offset < o->size || !get_check_asked(o))
        return;
    bool first = !o->loaded;
    o->loaded = true;
    if (first && o->options.on_loaded)
        o->options.on_loaded(o->options.ctx, o->size);
    if (!get_check_ready(o) || o->record)
        return;
    if (!get_check_good(o)) {
        get_mismatch(o);
        return;
    }
    err e = ERR_INIT;
    if (o->resume_path && !fs_below_remove(o->resume_root_fd, o->resume_path, &e)) {
        get_end(o, &e);
        return;
    }
    get_end(o, NULL);
}

/* --- the reader that follows --- */

s3_checksum_kind s3_get_reader_kind(const s3_op *get)
{
    const get_op *o = (const get_op *)get;
    return get_check_by_reader(o) ? o->check.expected.kind : S3_CHECKSUM_NONE;
}

void s3_get_read_to(s3_op *get, uint64_t offset_bytes)
{
    get_op *o = (get_op *)get;
    o->read_bytes = MAX(o->read_bytes, offset_bytes);
    fill_window(o);
}

void s3_get_read_end(s3_op *get, const s3_checksum *found)
{
    get_op *o = (get_op *)get;
    if (found && get_check_by_reader(o) && found->kind == o->check.expected.kind) {
        o->check.found = *found;
        o->check.done = true;
    }
    o->reader_left = !found || !o->check.done;
    if (o->restarting)
        return; /* the download starts in a moment */
    fill_window(o);
    get_check_more(o);
    get_settle(o);
}

/* --- the ends of ranges --- */

static void range_failed(get_op *o, get_range *range, const err *e)
{
    if (o->cut) {
        o->cut = false;
        get_range_free(range);
        o->next_offset = 0;
        get_begin(o);
    } else if (get_look_wanted(o, e) != GET_LOOK_NONE) {
        get_look_begin(o, range, get_look_wanted(o, e), e);
    } else if (e->code == ERR_S3_CHANGED || (e->http_status == 416 && may_restart(o))) {
        get_changed(o, e); /* 416: the object became shorter */
    } else {
        get_fail(o, e);
    }
}

void get_range_ended(get_range *range, const err *e)
{
    get_op *o = range->get;
    if (e) {
        range_failed(o, range, e);
        return;
    }
    s3_extents_add(&o->have, (s3_extent){.from = range->offset, .to = range->offset + range->len});
    get_range_free(range);
    fill_window(o);
    get_report(o);
    get_keep_record(o);
    get_check_more(o);
    get_settle(o);
}

/* --- begin --- */

uint64_t s3_get_kept_bytes(const s3_op *get)
{
    return ((const get_op *)get)->kept_bytes;
}

s3_op *s3_get(s3_client *c, const s3_get_options *options)
{
    get_op *o = s3_op_new(c, &get_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    o->key = xstrdup(options->key);
    o->query = s3_version_query(options->version_id);
    o->listed_etag = options->etag ? xstrdup(options->etag) : NULL;
    o->etag = options->etag ? xstrdup(options->etag) : NULL;
    o->size_known = options->size_known;
    o->size = options->size_known ? options->size_bytes : 0;
    if (options->resume_path && !options->on_data)
        o->resume_path = xstrdup(options->resume_path);
    o->resume_root_fd = options->resume_root_fd ? options->resume_root_fd : AT_FDCWD;
    if (options->file_is_whole && !options->on_data)
        get_keep_whole(o);
    else if (o->resume_path)
        get_keep_take(o);
    get_begin(o);
    return op_started(&o->op.base);
}
