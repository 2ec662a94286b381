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
