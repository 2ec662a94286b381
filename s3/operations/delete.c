/* Deletes one object, whatever its version. */
#include "base/util.h"
#include "s3/operations/delete_object.h"

typedef struct delete_op {
    s3_op_base op;
    s3_delete_object removal;
    char *bucket, *key;
} delete_op;

static void delete_free(op *p)
{
    delete_op *o = (delete_op *)p;
    s3_delete_object_cancel(&o->removal);
    free(o->bucket);
    free(o->key);
    free(o);
}

static const op_kind delete_kind = {.free = delete_free};

static void delete_done(void *ctx, const err *e)
{
    op_finish(ctx, e);
}

s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    delete_op *o = s3_op_new(c, &delete_kind, sizeof *o);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->op.base.on_done = done;
    o->op.base.ctx = ctx;
    o->removal = (s3_delete_object){
        .client = c, .bucket = o->bucket, .key = o->key, .on_done = delete_done, .ctx = o};
    s3_delete_object_start(&o->removal);
    return op_started(&o->op.base);
}
