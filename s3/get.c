/* GetObject: one object by parallel ranges, pinned to one version by If-Match. */
#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "s3/client.h"
#include "s3/when.h"

/* kind of range   when                                   request
 * whole           bytes are handed over in order, or     GET without Range
 *                 the object fits into one range
 * first           the size is not known                  Range: bytes=0-<part - 1>; its reply tells
 *                                                        the size, and the others start
 * other                                                  Range: bytes=<from>-<to>
 * Tried again, each goes on behind what it has received already. 416 for the first one means an
 * empty object: it becomes a whole one. Ranges begin in order, so all before the oldest one that
 * is under way is in the file. */

typedef struct get_op get_op;

typedef struct get_range {
    s3_request request;
    get_op *get;
    bool whole;
    uint64_t offset, len; /* bytes; of a whole one len counts from the reply's head on */
    uint64_t got;         /* bytes written */
    uint64_t skip;        /* bytes of this reply that were received before */
    char text[64];        /* value of Range */
    struct get_range *previous, *next;
} get_range;

struct get_op {
    s3_op op;
    s3_get_options options;
    char *bucket, *key, *listed_etag;
    char *etag; /* what the ranges are pinned to, or NULL as yet */
    bool size_known, restarted;
    uint64_t size, next_offset, received;
    int64_t last_modified_s;
    get_range *first, *last; /* under way, in the object's order */
    unsigned active;
};

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
    free(o->bucket);
    free(o->key);
    free(o->listed_etag);
    free(o->etag);
    free(o);
}

static const s3_op_kind get_kind = {.cancel = s3_op_end, .free = get_free};

static void get_end(get_op *o, const err *e)
{
    s3_get_result result = {
        .size_bytes = o->size, .last_modified_s = o->last_modified_s, .etag = o->etag};
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
    if (range->whole && from == 0)
        return;
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

static bool pin(get_op *o, const http_reply *reply, uint64_t total, err *e)
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

static void fill_window(get_op *o);

static bool range_head(void *ctx, const http_reply *reply, err *e)
{
    get_range *range = ctx;
    get_op *o = range->get;
    uint64_t total = 0;
    if (!reply_place(range, reply, &total, e) || !pin(o, reply, total, e))
        return false;
    if (range->whole) {
        range->len = total;
        o->next_offset = total;
    } else if (!o->size_known) {
        range->len = MIN(range->len, total);
        o->next_offset = range->len;
    }
    o->size_known = true;
    fill_window(o);
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

static void report(const get_op *o)
{
    uint64_t prefix = o->first ? o->first->offset + o->first->got : o->next_offset;
    if (o->options.on_progress)
        o->options.on_progress(o->options.ctx, prefix, o->received);
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

/* Only as many ranges exist as could be sent at once, however large the object is. */
static void fill_window(get_op *o)
{
    uint64_t part = o->op.client->part_size_bytes;
    while (o->active < o->op.client->max_in_flight && o->next_offset < o->size)
        range_start(o, o->next_offset, MIN(part, o->size - o->next_offset), false);
}

static void get_begin(get_op *o)
{
    uint64_t part = o->op.client->part_size_bytes;
    if (o->options.on_data || (o->size_known && o->size <= part))
        range_start(o, 0, o->size_known ? o->size : 0, true);
    else if (o->size_known)
        fill_window(o);
    else
        range_start(o, 0, part, false);
}

static bool may_restart(const get_op *o)
{
    bool heard = o->options.on_data && o->received > 0;
    return !o->listed_etag && !o->restarted && (!heard || o->options.on_restart);
}

static void get_restart(get_op *o)
{
    char name[S3_NAME_SIZE];
    s3_name(o->bucket, o->key, name);
    log_warn("%s: changed while it was loaded: starting over", name);
    while (o->first)
        range_free(o->first);
    free(move(o->etag));
    o->restarted = true;
    o->size_known = false;
    o->size = o->next_offset = o->received = 0;
    if (o->options.on_restart)
        o->options.on_restart(o->options.ctx);
    if (!o->options.on_data && ftruncate(o->options.fd, 0) != 0) {
        err e = ERR_INIT;
        err_set_errno(&e, ERR_IO, errno, "%s: the file cannot be emptied", name);
        get_end(o, &e);
        return;
    }
    get_begin(o);
}

/* The object differs from what the caller was told: say so behind the store's words. */
static void get_fail(get_op *o, const err *e)
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

static void range_failed(get_op *o, get_range *range, const err *e)
{
    bool first = range->offset == 0 && !range->whole && !o->size_known;
    if (e->http_status == 416 && first) {
        range_free(range);
        o->next_offset = 0;
        range_start(o, 0, 0, true);
    } else if (e->code == ERR_S3_CHANGED && may_restart(o)) {
        get_restart(o);
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
    range_free(range);
    fill_window(o);
    report(o);
    if (o->active == 0)
        get_end(o, NULL);
}

uint64_t s3_get_kept_bytes(const s3_op *get)
{
    UNUSED(get);
    return 0;
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
    get_begin(o);
    return &o->op;
}
