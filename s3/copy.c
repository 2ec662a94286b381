/* One object across, inside the store: CopyObject, or UploadPartCopy side by side beyond 5 GiB. */
#include <strings.h>

#include "s3/multipart.h"
#include "s3/uri.h"
#include "s3/xml.h"

/* state   request                                             next
 * COPY    CopyObject (not where the size is known to be       end; HEAD where the store says that
 *         over 5 GiB)                                         the source is too large for it
 * HEAD    HeadObject of the source: size, ETag, what is       PARTS
 *         told of the object besides
 * PARTS   s3/multipart.c over ranges of the source            end
 * Every part is pinned to the source's ETag, so that a copy is never put together from two
 * versions. */

#define COPY_MAX_BYTES   ((uint64_t)5 << 30)
#define PART_BYTES       ((uint64_t)128 << 20) /* the store moves them, not we */
#define SOURCE_MAX_BYTES ((size_t)8192)
#define CONFLICTS_MAX    3

typedef struct copy_op {
    s3_op op;
    s3_copy_options options;
    char *from_bucket, *from_key, *etag, *bucket, *key, *if_none_match;
    char *source;               /* x-amz-copy-source */
    s3_headers *headers;        /* NULL: the client's */
    s3_headers *source_headers; /* of HEAD: a customer's key is that of the source */
    s3_request request;         /* COPY, HEAD */
    bool cancelled, in_parts, again;
    unsigned conflicts;
    uint64_t size;
    http_header *kept; /* of the source, for the copy; both strings are ours */
    size_t kept_count;
    s3_multipart parts;
} copy_op;

static void drop_kept(copy_op *o)
{
    for (size_t i = 0; i < o->kept_count; i++) {
        free((char *)o->kept[i].name);
        free((char *)o->kept[i].value);
    }
    free(move(o->kept));
    o->kept_count = 0;
}

