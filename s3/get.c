/* GetObject: one object by parallel ranges, pinned to one version by If-Match. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "s3/get_op.h"
#include "s3/get_plan.h"
#include "s3/when.h"

/* kind of range   when                                   request
 * whole           bytes are handed over in order, or     GET without Range: its reply tells the
 *                 the object fits into one range, or     checksum too
 *                 nothing is known of it as yet
 * range           else                                   Range: bytes=<from>-<to>
 * A whole one of unknown size that turns out to be larger than a range is ended at its head; the
 * ranges follow. Tried again, each goes on behind what it has received already. Ranges begin in
 * order and leave out what an earlier run kept, so all before the oldest one that is under way is
 * in the file.
 *
 * When all is loaded, hashed (get_check.c) and recorded:
 * the checksum fits, or there is none     end
 * it does not, and ranges were kept       loaded afresh; the object is not to blame as yet
 * it does not, the first time             loaded afresh
 * it does not, once more                  end with ERR_S3_CHECKSUM */

#define LOADS_MAX       2
#define RECORD_PAUSE_MS 2000 /* what a crash costs at most; a short download is never synced */

static void range_free(get_range *range)
{
    get_op *o = range->get;
    s3_request_cancel(&range->request);
    *(range->previous ? &range->previous->next : &o->first) = range->next;
    *(range->next ? &range->next->previous : &o->last) = range->previous;
    o->active--;
    free(range);
}

static void get_free(s3_op *op)
{
    get_op *o = (get_op *)op;
    while (o->first)
        range_free(o->first);
    get_check_reset(o);
    s3_resume_cancel(o->record);
    s3_extents_deinit(&o->have);
    free(o->resume_path);
    free(o->bucket);
    free(o->key);
    free(o->listed_etag);
    free(o->etag);
    free(o);
}

static const s3_op_kind get_kind = {.cancel = s3_op_end, .free = get_free};

static void get_end(get_op *o, const err *e)
{
    s3_get_result result = {.size_bytes = o->size,
                            .last_modified_s = o->last_modified_s,
                            .etag = o->etag,
                            .proven = o->check.expected.kind,
                            .kept_bytes = o->kept_bytes};
    if (o->options.on_done)
        o->options.on_done(o->options.ctx, e ? NULL : &result, e);
    s3_op_end(&o->op);
}

/* --- one range --- */

static void range_send(void *ctx, s3_request *r)
{
    get_range *range = ctx;
    uint64_t from = range->offset + range->got;
    range->skip = 0;
    r->header_count = 0;
    if (range->len > 0 && range->got == range->len) {
        /* Broke off behind its last byte: there is no empty range, so that byte comes again. */
        from--;
        range->skip = 1;
    }
    s3_request_header(r, "If-Match", range->get->etag);
    if (range->whole && from == 0) {
        if (range->get->op.client->integrity.ask)
            s3_request_header(r, "x-amz-checksum-mode", "ENABLED");
        return;
    }
    snprintf(range->text, sizeof range->text, "bytes=%llu-%llu", (unsigned long long)from,
             (unsigned long long)(range->offset + range->len - 1));
    s3_request_header(r, "Range", range->text);
}

/* "bytes 0-9/100" */
static bool parse_content_range(const char *text, uint64_t *from, uint64_t *total)
{
    const char *dash = text ? strchr(text, '-') : NULL;
    const char *slash = dash ? strchr(dash, '/') : NULL;
    if (!slash || !str_starts_with(text, "bytes "))
        return false;
    text += strlen("bytes ");
    AUTO_FREE char *number = xstrndup(text, (size_t)(dash - text));
    return num_parse_u64(number, from) && num_parse_u64(slash + 1, total);
}

/* What of the object does this reply bring: from where, and how large is the whole. */
static bool reply_place(get_range *range, const http_reply *reply, uint64_t *total, err *e)
{
    uint64_t expected = range->offset + range->got - (range->skip ? 1 : 0), from = 0;
    if (reply->status == 206) {
        if (!parse_content_range(http_reply_header(reply, "Content-Range"), &from, total) ||
            from != expected)
            return err_set(e, ERR_S3_REPLY, "GetObject: another range came than was asked for");
        return true;
    }
    if (!num_parse_u64(http_reply_header(reply, "Content-Length"), total))
        return err_set(e, ERR_S3_REPLY, "GetObject: a reply without Content-Length");
    if (range->offset > 0)
        return err_set(e, ERR_S3_REPLY, "GetObject: the store takes no notice of Range");
    range->whole = true; /* the store sends it from its beginning */
    range->skip = range->got;
    return true;
}

