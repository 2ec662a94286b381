#include "s3/put/copy_source.h"

#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/xml.h"

#define TAGS_MAX_BYTES ((size_t)32 * 1024) /* 10 tags of 128 and 256 characters, percent-encoded */

void s3_copy_source_deinit(s3_copy_source *s)
{
    s3_request_cancel(&s->request);
    s3_headers_free(s->own);
    s3_fields_deinit(&s->fields);
    buf_deinit(&s->text);
    char *strings[] = {s->bucket, s->key, s->etag, s->tags, s->tag_key};
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

static bool append_tag(s3_copy_source *s, const char *value, err *e)
{
    if (!s->tag_key || !*s->tag_key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag without Key");
    if (s->text.len > 0)
        buf_append_char(&s->text, '&');
    s3_uri_encode(slice_from(s->tag_key), false, &s->text);
    buf_append_char(&s->text, '=');
    s3_uri_encode(slice_from(value), false, &s->text);
    free(move(s->tag_key));
    return true;
}

static bool take_tag(void *ctx, const char *path, const char *text, err *e)
{
    s3_copy_source *s = ctx;
    bool is_known = strcmp(path, "Tagging") == 0 || str_starts_with(path, "Tagging/TagSet");
    s->tags_whole = s->tags_whole && is_known;
    if (strcmp(path, "Tagging/TagSet/Tag/Value") == 0)
        return append_tag(s, text, e);
    if (strcmp(path, "Tagging/TagSet/Tag") == 0 && s->tag_key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag without Value");
    if (strcmp(path, "Tagging/TagSet/Tag/Key") != 0)
        return true;
    if (s->tag_key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag with two Keys");
    s->tag_key = xstrdup(text);
    return true;
}

static bool tags_check(void *ctx, s3_request *r, err *e)
{
    s3_copy_source *s = ctx;
    buf_clear(&s->text);
    free(move(s->tag_key));
    s->tags_whole = true;
    if (!s3_xml_read(buf_slice(&r->reply), take_tag, s, e)) {
        if (e->code == ERR_PARSE)
            e->cls = ERR_CLASS_RETRY;
        e->code = ERR_S3_REPLY;
        return false;
    }
    if (!s->tags_whole)
        return err_set(e, ERR_S3_REPLY, "the reply is not a Tagging with a TagSet");
    return !s->text.overflow ||
           err_set(e, ERR_S3_REPLY, "the reply has more tags than an object can have");
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
    } else if (!e && s->text.len > 0) {
        s->tags = buf_give(&s->text);
    }
    s->on_done(s->ctx, e);
}

void s3_copy_source_tags(s3_copy_source *s)
{
    free(move(s->tags));
    buf_deinit(&s->text);
    buf_init(&s->text, TAGS_MAX_BYTES);
    request_begin(s, "GetObjectTagging", "GET", tags_done);
    s->request.query = "tagging=";
    s->request.on_check = tags_check;
    s3_request_start(s->client, &s->request);
}
