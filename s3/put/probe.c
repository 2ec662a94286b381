/* Checks write permission for a key: starts a multipart upload and aborts it, which
 * leaves no object. */
#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/put/multipart.h"

typedef struct probe_op {
    s3_simple_op simple;
    char *upload_id;
} probe_op;

static void probe_free(op *p)
{
    free(((probe_op *)p)->upload_id);
    s3_simple_free(p);
}

/* A started upload is aborted in any case. */
static void probe_cancel(op *p)
{
    const probe_op *o = (const probe_op *)p;
    if (!o->upload_id && o->simple.request.state != S3_REQUEST_FLYING)
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
        op_finish(&o->simple.op.base, e);
        return;
    }
    buf_append_str(&o->simple.text, "uploadId=");
    s3_uri_encode(slice_from(o->upload_id), false, &o->simple.text);
    r = s3_simple_request(o, "AbortMultipartUpload", "DELETE");
    r->query = buf_str(&o->simple.text);
    r->on_done = abort_done;
    s3_simple_send(o);
}

s3_op *s3_probe_write(s3_client *c, const char *bucket, const char *key, s3_done done, void *ctx)
{
    probe_op *o = s3_simple_new(c, &probe_kind, sizeof *o, bucket, key, done, ctx);
    s3_request *r = s3_simple_request(o, "CreateMultipartUpload", "POST");
    r->query = "uploads=";
    r->error_in_ok = true;
    r->on_check = create_check;
    r->on_done = create_done;
    s3_request_header(r, "Content-Type", "binary/octet-stream");
    s3_simple_send(o);
    return op_started(&o->simple.op.base);
}