bool get_pin(get_op *o, const http_reply *reply, uint64_t total, err *e)
{
    const char *etag = http_reply_header(reply, "ETag");
    if (o->etag && etag && strcmp(o->etag, etag) != 0)
        return err_set(e, ERR_S3_CHANGED, "GetObject: the object is another one now (ETag %s)",
                       etag);
    if (o->size_known && o->size != total)
        return err_set(e, ERR_S3_CHANGED, "GetObject: the object has %llu bytes now, not %llu",
                       (unsigned long long)total, (unsigned long long)o->size);
    if (!o->etag && etag)
        o->etag = xstrdup(etag);
    if (!s3_when_parse_http(http_reply_header(reply, "Last-Modified"), &o->last_modified_s))
        o->last_modified_s = 0;
    o->size = total;
    return true;
}

/* Ends a GET without Range at its head: the object is better loaded by ranges. A store that takes
 * no ranges says so, or says nothing. */
static bool cut(get_op *o, const http_reply *reply, err *e)
{
    const char *ranges = http_reply_header(reply, "Accept-Ranges");
    if (o->size_known || o->options.on_data || o->size <= o->op.client->part_size_bytes ||
        !ranges || !str_equal(ranges, "bytes"))
        return false;
    o->cut = o->size_known = true;
    o->check.passing = false;
    err_set(e, ERR_CANCELLED, "it goes on by ranges");
    return true;
}

static bool range_head(void *ctx, const http_reply *reply, err *e)
{
    get_range *range = ctx;
    get_op *o = range->get;
    uint64_t total = 0;
    if (!reply_place(range, reply, &total, e) || !get_pin(o, reply, total, e))
        return false;
    if (range->whole) {
        get_check_take(o, reply);
        if (cut(o, reply, e))
            return false;
        range->len = total;
        o->next_offset = total;
    }
    o->size_known = true;
    return true;
}

static bool take_bytes(get_range *range, slice data, err *e)
{
    get_op *o = range->get;
    if (o->options.on_data)
        return o->options.on_data(o->options.ctx, data, e);
    return fs_pwrite_all(o->options.fd, data.data, data.len, (off_t)(range->offset + range->got),
                         e);
}

/* All before it is in the file. */
static uint64_t prefix_bytes(const get_op *o)
{
    return o->first ? o->first->offset + o->first->got : o->next_offset;
}

static void report(const get_op *o)
{
    if (o->options.on_progress)
        o->options.on_progress(o->options.ctx, prefix_bytes(o), o->received);
}

static bool range_body(void *ctx, slice data, err *e)
{
    get_range *range = ctx;
    size_t again = MIN(data.len, range->skip);
    range->skip -= again;
    data = (slice){.data = data.data + again, .len = data.len - again};
    if (data.len == 0)
        return true;
    if (data.len > range->len - range->got)
        return err_set(e, ERR_S3_REPLY, "GetObject: more bytes came than were asked for");
    if (!take_bytes(range, data, e))
        return false;
    get_check_pass(range->get, data);
    range->got += data.len;
    range->get->received += data.len;
    report(range->get);
    return true;
}

static bool range_check(void *ctx, s3_request *r, err *e)
{
    get_range *range = ctx;
    UNUSED(r);
    if (range->got == range->len)
        return true;
    return err_set(e, ERR_TRUNCATED, "GetObject: %llu of %llu bytes came",
                   (unsigned long long)range->got, (unsigned long long)range->len);
}

static void range_done(void *ctx, s3_request *r, const err *e);

