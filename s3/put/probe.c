/* Checks write permission for a key: starts a multipart upload and aborts it, which
 * leaves no object. */
#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/put/multipart.h"

#define QUERY_MAX_BYTES ((size_t)8192)

typedef struct probe_op {
    s3_op_base op;
    s3_request request;
    char *bucket, *key;
    char *upload_id;
    buf query;
} probe_op;

static void probe_free(op *p)
{
    probe_op *o = (probe_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->query);
    free(o->bucket);
    free(o->key);
    free(o->upload_id);
    free(o);
}

/* A started upload is aborted in any case. */
static void probe_cancel(op *p)
{
    probe_op *o = (probe_op *)p;
    if (!o->upload_id && o->request.state != S3_REQUEST_FLYING)
        op_finish(p, NULL);
}

static const op_kind probe_kind = {.cancel = probe_cancel, .free = probe_free};

static void abort_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    if (e && e->http_status != 404)
        log_warn("%s: an empty multipart upload remains until a lifecycle rule removes it",
                 e->message);
    op_finish(ctx, NULL);
}

static bool create_check(void *ctx, s3_request *r, err *e)
{
    probe_op *o = ctx;
    return s3_multipart_take_id(r, &o->upload_id, e);
}

static void create_done(void *ctx, s3_request *r, const err *e)
{
    probe_op *o = ctx;
    if (e) {
        op_finish(&o->op.base, e);
        return;
    }
    s3_request_cancel(r);
    buf_clear(&o->query);
    buf_append_str(&o->query, "uploadId=");
    s3_uri_encode(slice_from(o->upload_id), false, &o->query);
    o->request = (s3_request){.operation = "AbortMultipartUpload",
                              .method = "DELETE",
                              .bucket = o->bucket,
                              .key = o->key,
                              .query = buf_str(&o->query),
                              .on_done = abort_done,
                              .ctx = o};
    s3_request_start(o->op.client, &o->request);
}

s3_op *s3_probe_write(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    probe_op *o = s3_op_new(c, &probe_kind, sizeof *o);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->op.base.on_done = done;
    o->op.base.ctx = ctx;
    buf_init(&o->query, QUERY_MAX_BYTES);
    o->request = (s3_request){.operation = "CreateMultipartUpload",
                              .method = "POST",
                              .bucket = o->bucket,
                              .key = o->key,
                              .query = "uploads=",
                              .error_in_ok = true,
                              .on_check = create_check,
                              .on_done = create_done,
                              .ctx = o};
    s3_request_header(&o->request, "Content-Type", "binary/octet-stream");
    s3_request_start(c, &o->request);
    return op_started(&o->op.base);
}
