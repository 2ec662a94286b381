/* Operations of one request: head, create and delete a bucket. */
#include "decon/s3/buckets.h"
#include "s3/client/simple_op.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/metadata.h"
#include "s3/protocol/xml.h"

typedef struct head_op {
    s3_simple_op simple;
    s3_head_done done;
    s3_object object; /* its strings are the next four */
    char *etag, *storage_class, *content_type;
    s3_fields metadata;
    char *query; /* of a version, or NULL */
} head_op;

static const op_kind bucket_kind = {.free = s3_simple_free};

static s3_op *start(s3_simple_op *o)
{
    s3_simple_send(o);
    return op_started(&o->op.base);
}

/* --- head --- */

static void head_free(op *p)
{
    head_op *o = (head_op *)p;
    s3_fields_deinit(&o->metadata);
    free(o->etag);
    free(o->storage_class);
    free(o->content_type);
    free(o->query);
    s3_simple_free(p);
}

static void head_report(op *p, const err *e)
{
    const head_op *o = (const head_op *)p;
    if (o->done)
        o->done(p->ctx, e ? NULL : &o->object, e);
}

static const op_kind head_kind = {.free = head_free, .report = head_report};

static void set_copy(char **to, const char *from)
{
    free(*to);
    *to = from ? xstrdup(from) : NULL;
}

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    head_op *o = ctx;
    const char *etag, *size;
    if (!s3_header_once(reply, "ETag", &etag, e) ||
        !s3_header_once(reply, "Content-Length", &size, e))
        return false;
    set_copy(&o->etag, s3_etag_is_present(etag) ? etag : NULL);
    set_copy(&o->storage_class, http_reply_header(reply, "x-amz-storage-class"));
    set_copy(&o->content_type, http_reply_header(reply, "Content-Type"));
    s3_fields_deinit(&o->metadata); /* of an earlier attempt */
    s3_fields_of_object(&o->metadata, reply);
    o->object = (s3_object){.key = o->simple.key,
                            .etag = o->etag,
                            .storage_class = o->storage_class,
                            .content_type = o->content_type,
                            .metadata = o->metadata.items,
                            .metadata_count = o->metadata.count,
                            .checksum = s3_checksum_of_reply(reply)};
    if (!s3_when_parse(http_reply_header(reply, "Last-Modified"), &o->object.last_modified_s))
        o->object.last_modified_s = 0;
    if (!num_parse_u64(size, &o->object.size_bytes))
        return err_set(e, ERR_S3_REPLY, "Content-Length is missing in the reply");
    /* A web page has a size too, and HEAD shows no text that distinguishes it from an object. */
    return o->etag || o->object.last_modified_s ||
           err_set(e, ERR_S3_REPLY,
                   "the reply has neither ETag nor Last-Modified, so it is not S3's; check the "
                   "endpoint, and proxies between here and the store");
}

static head_op *head_new(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                         void *ctx)
{
    head_op *o = s3_simple_new(c, &head_kind, sizeof *o, bucket, key, NULL, ctx);
    o->done = done;
    s3_simple_request(o, "HeadObject", "HEAD")->on_head = head_take;
    return o;
}

s3_op *s3_head(s3_client *c, const char *bucket, const char *key, s3_head_done done, void *ctx)
{
    return start(&head_new(c, bucket, key, done, ctx)->simple);
}

s3_op *s3_head_checksum(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                        void *ctx)
{
    head_op *o = head_new(c, bucket, key, done, ctx);
    if (c->integrity.ask)
        s3_request_header(&o->simple.request, "x-amz-checksum-mode", "ENABLED");
    return start(&o->simple);
}

s3_op *s3_head_version(s3_client *c, const char *bucket, const char *key, const char *version_id,
                       bool checksum, s3_head_done done, void *ctx)
{
    head_op *o = head_new(c, bucket, key, done, ctx);
    o->simple.request.query = o->query = s3_version_query(version_id);
    if (checksum && c->integrity.ask)
        s3_request_header(&o->simple.request, "x-amz-checksum-mode", "ENABLED");
    return start(&o->simple);
}

/* --- buckets --- */

static s3_simple_op *bucket_new(s3_client *c, const char *bucket, const char *operation,
                                const char *method, s3_done done, void *ctx)
{
    s3_simple_op *o = s3_simple_new(c, &bucket_kind, sizeof *o, bucket, NULL, done, ctx);
    s3_simple_request(o, operation, method);
    return o;
}

s3_op *s3_head_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    return start(bucket_new(c, bucket, "HeadBucket", "HEAD", done, ctx));
}

static s3_op *change_start(s3_simple_op *o)
{
    s3_simple_change(o);
    return op_started(&o->op.base);
}

s3_op *s3_delete_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    return change_start(bucket_new(c, bucket, "DeleteBucket", "DELETE", done, ctx));
}

s3_op *s3_create_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    s3_simple_op *o = bucket_new(c, bucket, "CreateBucket", "PUT", done, ctx);
    const char *region = s3_client_region(c, bucket);
    if (strcmp(region, "us-east-1") != 0) { /* us-east-1 must not be specified */
        buf_printf(&o->text, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                             "2006-03-01/\"><LocationConstraint>");
        s3_xml_escape(slice_from(region), &o->text);
        buf_append_str(&o->text, "</LocationConstraint></CreateBucketConfiguration>");
        o->request.body = buf_slice(&o->text);
        s3_request_header(&o->request, "Content-Type", "application/xml");
    }
    return change_start(o);
}