static void copy_free(s3_op *op)
{
    copy_op *o = (copy_op *)op;
    s3_request_cancel(&o->request);
    s3_multipart_free(&o->parts);
    s3_headers_free(o->headers);
    s3_headers_free(o->source_headers);
    drop_kept(o);
    char *strings[] = {o->from_bucket, o->from_key,      o->etag,  o->bucket,
                       o->key,         o->if_none_match, o->source};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static void copy_cancel(s3_op *op)
{
    copy_op *o = (copy_op *)op;
    o->cancelled = true;
    o->again = false;
    if (o->in_parts)
        s3_multipart_cancel(&o->parts);
    else
        s3_op_end(op);
}

static const s3_op_kind copy_kind = {.cancel = copy_cancel, .free = copy_free};

static void tell(const copy_op *o, const err *e)
{
    if (o->options.on_done && !o->cancelled)
        o->options.on_done(o->options.ctx, e);
}

static void copy_end(copy_op *o, const err *e)
{
    tell(o, e);
    s3_op_end(&o->op);
}

static void progress(void *ctx, uint64_t copied_bytes)
{
    copy_op *o = ctx;
    if (o->options.on_progress && !o->cancelled)
        o->options.on_progress(o->options.ctx, copied_bytes);
}

/* --- PARTS --- */

static void part_prepare(void *ctx, s3_part *part)
{
    copy_op *o = ctx;
    s3_multipart_request(part);
    s3_request *r = &part->request;
    snprintf(part->range, sizeof part->range, "bytes=%llu-%llu", (unsigned long long)part->offset,
             (unsigned long long)(part->offset + part->len - 1));
    s3_request_header(r, "x-amz-copy-source", o->source);
    s3_request_header(r, "x-amz-copy-source-range", part->range);
    s3_request_header(r, "x-amz-copy-source-if-match", o->etag);
    r->long_wait = r->error_in_ok = true;
    s3_multipart_send(part);
}

static const s3_part_source object_parts = {
    .operation = "UploadPartCopy", .etag_path = "CopyPartResult/ETag", .prepare = part_prepare};

static void parts_begin(copy_op *o);

static void parts_done(void *ctx, const char *etag, const err *e)
{
    copy_op *o = ctx;
    UNUSED(etag);
    o->again = e && strcmp(e->s3_code, "ConditionalRequestConflict") == 0 &&
               o->conflicts++ < CONFLICTS_MAX;
    if (!o->again)
        tell(o, e);
}

static void parts_gone(void *ctx)
{
    copy_op *o = ctx;
    if (!o->again) {
        s3_op_end(&o->op);
        return;
    }
    s3_multipart_free(&o->parts);
    parts_begin(o);
}

static void parts_begin(copy_op *o)
{
    o->in_parts = true;
    o->again = false;
    uint64_t least = MAX(PART_BYTES, o->op.client->part_size_bytes);
    o->parts = (s3_multipart){.client = o->op.client,
                              .bucket = o->bucket,
                              .key = o->key,
                              .if_none_match = o->if_none_match,
                              .headers = o->headers,
                              .create_headers = o->kept,
                              .create_header_count = o->kept_count,
                              .size = o->size,
                              .part_bytes = s3_put_part_bytes(least, o->size),
                              .source = &object_parts,
                              .on_progress = progress,
                              .on_done = parts_done,
                              .on_gone = parts_gone,
                              .ctx = o};
    s3_multipart_start(&o->parts);
}

/* --- HEAD --- */

/* CopyObject takes them along by itself; a multipart upload has to be told. */
static bool goes_along(const char *name)
{
    static const char *const names[] = {"Content-Type",
                                        "Content-Encoding",
                                        "Content-Disposition",
                                        "Content-Language",
                                        "Cache-Control",
                                        "Expires",
                                        "x-amz-website-redirect-location"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-meta-", strlen("x-amz-meta-")) == 0;
}

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    copy_op *o = ctx;
    const char *etag = http_reply_header(reply, "ETag");
    if (!num_parse_u64(http_reply_header(reply, "Content-Length"), &o->size) || !etag)
        return err_set(e, ERR_S3_REPLY, "a reply without Content-Length or ETag");
    if (o->etag && strcmp(o->etag, etag) != 0)
        return err_set(e, ERR_S3_CHANGED, "the object is another one now (ETag %s)", etag);
    if (!o->etag)
        o->etag = xstrdup(etag);
    drop_kept(o); /* of an earlier try */
    o->kept = xcalloc(reply->header_count + 1, sizeof *o->kept);
    for (size_t i = 0; i < reply->header_count; i++)
        if (goes_along(reply->headers[i].name))
            o->kept[o->kept_count++] =
                (http_header){xstrdup(reply->headers[i].name), xstrdup(reply->headers[i].value)};
    return true;
}

static void head_done(void *ctx, s3_request *r, const err *e)
{
    copy_op *o = ctx;
    UNUSED(r);
    if (e)
        copy_end(o, e);
    else
        parts_begin(o);
}

static s3_headers *headers_of_source(const copy_op *o)
{
    s3_headers *h = s3_headers_copy(o->headers ? o->headers : o->op.client->headers);
    free(h->customer_key);
    free(h->customer_md5);
    h->customer_key = move(h->source_key);
    h->customer_md5 = move(h->source_md5);
    return h;
}

static void head_begin(copy_op *o)
{
    o->source_headers = headers_of_source(o);
    s3_request_cancel(&o->request);
    o->request = (s3_request){.operation = "HeadObject",
                              .method = "HEAD",
                              .bucket = o->from_bucket,
                              .key = o->from_key,
                              .object_headers = o->source_headers,
                              .on_head = head_take,
                              .on_done = head_done,
                              .ctx = o};
    s3_request_start(o->op.client, &o->request);
}

/* --- COPY --- */

static bool copy_check(void *ctx, s3_request *r, err *e)
{
    UNUSED(ctx);
    AUTO_FREE char *etag = s3_xml_find(buf_slice(&r->reply), "CopyObjectResult/ETag");
    if (etag)
        return true;
    err_set(e, ERR_S3_REPLY, "CopyObject: the store's reply breaks off, or has no ETag");
    e->cls = ERR_CLASS_RETRY; /* copying anew does no harm */
    return false;
}

/* "InvalidRequest: The specified copy source is larger than the maximum allowable size for a copy
 * source: 5368709120", or EntityTooLarge. */
static bool is_too_large(const copy_op *o, const err *e)
{
    return !o->options.size_known && e->http_status == 400 &&
           (strcmp(e->s3_code, "EntityTooLarge") == 0 || strstr(e->message, "larger than the max"));
}

static void copy_done(void *ctx, s3_request *r, const err *e)
{
    copy_op *o = ctx;
    UNUSED(r);
    if (e && is_too_large(o, e))
        head_begin(o);
    else
        copy_end(o, e);
}

static void copy_begin(copy_op *o)
{
    s3_request *r = &o->request;
    *r = (s3_request){.operation = "CopyObject",
                      .method = "PUT",
                      .bucket = o->bucket,
                      .key = o->key,
                      .object_headers = o->headers,
                      .long_wait = true,
                      .error_in_ok = true,
                      .on_check = copy_check,
                      .on_done = copy_done,
                      .ctx = o};
    s3_request_header(r, "x-amz-copy-source", o->source);
    s3_request_header(r, "x-amz-copy-source-if-match", o->etag);
    s3_request_header(r, "If-None-Match", o->if_none_match);
    s3_request_start(o->op.client, r);
}

s3_op *s3_copy(s3_client *c, const s3_copy_options *options)
{
    copy_op *o = s3_op_new(c, &copy_kind, sizeof *o);
    AUTO(buf) source;
    buf_init(&source, SOURCE_MAX_BYTES);
    buf_printf(&source, "/%s/", options->from_bucket);
    s3_uri_encode(slice_from(options->from_key), true, &source);
    o->source = buf_give(&source);
    o->options = *options;
    o->from_bucket = xstrdup(options->from_bucket);
    o->from_key = xstrdup(options->from_key);
    o->etag = xstrdup_or_null(options->from_etag);
    o->bucket = xstrdup(options->to_bucket);
    o->key = xstrdup(options->to_key);
    o->if_none_match = xstrdup_or_null(options->if_none_match);
    o->headers = options->headers ? s3_headers_copy(options->headers) : NULL;
    if (options->size_known && options->size_bytes > COPY_MAX_BYTES)
        head_begin(o);
    else
        copy_begin(o);
    return &o->op;
}