static void range_start(get_op *o, uint64_t offset, uint64_t len, bool whole)
{
    get_range *range = xcalloc(1, sizeof *range);
    *range = (get_range){.get = o, .whole = whole, .offset = offset, .len = len};
    range->previous = o->last;
    *(o->last ? &o->last->next : &o->first) = range;
    o->last = range;
    o->active++;
    o->next_offset = offset + len;
    range->request = (s3_request){.operation = "GetObject",
                                  .method = "GET",
                                  .bucket = o->bucket,
                                  .key = o->key,
                                  .on_send = range_send,
                                  .on_head = range_head,
                                  .on_body = range_body,
                                  .on_check = range_check,
                                  .on_done = range_done,
                                  .ctx = range};
    s3_request_start(o->op.client, &range->request);
}

/* --- the object --- */

/* Only as many ranges exist as could be sent at once, however large the object is and however many
 * others there are. */
static void fill_window(get_op *o)
{
    const s3_client *c = o->op.client;
    get_plan plan = {.part_bytes = c->part_size_bytes,
                     .ahead_bytes = o->options.ahead_bytes,
                     .size_bytes = o->size};
    s3_extent gap;
    while (s3_extents_gap(&o->have, o->next_offset, o->size, &gap)) {
        bool room = o->active < c->max_in_flight && c->stats.queued < c->max_in_flight;
        if (o->active > 0 && (!room || get_plan_is_far(&plan, prefix_bytes(o), o->next_offset)))
            return;
        range_start(o, gap.from, MIN(get_plan_range_bytes(&plan, gap.from), gap.to - gap.from),
                    false);
    }
    o->next_offset = MAX(o->next_offset, o->size);
}

static void get_begin(get_op *o)
{
    bool one = o->size <= o->op.client->part_size_bytes && o->have.count == 0;
    o->recorded_ms = clock_now_ms(o->op.client->t);
    if (o->options.on_data || !o->size_known || one) {
        range_start(o, 0, o->size_known ? o->size : 0, true);
        return;
    }
    fs_reserve(o->options.fd, o->size);
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

static void forget_record(get_op *o)
{
    err e = ERR_INIT;
    s3_resume_cancel(move(o->record));
    if (o->resume_path && !fs_remove(o->resume_path, &e))
        log_warn("%s", e.message);
    o->kept_bytes = o->recorded_bytes = 0;
}

/* Everything anew, pinned to what the caller knew of it. */
static void get_restart(get_op *o)
{
    while (o->first)
        range_free(o->first);
    get_check_reset(o);
    forget_record(o);
    s3_extents_deinit(&o->have);
    free(o->etag);
    o->etag = o->listed_etag ? xstrdup(o->listed_etag) : NULL;
    o->size_known = o->listed_etag && o->options.size_known;
    o->size = o->size_known ? o->options.size_bytes : 0;
    o->next_offset = o->received = 0;
    if (o->options.on_restart)
        o->options.on_restart(o->options.ctx);
    if (!o->options.on_data && ftruncate(o->options.fd, 0) != 0) {
        err e = ERR_INIT;
        char name[S3_NAME_SIZE];
        s3_name(o->bucket, o->key, name);
        err_set_errno(&e, ERR_IO, errno, "%s: the file cannot be emptied", name);
        get_end(o, &e);
        return;
    }
    get_begin(o);
}

/* The object differs from what the caller was told: say so behind the store's words. */
void get_fail(get_op *o, const err *e)
{
    err last = *e;
    bool known = o->options.size_known || o->listed_etag;
    const char *more = "";
    if (last.code == ERR_S3_NOT_FOUND && known)
        more = "; deleted since the listing";
    else if (last.code == ERR_S3_CHANGED)
        more = o->listed_etag ? "; changed since the listing: the next run takes it up again"
                              : "; it keeps changing while it is loaded";
    size_t used = strlen(last.message);
    snprintf(last.message + used, sizeof last.message - used, "%s", more);
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
    log_warn("%s: changed while it was loaded: starting over", name);
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
        log_warn("%s: the %s of what came is %s, the store's is %s%s: loading it afresh", name,
                 kind, c->found.text, c->expected.text,
                 o->kept_bytes > 0 ? " (a part of it was kept from an earlier run)" : "");
        get_restart(o);
        return;
    }
    err e = ERR_INIT;
    err_set(&e, ERR_S3_CHECKSUM,
            "%s: GetObject: the %s of what came is %s, the store's is %s, also when loaded again; "
            "put a sound object in its place",
            name, kind, c->found.text, c->expected.text);
    e.cls = ERR_CLASS_ITEM;
    get_end(o, &e);
}

