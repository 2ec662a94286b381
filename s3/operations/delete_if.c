/* One object removed, if it is still the version that the caller knows. */
#include "decon/base/log.h"
#include "s3/client/client.h"

/* state    request                        next
 * CHECK    HeadObject (not at AWS, which  REMOVE, where the ETag is the same; the end, where it is
 *          takes If-Match for sure)       another one, or the object is gone
 * REMOVE   DeleteObject with If-Match     end; CHECK, where the store refuses that header, or where
 *                                         a 412 may speak of a try of ours whose reply was lost
 * A store that ignores If-Match leaves the moment between the two requests; a store that refuses it is
 * not asked for it again. */

typedef struct delete_op {
    s3_op op;
    s3_request request;
    char *bucket, *key, *etag;
    bool refused; /* 412: CHECK tells whether it is gone or another one */
    s3_done done;
    void *ctx;
} delete_op;

static void delete_free(s3_op *op)
{
    delete_op *o = (delete_op *)op;
    s3_request_cancel(&o->request);
    free(o->bucket);
    free(o->key);
    free(o->etag);
    free(o);
}

static const s3_op_kind delete_kind = {.cancel = s3_op_end, .free = delete_free};

static void delete_end(delete_op *o, const err *e)
{
    o->done(o->ctx, e);
    s3_op_end(&o->op);
}

static void request_begin(delete_op *o, const char *operation, const char *method,
                          void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&o->request);
    o->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = o->bucket,
                              .key = o->key,
                              .on_done = on_done,
                              .ctx = o};
}

static void check_begin(delete_op *o);

/* --- REMOVE --- */

static bool refuses_condition(const err *e)
{
    return e && (e->http_status == 501 || strcmp(e->s3_code, "NotImplemented") == 0 ||
                 (e->http_status == 400 && strncmp(e->s3_code, "Invalid", 7) == 0));
}

static void remove_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    if (!e || e->code == ERR_S3_NOT_FOUND) {
        delete_end(o, NULL); /* gone: that is what was wanted */
    } else if (refuses_condition(e) && !o->op.client->no_conditional_delete) {
        log_info("%s: the store does not take If-Match here: objects are looked at before",
                 e->message);
        o->op.client->no_conditional_delete = true;
        check_begin(o);
    } else if (e->http_status == 412 && s3_was_tried_before(r)) {
        o->refused = true;
        check_begin(o);
    } else {
        delete_end(o, e);
    }
}

static void remove_begin(delete_op *o)
{
    request_begin(o, "DeleteObject", "DELETE", remove_done);
    if (!o->op.client->no_conditional_delete)
        s3_request_header(&o->request, "If-Match", o->etag);
    s3_request_start(o->op.client, &o->request);
}

/* --- CHECK --- */

static bool check_head(void *ctx, const http_reply *reply, err *e)
{
    const delete_op *o = ctx;
    const char *etag = http_reply_header(reply, "ETag");
    if (etag && strcmp(etag, o->etag) == 0 && !o->refused)
        return true;
    return err_set(e, ERR_S3_CHANGED, "the object is another one now (ETag %s); it was not removed",
                   etag ? etag : "missing");
}

static void check_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    UNUSED(r);
    if (!e)
        remove_begin(o);
    else
        delete_end(o, e->code == ERR_S3_NOT_FOUND ? NULL : e);
}

static void check_begin(delete_op *o)
{
    request_begin(o, "HeadObject", "HEAD", check_done);
    o->request.on_head = check_head;
    s3_request_start(o->op.client, &o->request);
}

s3_op *s3_delete_if(s3_client *c, const char *bucket, const char *key, const char *etag,
                    s3_done done, void *ctx)
{
    delete_op *o = s3_op_new(c, &delete_kind, sizeof *o);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->etag = xstrdup(etag);
    o->done = done;
    o->ctx = ctx;
    if (c->endpoint.custom || c->no_conditional_delete)
        check_begin(o);
    else
        remove_begin(o);
    return &o->op;
}
