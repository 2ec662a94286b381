/* AbortMultipartUpload, confirmed: status 204, else a second request that reports NoSuchUpload. */
#include "decon/s3/uploads.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/client/simple_op.h"

typedef struct abort_op {
    s3_simple_op simple;
    bool unsure, again; /* unsure: the reply does not confirm it; again: this is the second
                           request */
} abort_op;

static const op_kind abort_kind = {.free = s3_simple_free};

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
    op_finish(&o->simple.op.base, gone ? NULL : e);
}

static void abort_begin(abort_op *o)
{
    o->unsure = false;
    s3_request *r = s3_simple_request(o, "AbortMultipartUpload", "DELETE");
    r->query = buf_str(&o->simple.text);
    r->error_in_ok = true;
    r->on_check = abort_check;
    r->on_done = abort_done;
    s3_simple_send(o);
}

s3_op *s3_abort_upload(s3_client *c, const char *bucket, const char *key, const char *upload_id,
                       s3_done done, void *ctx)
{
    abort_op *o = s3_simple_new(c, &abort_kind, sizeof *o, bucket, key, done, ctx);
    buf_append_str(&o->simple.text, "uploadId=");
    s3_uri_encode(slice_from(upload_id), false, &o->simple.text);
    abort_begin(o);
    return op_started(&o->simple.op.base);
}
