/* Deletes one object, whatever its version. */
#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/operations/delete_object.h"

typedef struct delete_op {
    s3_simple_op simple;
    s3_delete_object removal;
} delete_op;

static void delete_free(op *p)
{
    s3_delete_object_cancel(&((delete_op *)p)->removal);
    s3_simple_free(p);
}

static const op_kind delete_kind = {.free = delete_free};

static void delete_done(void *ctx, const err *e)
{
    op_finish(ctx, e);
}

s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    delete_op *o = s3_simple_new(c, &delete_kind, sizeof *o, bucket, key, done, ctx);
    o->removal = (s3_delete_object){.client = c,
                                    .bucket = o->simple.bucket,
                                    .key = o->simple.key,
                                    .on_done = delete_done,
                                    .ctx = o};
    s3_delete_object_start(&o->removal);
    return op_started(&o->simple.op.base);
}
