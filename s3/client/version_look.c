#include "base/util.h"
#include "s3/client/version_look.h"

#include "s3/protocol/etag.h"

static bool look_head(void *ctx, const http_reply *reply, err *e)
{
    s3_version_look *v = ctx;
    err missing = ERR_INIT;
    v->same = s3_etag_equal(s3_etag_of_reply(reply, &missing), v->etag);
    return err_set(e, ERR_CANCELLED, "the headers are enough");
}

static void look_done(void *ctx, s3_request *r, const err *e)
{
    s3_version_look *v = ctx;
    UNUSED(r);
    bool came = !e || e->code == ERR_CANCELLED;
    v->on_done(v->ctx, came && v->same, came ? NULL : e);
}

void s3_version_look_start(s3_version_look *v)
{
    v->same = false;
    v->request = (s3_request){.operation = "GetObject",
                              .method = "GET",
                              .bucket = v->bucket,
                              .key = v->key,
                              .query = v->query,
                              .object_headers = v->headers,
                              .on_head = look_head,
                              .on_done = look_done,
                              .ctx = v};
    s3_request_start(v->client, &v->request);
}

void s3_version_look_cancel(s3_version_look *v)
{
    s3_request_cancel(&v->request);
}
