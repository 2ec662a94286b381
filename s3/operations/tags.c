/* GetObjectTagging. */
#include "decon/s3/tags.h"

#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/tags.h"

typedef struct tags_op {
    s3_simple_op simple;
    s3_tags_done done;
    s3_tags tags;
} tags_op;

static void tags_free(op *p)
{
    s3_tags_deinit(&((tags_op *)p)->tags);
    s3_simple_free(p);
}

static void tags_report(op *p, const err *e)
{
    const tags_op *o = (const tags_op *)p;
    o->done(p->ctx, e ? NULL : o->tags.items, e ? 0 : o->tags.count, e);
}

static const op_kind tags_kind = {.free = tags_free, .report = tags_report};

static bool tags_check(void *ctx, s3_request *r, err *e)
{
    tags_op *o = ctx;
    return s3_tags_read(buf_slice(&r->reply), &o->tags, e);
}

s3_op *s3_get_tags(s3_client *c, const char *bucket, const char *key, const char *version_id,
                   s3_tags_done done, void *ctx)
{
    tags_op *o = s3_simple_new(c, &tags_kind, sizeof *o, bucket, key, NULL, ctx);
    o->done = done;
    AUTO_FREE char *version = s3_version_query(version_id);
    buf_printf(&o->simple.text, "tagging=%s%s", version ? "&" : "", version ? version : "");
    s3_request *r = s3_simple_request(o, "GetObjectTagging", "GET");
    r->query = buf_str(&o->simple.text);
    r->on_check = tags_check;
    s3_simple_send(o);
    return op_started(&o->simple.op.base);
}