void get_settle(get_op *o)
{
    if (!o->size_known || o->active > 0 || o->next_offset < o->size || !get_check_ready(o) ||
        o->record)
        return;
    if (!get_check_good(o)) {
        get_mismatch(o);
        return;
    }
    err e = ERR_INIT;
    if (o->resume_path && !fs_remove(o->resume_path, &e)) {
        get_end(o, &e);
        return;
    }
    get_end(o, NULL);
}

/* --- what is kept for a later run --- */

static void record_done(void *ctx, const err *e)
{
    get_op *o = ctx;
    o->record = NULL;
    o->recorded_ms = clock_now_ms(o->op.client->t);
    if (e && !o->record_failed) {
        o->record_failed = true; /* once is enough: the download itself goes on */
        log_warn("%s; an interrupted download would begin anew", e->message);
    }
    get_settle(o);
}

/* Not each range is worth a sync of the disk, and the last one is not worth one at all. */
static void record(get_op *o)
{
    if (!o->resume_path || !o->etag || o->record || o->record_failed ||
        s3_extents_cover(&o->have, 0, o->size) ||
        clock_now_ms(o->op.client->t) < o->recorded_ms + RECORD_PAUSE_MS)
        return;
    s3_resume now = {.etag = o->etag, .size = o->size, .have = o->have};
    o->record = s3_resume_save(o->op.client, o->resume_path, o->bucket, o->key, o->options.fd, &now,
                               record_done, o);
}

/* --- the ends of ranges --- */

static void range_failed(get_op *o, get_range *range, const err *e)
{
    if (o->cut) {
        o->cut = false;
        range_free(range);
        o->next_offset = 0;
        get_begin(o);
    } else if (e->code == ERR_S3_CHANGED || (e->http_status == 416 && may_restart(o))) {
        get_changed(o, e); /* 416: it became shorter */
    } else {
        get_fail(o, e);
    }
}

static void range_done(void *ctx, s3_request *r, const err *e)
{
    get_range *range = ctx;
    get_op *o = range->get;
    UNUSED(r);
    if (e) {
        range_failed(o, range, e);
        return;
    }
    s3_extents_add(&o->have, (s3_extent){.from = range->offset, .to = range->offset + range->len});
    range_free(range);
    fill_window(o);
    report(o);
    record(o);
    get_check_more(o);
    get_settle(o);
}

/* --- begin --- */

/* Takes over what an earlier run has in the file, where it is of the same version. */
static void take_kept(get_op *o)
{
    AUTO(s3_resume) kept = {0};
    char name[S3_NAME_SIZE];
    struct stat st;
    bool usable = s3_resume_load(o->resume_path, o->bucket, o->key, o->options.fd, &kept) &&
                  (!o->listed_etag || str_equal(o->listed_etag, kept.etag)) &&
                  (!o->size_known || o->size == kept.size);
    s3_name(o->bucket, o->key, name);
    if (!usable) {
        bool had_bytes = fstat(o->options.fd, &st) == 0 && st.st_size > 0;
        if (had_bytes && ftruncate(o->options.fd, 0) == 0)
            log_info("%s: what is there of it is of no use any more: from its beginning", name);
        return;
    }
    free(o->etag);
    o->etag = move(kept.etag);
    o->size_known = true;
    o->size = kept.size;
    o->have = kept.have;
    kept.have = (s3_extents){0};
    o->kept_bytes = o->received = s3_extents_bytes(&o->have);
    log_info("%s: %llu of %llu bytes are there already: going on from them", name,
             (unsigned long long)o->kept_bytes, (unsigned long long)o->size);
}

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
    o->listed_etag = options->etag ? xstrdup(options->etag) : NULL;
    o->etag = options->etag ? xstrdup(options->etag) : NULL;
    o->size_known = options->size_known;
    o->size = options->size_known ? options->size_bytes : 0;
    if (options->resume_path && !options->on_data) {
        o->resume_path = xstrdup(options->resume_path);
        take_kept(o);
    }
    get_begin(o);
    return &o->op;
}
