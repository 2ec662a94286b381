#include "s3/put/copy_source.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/tags.h"

void s3_copy_source_deinit(s3_copy_source *s)
{
    s3_request_cancel(&s->request);
    s3_headers_free(s->own);
    s3_fields_deinit(&s->fields);
    char *strings[] = {s->bucket, s->key, s->etag, s->tags, s->version_query, s->query};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    *s = (s3_copy_source){0};
}

static void request_begin(s3_copy_source *s, const char *operation, const char *method,
                          void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&s->request);
    s->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = s->bucket,
                              .key = s->key,
                              .query = s->version_query,
                              .on_done = on_done,
                              .ctx = s};
}

/* --- HeadObject --- */

static s3_headers *headers_of_source(const s3_copy_source *s)
{
    s3_headers *h = s3_headers_copy(s->headers ? s->headers : s->client->headers);
    free(h->customer_key);
    free(h->customer_md5);
    h->customer_key = move(h->source_key);
    h->customer_md5 = move(h->source_md5);
    free(h->bucket_owner);
    h->bucket_owner = xstrdup_or_null(h->source_owner);
    return h;
}

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    s3_copy_source *s = ctx;
    const char *size, *etag = s3_etag_of_reply(reply, e);
    if (!etag || !s3_header_once(reply, "Content-Length", &size, e))
        return false;
    if (!num_parse_u64(size, &s->size))
        return err_set(e, ERR_S3_REPLY, "Content-Length is missing in the reply");
    if (s->etag && !s3_etag_equal(s->etag, etag))
        return err_set(e, ERR_S3_CHANGED, "the object was replaced (ETag %s)", etag);
    if (!s->etag)
        s->etag = xstrdup(etag);
    s->checksum = s3_checksum_of_reply(reply);
    s3_fields_deinit(&s->fields); /* of an earlier attempt */
    s3_fields_of_reply(&s->fields, reply);
    return true;
}

static void head_done(void *ctx, s3_request *r, const err *e)
{
    const s3_copy_source *s = ctx;
    UNUSED(r);
    s->on_done(s->ctx, e);
}

void s3_copy_source_look(s3_copy_source *s)
{
    s3_headers_free(s->own);
    s->own = headers_of_source(s);
    request_begin(s, "HeadObject", "HEAD", head_done);
    s->request.object_headers = s->own;
    s->request.on_head = head_take;
    if (s->client->integrity.ask)
        s3_request_header(&s->request, "x-amz-checksum-mode", "ENABLED");
    s3_request_start(s->client, &s->request);
}

/* --- GetObjectTagging --- */

static bool tags_check(void *ctx, s3_request *r, err *e)
{
    s3_copy_source *s = ctx;
    AUTO(s3_tags) tags = {0};
    if (!s3_tags_read(buf_slice(&r->reply), r->head.request_id[0], &tags, e))
        return false;
    free(s->tags);
    s->tags = s3_tags_text(&tags);
    return true;
}

static bool are_not_to_be_had(const err *e)
{
    return e->http_status == 403 || e->http_status == 405 || e->http_status == 501 ||
           strcmp(e->s3_code, "NotImplemented") == 0;
}

void s3_copy_source_no_tags(s3_client *c, const err *e)
{
    if (!c->told_of_tags)
        log_warn("%s: copies above 5 GiB do not include tags", e->message);
    c->told_of_tags = true;
}

static void tags_done(void *ctx, s3_request *r, const err *e)
{
    s3_copy_source *s = ctx;
    UNUSED(r);
    if (e && are_not_to_be_had(e)) {
        s3_copy_source_no_tags(s->client, e);
        e = NULL;
    } else if (!e && s->tags && !*s->tags) {
        free(move(s->tags));
    }
    s->on_done(s->ctx, e);
}

void s3_copy_source_tags(s3_copy_source *s)
{
    const char *version = s->version_query;
    free(move(s->tags));
    free(s->query);
    s->query = xasprintf("tagging=%s%s", version ? "&" : "", version ? version : "");
    request_begin(s, "GetObjectTagging", "GET", tags_done);
    s->request.query = s->query;
    s->request.on_check = tags_check;
    s3_request_start(s->client, &s->request);
}
