/* GetObjectTagging, PutObjectTagging, DeleteObjectTagging. */
#include "decon/s3/tags.h"

#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/tags.h"
#include "s3/protocol/xml.h"

/* S3_TAGS_MAX tags of 128 and 256 characters, each `&quot;` */
#define BODY_MAX_BYTES ((size_t)32 * 1024)

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
    return s3_tags_read(buf_slice(&r->reply), r->head.request_id[0], &o->tags, e);
}

static const char *tagging_query(s3_simple_op *o, const char *version_id)
{
    AUTO_FREE char *version = s3_version_query(version_id);
    buf_printf(&o->text, "tagging=%s%s", version ? "&" : "", version ? version : "");
    return buf_str(&o->text);
}

s3_op *s3_get_tags(s3_client *c, const char *bucket, const char *key, const char *version_id,
                   s3_tags_done done, void *ctx)
{
    tags_op *o = s3_simple_new(c, &tags_kind, sizeof *o, bucket, key, NULL, ctx);
    o->done = done;
    s3_request *r = s3_simple_request(o, "GetObjectTagging", "GET");
    r->query = tagging_query(&o->simple, version_id);
    r->on_check = tags_check;
    s3_simple_send(o);
    return op_started(&o->simple.op.base);
}

/* --- changes --- */

typedef struct retag_op {
    s3_simple_op simple;
    buf body;
} retag_op;

static void retag_free(op *p)
{
    retag_op *o = (retag_op *)p;
    s3_request_cancel(&o->simple.request); /* it may send the body */
    buf_deinit(&o->body);
    s3_simple_free(p);
}

static const op_kind retag_kind = {.free = retag_free};

static void append_tags(const s3_tag *tags, size_t count, buf *out)
{
    buf_append_str(out, "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>");
    for (size_t i = 0; i < count; i++) {
        buf_append_str(out, "<Tag><Key>");
        s3_xml_escape(slice_from(tags[i].key), out);
        buf_append_str(out, "</Key><Value>");
        s3_xml_escape(slice_from(tags[i].value), out);
        buf_append_str(out, "</Value></Tag>");
    }
    buf_append_str(out, "</TagSet></Tagging>");
}

s3_op *s3_set_tags(s3_client *c, const char *bucket, const char *key, const char *version_id,
                   const s3_tag *tags, size_t count, s3_done done, void *ctx)
{
    err e = ERR_INIT;
    retag_op *o = s3_simple_new(c, &retag_kind, sizeof *o, bucket, key, done, ctx);
    buf_init(&o->body, BODY_MAX_BYTES);
    s3_request *r = s3_simple_request(o, count > 0 ? "PutObjectTagging" : "DeleteObjectTagging",
                                      count > 0 ? "PUT" : "DELETE");
    r->query = tagging_query(&o->simple, version_id);
    if (count > 0)
        append_tags(tags, count, &o->body);
    if (count == 0 || s3_simple_xml(o, &o->body)) {
        s3_simple_change(o);
    } else {
        err_set(&e, ERR_USAGE, "PutObjectTagging: these are more tags than an object can have");
        s3_name_error(&e, bucket, key);
        op_finish(&o->simple.op.base, &e);
    }
    return op_started(&o->simple.op.base);
}
