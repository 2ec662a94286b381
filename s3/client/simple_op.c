#include "s3/client/simple_op.h"

#include "base/util.h"

#define TEXT_MAX_BYTES ((size_t)32 * 1024)

void *s3_simple_new(s3_client *c, const op_kind *kind, size_t size_bytes, const char *bucket,
                    const char *key, void (*done)(void *ctx, const err *e), void *ctx)
{
    s3_simple_op *o = s3_op_new(c, kind, size_bytes);
    buf_init(&o->text, TEXT_MAX_BYTES);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup_or_null(key);
    o->op.base.on_done = done;
    o->op.base.ctx = ctx;
    return o;
}

void s3_simple_free(op *p)
{
    s3_simple_op *o = (s3_simple_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->text);
    free(o->bucket);
    free(o->key);
    free(o);
}

static void request_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    op_finish(ctx, e);
}

s3_request *s3_simple_request(void *simple, const char *operation, const char *method)
{
    s3_simple_op *o = simple;
    s3_request_cancel(&o->request);
    o->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = o->bucket,
                              .key = o->key,
                              .on_done = request_done,
                              .ctx = o};
    return &o->request;
}

void s3_simple_send(void *simple)
{
    s3_simple_op *o = simple;
    s3_request_start(o->op.client, &o->request);
}

/* Replies to changes have no body; some stores send XML. Pages and text are not from a store. */
static bool change_check(void *ctx, s3_request *r, err *e)
{
    char text[S3_REPLY_TEXT_SIZE];
    UNUSED(ctx);
    int status = r->head.status;
    if (status != 200 && status != 201 && status != 204)
        return err_set(e, ERR_S3_REPLY, "status %d does not mean success of this operation",
                       status);
    s3_reply_text(buf_slice(&r->reply), text);
    return !text[0] || s3_reply_is_bare(&r->head, buf_slice(&r->reply), e);
}

void s3_simple_change(void *simple)
{
    s3_simple_op *o = simple;
    o->request.on_check = change_check;
    o->request.error_in_ok = true;
    s3_simple_send(o);
}

bool s3_simple_xml(void *simple, const buf *body)
{
    s3_simple_op *o = simple;
    uint8_t digest[MD5_BYTES];
    if (body->overflow)
        return false;
    o->request.body = buf_slice(body);
    md5(o->request.body, digest);
    base64_encode(digest, sizeof digest, o->md5_text);
    s3_request_header(&o->request, "Content-Type", "application/xml");
    s3_request_header(&o->request, "Content-MD5", o->md5_text);
    return true;
}
