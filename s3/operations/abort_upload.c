/* AbortMultipartUpload, confirmed: status 204, else a second request that reports NoSuchUpload. */
#include "decon/s3/uploads.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/client/client.h"

#define QUERY_MAX_BYTES ((size_t)32 * 1024)

typedef struct abort_op {
    s3_op_base op;
    s3_request request;
    char *bucket, *key;
    buf query;
    bool unsure, again; /* unsure: the reply does not confirm it; again: this is the second
                           request */
} abort_op;

static void abort_free(op *p)
{
    abort_op *o = (abort_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->query);
    free(o->bucket);
    free(o->key);
    free(o);
}

static const op_kind abort_kind = {.free = abort_free};

static bool abort_check(void *ctx, s3_request *r, err *e)
{
    abort_op *o = ctx;
    bool bare = s3_reply_is_bare(&r->head, buf_slice(&r->reply), e);
    o->unsure = !bare || r->head.status != 204;
    if (bare && o->unsure)
        (void)err_set(e, ERR_S3_REPLY, "status %d instead of 204", r->head.status);
    return !o->unsure;
}

static void abort_begin(abort_op *o);

static void abort_done(void *ctx, s3_request *r, const err *e)
{
    abort_op *o = ctx;
    UNUSED(r);
    if (e && o->unsure && !o->again) {
        o->again = true;
        abort_begin(o);
        return;
    }
    bool gone = e && strcmp(e->s3_code, "NoSuchUpload") == 0;
    op_finish(&o->op.base, gone ? NULL : e);
}

static void abort_begin(abort_op *o)
{
    s3_request_cancel(&o->request);
    o->unsure = false;
    o->request = (s3_request){.operation = "AbortMultipartUpload",
                              .method = "DELETE",
                              .bucket = o->bucket,
                              .key = o->key,
                              .query = buf_str(&o->query),
                              .error_in_ok = true,
                              .on_check = abort_check,
                              .on_done = abort_done,
                              .ctx = o};
    s3_request_start(o->op.client, &o->request);
}

s3_op *s3_abort_upload(s3_client *c, const char *bucket, const char *key, const char *upload_id,
                       s3_done done, void *ctx)
{
    abort_op *o = s3_op_new(c, &abort_kind, sizeof *o);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->op.base.on_done = done;
    o->op.base.ctx = ctx;
    buf_init(&o->query, QUERY_MAX_BYTES);
    buf_append_str(&o->query, "uploadId=");
    s3_uri_encode(slice_from(upload_id), false, &o->query);
    abort_begin(o);
    return op_started(&o->op.base);
}
