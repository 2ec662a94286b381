#include "s3/operations/delete_object.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/protocol/etag.h"

/* state    request        next
 * REMOVE   DeleteObject   end with status 204 or an error; else LOOK
 * LOOK     HeadObject     end if there is no object, or another version; else REMOVE after a pause,
 *                         twice */

#define UNPROVEN_MAX 3 /* DeleteObject requests after which the object still existed */
#define PAUSE_CAP_MS 20000

static void remove_begin(s3_delete_object *d);

static void request_begin(s3_delete_object *d, const char *operation, const char *method,
                          void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&d->request);
    d->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = d->bucket,
                              .key = d->key,
                              .query = d->query,
                              .on_done = on_done,
                              .ctx = d};
}

/* --- LOOK --- */

static void not_proven(s3_delete_object *d, const char *why)
{
    err e = d->doubt;
    err_append(&e, "; HeadObject: %s", why);
    e.code = ERR_S3_REPLY;
    e.cls = ERR_CLASS_ITEM;
    d->on_done(d->ctx, &e);
}

static void pause_over(void *ctx)
{
    s3_delete_object *d = ctx;
    d->pause = NULL;
    remove_begin(d);
}

static void still_there(s3_delete_object *d)
{
    s3_client *c = d->client;
    if (++d->unproven >= UNPROVEN_MAX) {
        not_proven(d, "the object still exists");
        return;
    }
    d->pause = timer_start(
        c->t, s3_backoff_ms(c->retry_base_ms, d->unproven, PAUSE_CAP_MS, transport_random(c->t)),
        pause_over, d);
}

static bool look_head(void *ctx, const http_reply *reply, err *e)
{
    s3_delete_object *d = ctx;
    UNUSED(e);
    const char *etag = http_reply_header(reply, "ETag");
    d->another = d->etag && s3_etag_is_present(etag) && !s3_etag_equal(etag, d->etag);
    return true;
}

static void look_done(void *ctx, s3_request *r, const err *e)
{
    s3_delete_object *d = ctx;
    UNUSED(r);
    if (e && e->code != ERR_S3_NOT_FOUND) {
        not_proven(d, err_cause(e));
    } else if (e || d->another) {
        d->on_done(d->ctx, NULL);
    } else {
        still_there(d);
    }
}

static void look_begin(s3_delete_object *d)
{
    d->another = false;
    request_begin(d, "HeadObject", "HEAD", look_done);
    d->request.on_head = look_head;
    s3_request_start(d->client, &d->request);
}

/* --- REMOVE --- */

static bool remove_check(void *ctx, s3_request *r, err *e)
{
    s3_delete_object *d = ctx;
    d->unsure = !s3_reply_is_bare(&r->head, buf_slice(&r->reply), e) ||
                (r->head.status != 204 &&
                 !err_set(e, ERR_S3_REPLY, "status %d instead of 204", r->head.status));
    return !d->unsure;
}

static void remove_done(void *ctx, s3_request *r, const err *e)
{
    s3_delete_object *d = ctx;
    d->tried = d->tried || s3_was_tried_before(r);
    if (e && d->unsure) {
        d->doubt = *e;
        d->tried = true;
        look_begin(d);
    } else {
        d->on_done(d->ctx, e);
    }
}

static void remove_begin(s3_delete_object *d)
{
    d->unsure = false;
    request_begin(d, "DeleteObject", "DELETE", remove_done);
    d->request.error_in_ok = true;
    d->request.on_check = remove_check;
    s3_request_header(&d->request, "If-Match", d->if_match);
    s3_request_start(d->client, &d->request);
}

void s3_delete_object_start(s3_delete_object *d)
{
    d->tried = false;
    d->unproven = 0;
    remove_begin(d);
}

void s3_delete_object_cancel(s3_delete_object *d)
{
    s3_request_cancel(&d->request);
    if (d->client)
        timer_stop(d->client->t, d->pause);
    d->pause = NULL;
}
