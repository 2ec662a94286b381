/* HeadObject, when a reply of GetObject leaves the object's version or size open. */
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/get/get_op.h"
#include "s3/protocol/etag.h"

/* reason            result of HeadObject                  next
 * If-Match refused  the ETag of the ranges                If-Match is not sent any more to this store;
 *                                                         ETags of replies are compared instead
 *                   another ETag, or an error             the object changed (get_changed)
 * no Content-Length the size                              the range again, with the size known
 *                   no size, or an error                  the download fails                         */

bool get_look_is_conditional(const get_op *o)
{
    return o->etag && !s3_etag_is_weak(o->etag) && !o->op.client->no_if_match;
}

get_look_reason get_look_wanted(const get_op *o, const err *e)
{
    if (e->http_status == 412 && o->etag && !o->op.client->if_match_works)
        return GET_LOOK_MATCH;
    return o->look_reason == GET_LOOK_SIZE ? GET_LOOK_SIZE : GET_LOOK_NONE;
}

static void ranges_again(get_op *o)
{
    LIST_EACH (range, &o->ranges, get_range, link)
        if (range->waits)
            get_range_again(range);
}

static bool look_head(void *ctx, const http_reply *reply, err *e)
{
    get_op *o = ctx;
    uint64_t size = 0;
    const char *etag, *text;
    if (!s3_header_once(reply, "ETag", &etag, e) ||
        !s3_header_once(reply, "Content-Length", &text, e))
        return false;
    if (!num_parse_u64(text, &size))
        return err_set(e, ERR_S3_REPLY, "Content-Length is missing in the reply");
    if (o->look_reason == GET_LOOK_MATCH && !s3_etag_equal(etag, o->etag))
        return err_set(e, ERR_S3_CHANGED, "the object was replaced (ETag %s)",
                       etag ? etag : "missing");
    return get_pin(o, reply, size, e);
}

static void unusable_if_match(get_op *o)
{
    s3_client *c = o->op.client;
    if (!c->no_if_match)
        log_warn("%s: HeadObject shows the same ETag: If-Match is unusable in this store; ETags of "
                 "replies are compared instead",
                 o->look_error.message);
    c->no_if_match = true;
}

static void look_done(void *ctx, s3_request *r, const err *e)
{
    get_op *o = ctx;
    UNUSED(r);
    get_look_reason reason = o->look_reason;
    o->look_reason = GET_LOOK_NONE;
    if (!e) {
        if (reason == GET_LOOK_MATCH)
            unusable_if_match(o);
        o->size_known = true;
        ranges_again(o);
        return;
    }
    err last = o->look_error;
    if (reason == GET_LOOK_MATCH) {
        get_changed(o, &last);
        return;
    }
    err_append(&last, "; HeadObject: %s", err_cause(e));
    last.code = e->code == ERR_S3_CHANGED ? ERR_S3_CHANGED : ERR_S3_REPLY;
    get_fail(o, &last);
}

void get_look_begin(get_op *o, get_range *range, get_look_reason reason, const err *e)
{
    range->waits = true;
    if (o->look.state != S3_REQUEST_IDLE)
        return;
    s3_request_cancel(&o->look);
    o->look_reason = reason;
    o->look_error = *e;
    o->look = (s3_request){.operation = "HeadObject",
                           .method = "HEAD",
                           .bucket = o->bucket,
                           .key = o->key,
                           .query = o->query,
                           .on_head = look_head,
                           .on_done = look_done,
                           .ctx = o};
    s3_request_start(o->op.client, &o->look);
}

void get_look_cancel(get_op *o)
{
    s3_request_cancel(&o->look);
    o->look_reason = GET_LOOK_NONE;
}
