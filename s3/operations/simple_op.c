/* Operations of one request: head, create and delete a bucket. */
#include "decon/s3/buckets.h"
#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/metadata.h"
#include "s3/protocol/xml.h"

#define NAME_MAX_BYTES ((size_t)8192)

typedef struct single_op {
    s3_op_base op;
    s3_request request;
    char *bucket, *key, *query;
    buf body; /* create */
    s3_head_done head_done;
    s3_object object; /* head; its strings are the next four */
    char *etag, *storage_class, *content_type;
    s3_fields metadata;
} single_op;

static void single_free(op *p)
{
    single_op *o = (single_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->body);
    s3_fields_deinit(&o->metadata);
    char *strings[] = {o->bucket, o->key, o->query, o->etag, o->storage_class, o->content_type};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static void head_report(op *p, const err *e)
{
    single_op *o = (single_op *)p;
    if (o->head_done)
        o->head_done(o->op.base.ctx, e ? NULL : &o->object, e);
}

static const op_kind single_kind = {.free = single_free};
static const op_kind head_kind = {.free = single_free, .report = head_report};

static void single_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    op_finish(ctx, e);
}

static single_op *single_new(s3_client *c, const op_kind *kind, const char *bucket, const char *key,
                             void *ctx)
{
    single_op *o = s3_op_new(c, kind, sizeof *o);
    buf_init(&o->body, NAME_MAX_BYTES);
    o->bucket = xstrdup(bucket);
    o->key = key ? xstrdup(key) : NULL;
    o->op.base.ctx = ctx;
    o->request = (s3_request){.bucket = o->bucket, .key = o->key, .on_done = single_done, .ctx = o};
    return o;
}

/* Replies of operations that create or delete a bucket have no body; some stores send XML. Pages
 * and text are not from a store. */
static bool bucket_check(void *ctx, s3_request *r, err *e)
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

static s3_op *single_start(single_op *o, const char *operation, const char *method)
{
    o->request.operation = operation;
    o->request.method = method;
    s3_request_start(o->op.client, &o->request);
    return op_started(&o->op.base);
}

/* --- head --- */

static void set_copy(char **to, const char *from)
{
    free(*to);
    *to = from ? xstrdup(from) : NULL;
}

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    single_op *o = ctx;
    const char *etag, *size;
    if (!s3_header_once(reply, "ETag", &etag, e) ||
        !s3_header_once(reply, "Content-Length", &size, e))
        return false;
    set_copy(&o->etag, s3_etag_is_present(etag) ? etag : NULL);
    set_copy(&o->storage_class, http_reply_header(reply, "x-amz-storage-class"));
    set_copy(&o->content_type, http_reply_header(reply, "Content-Type"));
    s3_fields_deinit(&o->metadata); /* of an earlier attempt */
    s3_fields_of_object(&o->metadata, reply);
    o->object = (s3_object){.key = o->key,
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
    /* A web page has a size too, and HEAD shows no text that would tell it from an object. */
    return o->etag || o->object.last_modified_s ||
           err_set(e, ERR_S3_REPLY,
                   "the reply has neither ETag nor Last-Modified, so it is not S3's; check the "
                   "endpoint, and proxies between here and the store");
}

static single_op *head_new(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                           void *ctx)
{
    single_op *o = single_new(c, &head_kind, bucket, key, ctx);
    o->head_done = done;
    o->request.on_head = head_take;
    return o;
}

s3_op *s3_head(s3_client *c, const char *bucket, const char *key, s3_head_done done, void *ctx)
{
    return single_start(head_new(c, bucket, key, done, ctx), "HeadObject", "HEAD");
}

s3_op *s3_head_checksum(s3_client *c, const char *bucket, const char *key, s3_head_done done,
                        void *ctx)
{
    single_op *o = head_new(c, bucket, key, done, ctx);
    if (c->integrity.ask)
        s3_request_header(&o->request, "x-amz-checksum-mode", "ENABLED");
    return single_start(o, "HeadObject", "HEAD");
}

s3_op *s3_head_version(s3_client *c, const char *bucket, const char *key, const char *version_id,
                       bool checksum, s3_head_done done, void *ctx)
{
    single_op *o = head_new(c, bucket, key, done, ctx);
    o->request.query = o->query = s3_version_query(version_id);
    if (checksum && c->integrity.ask)
        s3_request_header(&o->request, "x-amz-checksum-mode", "ENABLED");
    return single_start(o, "HeadObject", "HEAD");
}

/* --- head bucket, delete bucket --- */

static single_op *bucket_new(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    single_op *o = single_new(c, &single_kind, bucket, NULL, ctx);
    o->op.base.on_done = done;
    return o;
}

s3_op *s3_head_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    return single_start(bucket_new(c, bucket, done, ctx), "HeadBucket", "HEAD");
}

s3_op *s3_delete_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    single_op *o = bucket_new(c, bucket, done, ctx);
    o->request.on_check = bucket_check;
    o->request.error_in_ok = true;
    return single_start(o, "DeleteBucket", "DELETE");
}

/* --- create bucket --- */

s3_op *s3_create_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx)
{
    single_op *o = bucket_new(c, bucket, done, ctx);
    o->request.on_check = bucket_check;
    o->request.error_in_ok = true;
    const char *region = s3_client_region(c, bucket);
    if (strcmp(region, "us-east-1") != 0) { /* us-east-1 must not be specified */
        buf_printf(&o->body, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                             "2006-03-01/\"><LocationConstraint>");
        s3_xml_escape(slice_from(region), &o->body);
        buf_append_str(&o->body, "</LocationConstraint></CreateBucketConfiguration>");
        o->request.body = buf_slice(&o->body);
        s3_request_header(&o->request, "Content-Type", "application/xml");
    }
    return single_start(o, "CreateBucket", "PUT");
}
