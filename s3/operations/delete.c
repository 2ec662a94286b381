/* Deletes one object in any version, or one version. */
#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/operations/delete_object.h"
#include "s3/protocol/content_range.h"

typedef struct delete_op {
    s3_simple_op simple;
    s3_delete_object removal;
    char *query; /* of a version, or NULL */
} delete_op;

static void delete_free(op *p)
{
    delete_op *o = (delete_op *)p;
    s3_delete_object_cancel(&o->removal);
    free(o->query);
    s3_simple_free(p);
}

static const op_kind delete_kind = {.free = delete_free};

static void delete_done(void *ctx, const err *e)
{
    op_finish(ctx, e);
}

s3_op *s3_delete_version(s3_client *c, const char *bucket, const char *key, const char *version_id,
                         s3_done done, void *ctx)
{
    delete_op *o = s3_simple_new(c, &delete_kind, sizeof *o, bucket, key, done, ctx);
    o->query = s3_version_query(version_id);
    o->removal = (s3_delete_object){.client = c,
                                    .bucket = o->simple.bucket,
                                    .key = o->simple.key,
                                    .query = o->query,
                                    .on_done = delete_done,
                                    .ctx = o};
    s3_delete_object_start(&o->removal);
    return op_started(&o->simple.op.base);
}

s3_op *s3_delete(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    return s3_delete_version(c, bucket, key, NULL, done, ctx);
}
