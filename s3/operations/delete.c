/* One object removed, whatever its version. */
#include "base/util.h"
#include "s3/operations/delete_object.h"

typedef struct delete_op {
    s3_op op;
    s3_delete_object removal;
    char *bucket, *key;
    s3_done done;
    void *ctx;
} delete_op;

static void delete_free(s3_op *op)
{
    delete_op *o = (delete_op *)op;
    s3_delete_object_cancel(&o->removal);
    free(o->bucket);
    free(o->key);
    free(o);
}

static const s3_op_kind delete_kind = {.cancel = s3_op_end, .free = delete_free};

static void delete_done(void *ctx, const err *e)
{
    delete_op *o = ctx;
    if (o->done)
        o->done(o->ctx, e);
    s3_op_end(&o->op);
}

s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    delete_op *o = s3_op_new(c, &delete_kind, sizeof *o);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->done = done;
    o->ctx = ctx;
    o->removal = (s3_delete_object){
        .client = c, .bucket = o->bucket, .key = o->key, .on_done = delete_done, .ctx = o};
    s3_delete_object_start(&o->removal);
    return &o->op;
}
