/* GetObject of some bytes of one object, passed on in order. */
#include "s3/client/client.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/etag.h"
#include "base/util.h"

/* An attempt continues after the bytes that were passed on, with If-Match: they are of one version. */
typedef struct slice_op {
    s3_op_base op;
    s3_get_slice_options options;
    s3_request request;
    char *bucket, *key, *query, *etag;
    bool placed;       /* from and to are known */
    uint64_t from, to; /* bytes [from, to) of the object */
    uint64_t got;      /* bytes that were passed on */
    char text[64];     /* value of Range */
} slice_op;

static void slice_free(op *p)
{
    slice_op *o = (slice_op *)p;
    s3_request_cancel(&o->request);
    free(o->bucket);
    free(o->key);
    free(o->query);
    free(o->etag);
    free(o);
}

static const op_kind slice_kind = {.free = slice_free};

static void set_range(slice_op *o)
{
    const s3_get_slice_options *w = &o->options;
    unsigned long long at = w->offset_bytes, len = w->len_bytes;
    if (o->placed)
        snprintf(o->text, sizeof o->text, "bytes=%llu-%llu", (unsigned long long)o->from + o->got,
                 (unsigned long long)o->to - 1);
    else if (w->from_end)
        snprintf(o->text, sizeof o->text, "bytes=-%llu", len);
    else if (len == 0)
        snprintf(o->text, sizeof o->text, "bytes=%llu-", at);
    else
        snprintf(o->text, sizeof o->text, "bytes=%llu-%llu", at, at + len - 1);
}

static void slice_send(void *ctx, s3_request *r)
{
    slice_op *o = ctx;
    r->header_count = 0;
    set_range(o);
    s3_request_header(r, "Range", o->text);
    if (o->etag)
        s3_request_header(r, "If-Match", o->etag);
}

static bool check_version(slice_op *o, const http_reply *reply, err *e)
{
    const char *etag;
    if (!s3_header_once(reply, "ETag", &etag, e))
        return false;
    if (o->etag && !s3_etag_equal(o->etag, etag))
        return err_set(e, ERR_S3_CHANGED, "GetObject: the object was replaced (ETag %s)",
                       etag ? etag : "missing");
    if (!o->etag && s3_etag_is_present(etag))
        o->etag = xstrdup(etag);
    return true;
}

static bool slice_head(void *ctx, const http_reply *reply, err *e)
{
    slice_op *o = ctx;
    s3_content_range place = {0};
    const char *text;
    if (!s3_header_once(reply, "Content-Range", &text, e) || !check_version(o, reply, e))
        return false;
    if (!text)
        return err_set(e, ERR_S3_REPLY, "GetObject: the store ignored the Range header");
    if (!s3_content_range_parse(text, &place))
        return err_set(e, ERR_S3_REPLY, "GetObject: Content-Range is '%.64s' in the reply", text);
    bool expected = o->placed ? place.from == o->from + o->got && place.to == o->to
                              : o->options.from_end || place.from == o->options.offset_bytes;
    if (!expected)
        return err_set(e, ERR_S3_REPLY,
                       "GetObject: the reply has another range than requested (%s)", text);
    if (!o->placed) {
        o->from = place.from;
        o->to = place.to;
        o->placed = true;
    }
    return true;
}

static bool slice_body(void *ctx, slice data, err *e)
{
    slice_op *o = ctx;
    if (data.len > o->to - o->from - o->got)
        return err_set(e, ERR_S3_REPLY, "GetObject: received more bytes than requested");
    if (!o->options.on_data(o->op.base.ctx, data, e))
        return false;
    o->got += data.len;
    return true;
}

static bool slice_check(void *ctx, s3_request *r, err *e)
{
    const slice_op *o = ctx;
    UNUSED(r);
    return o->got == o->to - o->from ||
           err_set(e, ERR_TRUNCATED, "GetObject: received %llu of %llu bytes",
                   (unsigned long long)o->got, (unsigned long long)(o->to - o->from));
}

static void slice_done(void *ctx, s3_request *r, const err *e)
{
    slice_op *o = ctx;
    UNUSED(r);
    /* A connection that broke after the last byte: nothing is left to request. */
    bool complete = o->placed && o->got == o->to - o->from;
    op_finish(&o->op.base, complete ? NULL : e);
}

s3_op *s3_get_slice(s3_client *c, const s3_get_slice_options *options)
{
    slice_op *o = s3_op_new(c, &slice_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    o->key = xstrdup(options->key);
    o->query = s3_version_query(options->version_id);
    o->op.base.on_done = options->on_done;
    o->op.base.ctx = options->ctx;
    o->request = (s3_request){.operation = "GetObject",
                              .method = "GET",
                              .bucket = o->bucket,
                              .key = o->key,
                              .query = o->query,
                              .on_send = slice_send,
                              .on_head = slice_head,
                              .on_body = slice_body,
                              .on_check = slice_check,
                              .on_done = slice_done,
                              .ctx = o};
    s3_request_start(c, &o->request);
    return op_started(&o->op.base);
}
