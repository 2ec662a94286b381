/* One range of an object: request, check of the reply, write to the file. */
#include <strings.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "s3/protocol/content_range.h"
#include "s3/get/get_op.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/http_date.h"

/* kind of range   condition                              request
 * whole           bytes are passed on in order, or       GET without Range: the reply contains the
 *                 the object fits into one range, or     checksum too
 *                 nothing is known about it yet
 * range           else                                   Range: bytes=<from>-<to>
 * A whole one of unknown size that is larger than a range is ended after the reply's head; ranges
 * follow. A retry continues after the bytes already received. Ranges begin in order and skip what an
 * earlier run kept, so that all bytes before the oldest range in flight are in the file. */

void get_range_free(get_range *range)
{
    get_op *o = range->get;
    s3_request_cancel(&range->request);
    list_remove(&o->ranges, &range->link);
    free(range);
}

static void range_send(void *ctx, s3_request *r)
{
    get_range *range = ctx;
    uint64_t from = range->offset + range->got;
    range->skip = 0;
    r->header_count = 0;
    if (range->len > 0 && range->got == range->len) {
        /* Ended after its last byte: an empty range does not exist, so that byte is
         * requested again. */
        from--;
        range->skip = 1;
    }
    range->waits = false;
    range->conditional = get_look_is_conditional(range->get);
    if (range->conditional)
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

/* The size of the object from a reply without Content-Range. Without Content-Length (chunked
 * coding, HTTP/1.0) a known size decides whether the reply is complete; if it is unknown,
 * HeadObject reports it. */
static bool reply_size(get_op *o, const http_reply *reply, uint64_t *total, err *e)
{
    const char *text;
    if (!s3_header_once(reply, "Content-Length", &text, e) || num_parse_u64(text, total))
        return err_is_set(e) ? false : true;
    if (text)
        return err_set(e, ERR_S3_REPLY, "Content-Length is '%.32s' in the reply", text);
    *total = o->size;
    if (o->size_known)
        return true;
    o->look_reason = GET_LOOK_SIZE;
    return err_set(e, ERR_S3_REPLY, "Content-Length is missing in the reply");
}

/* A page or another text may be sent instead of an object, with status 200. Nothing of the object is
 * known that it could be compared with, and the reply does not identify an object. */
static bool is_unidentified(const get_op *o, const http_reply *reply)
{
    return !o->etag && !o->size_known && !s3_etag_is_present(http_reply_header(reply, "ETag")) &&
           !http_reply_header(reply, "Last-Modified");
}

/* Which part of the object this reply has, and the object's size. gofakes3 (rclone serve s3) sends
 * ranges with status 200, so Content-Range decides, not the status. */
static bool reply_place(get_range *range, const http_reply *reply, uint64_t *total, err *e)
{
    uint64_t expected = range->offset + range->got - (range->skip ? 1 : 0);
    s3_content_range place = {0};
    const char *text;
    if (!s3_header_once(reply, "Content-Range", &text, e))
        return false;
    if (reply->status == 206 || text) {
        if (!s3_content_range_parse(text, &place) || place.from != expected)
            return err_set(e, ERR_S3_REPLY,
                           "GetObject: the reply has another range than requested (%s)",
                           text ? text : "Content-Range is missing in the reply");
        *total = place.total;
        return true;
    }
    if (is_unidentified(range->get, reply))
        return err_set(e, ERR_S3_REPLY,
                       "GetObject: the reply has neither ETag nor Last-Modified, so it is not an "
                       "object of S3; check the endpoint, and proxies between here and the store");
    if (!reply_size(range->get, reply, total, e))
        return false;
    if (range->offset > 0)
        return err_set(e, ERR_S3_REPLY, "GetObject: the store ignored the Range header");
    range->whole = true; /* the store sends the whole object */
    range->skip = range->got;
    return true;
}

/* Without ETags, dates are compared. */
static bool is_other_version(const get_op *o, const char *etag, int64_t modified_s)
{
    if (o->etag && s3_etag_is_present(etag))
        return !s3_etag_equal(o->etag, etag);
    return o->last_modified_s && modified_s && modified_s != o->last_modified_s;
}

bool get_pin(get_op *o, const http_reply *reply, uint64_t total, err *e)
{
    const char *etag;
    int64_t modified_s = 0;
    if (!s3_header_once(reply, "ETag", &etag, e))
        return false;
    if (!s3_when_parse(http_reply_header(reply, "Last-Modified"), &modified_s))
        modified_s = 0;
    if (is_other_version(o, etag, modified_s))
        return err_set(e, ERR_S3_CHANGED, "GetObject: the object was replaced (ETag %s)",
                       etag ? etag : "missing, Last-Modified differs");
    if (o->size_known && o->size != total)
        return err_set(e, ERR_S3_CHANGED, "GetObject: the object has %llu bytes, expected %llu",
                       (unsigned long long)total, (unsigned long long)o->size);
    if (!o->etag && s3_etag_is_present(etag))
        o->etag = xstrdup(etag);
    o->last_modified_s = modified_s ? modified_s : o->last_modified_s;
    o->size = total;
    return true;
}

/* Ends a GET without Range after its head: ranges are faster. A store without support for ranges
 * says so, or sends no Accept-Ranges. */
static bool cut(get_op *o, const http_reply *reply, err *e)
{
    const char *ranges = http_reply_header(reply, "Accept-Ranges");
    if (o->size_known || o->options.on_data || o->size <= o->op.client->part_size_bytes ||
        !ranges || !str_equal(ranges, "bytes"))
        return false;
    o->cut = o->size_known = true;
    o->check.passing = false;
    err_set(e, ERR_CANCELLED, "continues with ranges");
    return true;
}

/* The stored bytes are gzip, but the reply is decoded: requested again. */
static bool was_decoded(get_op *o, const http_reply *reply)
{
    const char *stored = http_reply_header(reply, "x-goog-stored-content-encoding");
    const char *sent = http_reply_header(reply, "Content-Encoding");
    bool decoded =
        stored && strcasecmp(stored, "gzip") == 0 && !(sent && strcasecmp(sent, "gzip") == 0);
    if (!decoded || o->op.client->asks_gzip)
        return false;
    return o->op.client->asks_gzip = true;
}

static bool range_head(void *ctx, const http_reply *reply, err *e)
{
    get_range *range = ctx;
    get_op *o = range->get;
    uint64_t total = 0;
    if (was_decoded(o, reply)) {
        (void)err_set(e, ERR_S3_REPLY,
                      "GetObject: the store decoded the object in transit "
                      "(x-goog-stored-content-encoding: gzip)");
        e->cls = ERR_CLASS_RETRY;
        return false;
    }
    if (!reply_place(range, reply, &total, e) || !get_pin(o, reply, total, e))
        return false;
    o->op.client->if_match_works |= range->conditional;
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

uint64_t get_prefix_bytes(const get_op *o)
{
    const get_range *oldest = LIST_FIRST(&o->ranges, get_range, link);
    return oldest ? oldest->offset + oldest->got : o->next_offset;
}

/* A reader needs to know the checksum algorithm first. */
void get_report(const get_op *o)
{
    bool early = o->options.ahead_bytes && !get_check_asked(o);
    if (o->options.on_progress)
        o->options.on_progress(o->options.ctx, early ? 0 : get_prefix_bytes(o), o->received);
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
        return err_set(e, ERR_S3_REPLY, "GetObject: received more bytes than requested");
    if (!take_bytes(range, data, e))
        return false;
    get_check_pass(range->get, data);
    range->got += data.len;
    range->get->received += data.len;
    get_report(range->get);
    return true;
}

static bool range_check(void *ctx, s3_request *r, err *e)
{
    get_range *range = ctx;
    UNUSED(r);
    if (range->got == range->len)
        return true;
    return err_set(e, ERR_TRUNCATED, "GetObject: received %llu of %llu bytes",
                   (unsigned long long)range->got, (unsigned long long)range->len);
}

static void range_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    get_range_ended(ctx, e);
}

void get_range_again(get_range *range)
{
    range->waits = false;
    if (range->whole && range->got == 0) /* its size may be known by now */
        range->len = range->get->size_known ? range->get->size : 0;
    s3_request_cancel(&range->request);
    s3_request_start(range->get->op.client, &range->request);
}

void get_range_start(get_op *o, uint64_t offset, uint64_t len, bool whole)
{
    get_range *range = xcalloc(1, sizeof *range);
    *range = (get_range){.get = o, .whole = whole, .offset = offset, .len = len};
    list_append(&o->ranges, &range->link);
    o->next_offset = offset + len;
    range->request = (s3_request){.operation = "GetObject",
                                  .method = "GET",
                                  .bucket = o->bucket,
                                  .key = o->key,
                                  .query = o->query,
                                  .on_send = range_send,
                                  .on_head = range_head,
                                  .on_body = range_body,
                                  .on_check = range_check,
                                  .on_done = range_done,
                                  .ctx = range};
    s3_request_start(o->op.client, &range->request);
}
