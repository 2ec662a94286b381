#include "decon/s3/presign.h"

#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/content_range.h"

#define URL_MAX_BYTES   ((size_t)64 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)

static void add_encoded(buf *query, const char *name, const char *value)
{
    buf_printf(query, "&%s=", name);
    s3_uri_encode(slice_from(value), false, query);
}

bool s3_presign_url(const s3_presign_request *request, const s3_keys *keys, buf *out, err *e)
{
    AUTO(buf) query = BUF(QUERY_MAX_BYTES);
    char signature[S3_HASH_SIZE];
    if (request->expires_s < 1 || request->expires_s > S3_PRESIGN_MAX_S)
        return err_set(e, ERR_USAGE,
                       "the lifetime of a presigned URL is 1 second to 7 days, not %u seconds",
                       request->expires_s);
    AUTO_FREE char *credential = xasprintf("%s/%.8s/%s/s3/aws4_request", keys->access_key_id,
                                           request->amz_date, request->region);
    buf_append_str(&query, "X-Amz-Algorithm=" S3_SIGN_ALGORITHM);
    add_encoded(&query, "X-Amz-Credential", credential);
    add_encoded(&query, "X-Amz-Date", request->amz_date);
    buf_printf(&query, "&X-Amz-Expires=%u", request->expires_s);
    if (keys->session_token)
        add_encoded(&query, "X-Amz-Security-Token", keys->session_token);
    buf_append_str(&query, "&X-Amz-SignedHeaders=host");
    if (request->query)
        buf_printf(&query, "&%s", request->query);
    const http_header host = {"Host", request->host};
    s3_sign_request to_sign = {.method = request->method,
                               .path = request->path,
                               .query = buf_slice(&query),
                               .headers = &host,
                               .header_count = 1,
                               .payload_hash = S3_UNSIGNED,
                               .amz_date = request->amz_date,
                               .region = request->region,
                               .service = "s3"};
    if (!s3_sign_signature(&to_sign, keys->secret_access_key, signature, e))
        return false;
    buf_printf(out, "%s?%s&X-Amz-Signature=%s", request->url, buf_str(&query), signature);
    return (!out->overflow && !query.overflow) ||
           err_set(e, ERR_LIMIT, "the presigned URL exceeds %zu bytes", out->max_bytes);
}

/* --- with a client's keys --- */

typedef struct presign_op {
    s3_op_base op;
    s3_request request; /* waits for keys; is not sent */
    char *bucket, *key, *method;
    char *query; /* of a version, or NULL */
    unsigned expires_s;
    buf url;
    s3_presign_done done;
    void *ctx;
} presign_op;

static void presign_free(op *p)
{
    presign_op *o = (presign_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->url);
    free(o->bucket);
    free(o->key);
    free(o->method);
    free(o->query);
    free(o);
}

static void presign_report(op *p, const err *e)
{
    presign_op *o = (presign_op *)p;
    if (e)
        o->done(o->ctx, NULL, 0, e);
    else
        o->done(o->ctx, buf_str(&o->url), o->op.client->credentials.expires_s, NULL);
}

static const op_kind presign_kind = {.free = presign_free, .report = presign_report};

static void presign_failed(void *ctx, s3_request *r, const err *e)
{
    presign_op *o = ctx;
    UNUSED(r);
    op_finish(&o->op.base, e);
}

static bool make_url(presign_op *o, const s3_keys *keys, err *e)
{
    const s3_client *c = o->op.client;
    const char *region = s3_client_region(c, o->bucket);
    char date[S3_DATE_SIZE];
    AUTO(s3_target) target = {0};
    s3_sign_date(clock_wall_s(c->t) + c->endpoint.clock_offset_s, date);
    s3_endpoint_target(&c->endpoint, region, o->bucket, o->key, NULL, &target);
    s3_presign_request request = {.method = o->method,
                                  .url = target.url,
                                  .query = o->query,
                                  .host = target.host,
                                  .path = target.path,
                                  .region = region,
                                  .amz_date = date,
                                  .expires_s = o->expires_s};
    return s3_presign_url(&request, keys, &o->url, e);
}

static void presign_keys(void *ctx, const s3_keys *keys)
{
    presign_op *o = ctx;
    err e = ERR_INIT;
    bool ok = keys ? make_url(o, keys, &e)
                   : err_set(&e, ERR_USAGE, "a URL cannot be signed without credentials");
    op_finish(&o->op.base, ok ? NULL : &e);
}

s3_op *s3_presign_version(s3_client *c, const char *method, const char *bucket, const char *key,
                          const char *version_id, unsigned expires_s, s3_presign_done done,
                          void *ctx)
{
    presign_op *o = s3_op_new(c, &presign_kind, sizeof *o);
    buf_init(&o->url, URL_MAX_BYTES);
    o->bucket = xstrdup(bucket);
    o->key = xstrdup(key);
    o->method = xstrdup(method);
    o->query = s3_version_query(version_id);
    o->expires_s = expires_s;
    o->done = done;
    o->ctx = ctx;
    o->request = (s3_request){.operation = "presign",
                              .method = o->method,
                              .bucket = o->bucket,
                              .key = o->key,
                              .on_keys = presign_keys,
                              .on_done = presign_failed,
                              .ctx = o};
    s3_request_start(c, &o->request);
    return op_started(&o->op.base);
}

s3_op *s3_presign(s3_client *c, const char *method, const char *bucket, const char *key,
                  unsigned expires_s, s3_presign_done done, void *ctx)
{
    return s3_presign_version(c, method, bucket, key, NULL, expires_s, done, ctx);
}
