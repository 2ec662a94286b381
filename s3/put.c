/* One object up: PutObject, or a multipart upload whose parts go out in parallel. */
#include "base/log.h"
#include "s3/client.h"
#include "s3/uri.h"
#include "s3/xml.h"

/* state       request                      next
 * SINGLE      PutObject                    end
 * CREATE      CreateMultipartUpload        PARTS
 * PARTS       UploadPart, many at a time   COMPLETE
 * COMPLETE    CompleteMultipartUpload      end; CONFIRM when the upload is gone after a retry
 * CONFIRM     HeadObject                   end: an earlier try had completed it, or not
 * ABORT       AbortMultipartUpload         gone (in the background, nobody is called)
 * An error in PARTS or COMPLETE is told at once and leads to ABORT; so does a cancel. A cancel in
 * CREATE waits for the upload's id, else nobody could abort it. */

#define PART_STEP_BYTES    ((uint64_t)1024 * 1024)
#define COMPLETE_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define QUERY_MAX_BYTES    ((size_t)8192)

typedef enum put_state {
    PUT_SINGLE,
    PUT_CREATE,
    PUT_PARTS,
    PUT_COMPLETE,
    PUT_CONFIRM,
    PUT_ABORT
} put_state;

typedef struct put_op put_op;

typedef struct put_part {
    s3_request request;
    put_op *put;
    unsigned number; /* from 1 */
    buf query;
    char *etag;
    struct put_part *previous, *next;
} put_part;

struct put_op {
    s3_op op;
    s3_put_options options;
    char *bucket, *key, *content_type, *if_none_match;
    s3_headers *headers; /* NULL: the client's */
    s3_request request;  /* all but the parts */
    put_state state;
    bool cancelled;
    buf query, body;
    char *upload_id, *etag;
    uint64_t size, sent, part_bytes;
    unsigned part_count, next_part, active;
    char **etags;    /* one for each part */
    put_part *parts; /* under way */
};

static void part_free(put_part *part)
{
    put_op *o = part->put;
    s3_request_cancel(&part->request);
    *(part->previous ? &part->previous->next : &o->parts) = part->next;
    if (part->next)
        part->next->previous = part->previous;
    o->active--;
    buf_deinit(&part->query);
    free(part->etag);
    free(part);
}

static void put_free(s3_op *op)
{
    put_op *o = (put_op *)op;
    while (o->parts)
        part_free(o->parts);
    s3_request_cancel(&o->request);
    for (unsigned i = 0; o->etags && i < o->part_count; i++)
        free(o->etags[i]);
    free(o->etags);
    buf_deinit(&o->query);
    buf_deinit(&o->body);
    s3_headers_free(o->headers);
    char *strings[] = {o->bucket, o->key, o->content_type, o->if_none_match, o->upload_id, o->etag};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static void request_begin(put_op *o, const char *operation, const char *method,
                          void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&o->request);
    o->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = o->bucket,
                              .key = o->key,
                              .query = buf_str(&o->query),
                              .object_headers = o->headers,
                              .on_done = on_done,
                              .ctx = o};
}

/* --- the end: well, or with an abort behind it --- */

static void abort_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    UNUSED(r);
    if (e && e->http_status != 404) /* gone already: that is what was wanted */
        log_warn("%s: its parts stay in the store until a lifecycle rule removes them", e->message);
    s3_op_end(&o->op);
}

static void upload_query(const put_op *o, buf *query)
{
    buf_append_str(query, "uploadId=");
    s3_uri_encode(slice_from(o->upload_id), false, query);
}

static void put_abort(put_op *o)
{
    while (o->parts)
        part_free(o->parts);
    o->state = PUT_ABORT;
    buf_clear(&o->query);
    upload_query(o, &o->query);
    request_begin(o, "AbortMultipartUpload", "DELETE", abort_done);
    s3_request_start(o->op.client, &o->request);
}

static void put_end(put_op *o, const err *e)
{
    s3_put_result result = {.etag = o->etag};
    if (o->options.on_done && !o->cancelled)
        o->options.on_done(o->options.ctx, e ? NULL : &result, e);
    o->cancelled = true; /* from here on nobody is called */
    if (e && o->upload_id)
        put_abort(o);
    else
        s3_op_end(&o->op);
}

static void put_cancel(s3_op *op)
{
    put_op *o = (put_op *)op;
    o->cancelled = true;
    if (o->state == PUT_ABORT || (o->state == PUT_CREATE && o->request.state == S3_REQUEST_FLYING))
        return;
    if (o->upload_id)
        put_abort(o);
    else
        s3_op_end(op);
}

static const s3_op_kind put_kind = {.cancel = put_cancel, .free = put_free};

static void progress(put_op *o, uint64_t more)
{
    o->sent += more;
    if (o->options.on_progress && !o->cancelled)
        o->options.on_progress(o->options.ctx, o->sent);
}

static void keep_etag(char **to, const http_reply *reply)
{
    const char *etag = http_reply_header(reply, "ETag");
    free(*to);
    *to = etag ? xstrdup(etag) : NULL;
}

/* The bytes of one part, or of all, as the body of a request. */
static void set_body(const put_op *o, s3_request *r, uint64_t offset, uint64_t len)
{
    if (o->options.fd < 0) {
        r->body = (slice){.data = o->options.data.data + offset, .len = (size_t)len};
        return;
    }
    r->body_fd = o->options.fd;
    r->body_file_offset = offset;
    r->body_file_bytes = len;
}

/* --- SINGLE --- */

static bool single_head(void *ctx, const http_reply *reply, err *e)
{
    put_op *o = ctx;
    UNUSED(e);
    keep_etag(&o->etag, reply);
    return true;
}

static void single_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    UNUSED(r);
    if (!e)
        progress(o, o->size);
    put_end(o, e);
}

static void put_single(put_op *o)
{
    o->state = PUT_SINGLE;
    request_begin(o, "PutObject", "PUT", single_done);
    o->request.on_head = single_head;
    s3_request_header(&o->request, "Content-Type", o->content_type);
    s3_request_header(&o->request, "If-None-Match", o->if_none_match);
    set_body(o, &o->request, 0, o->size);
    s3_request_start(o->op.client, &o->request);
}

/* --- CONFIRM: the upload is gone, but perhaps because an earlier try went well --- */

static bool confirm_head(void *ctx, const http_reply *reply, err *e)
{
    put_op *o = ctx;
    char suffix[16];
    uint64_t size = 0;
    keep_etag(&o->etag, reply);
    snprintf(suffix, sizeof suffix, "-%u\"", o->part_count);
    if (num_parse_u64(http_reply_header(reply, "Content-Length"), &size) && size == o->size &&
        o->etag && str_ends_with(o->etag, suffix))
        return true;
    return err_set(e, ERR_S3_REPLY, "the store has lost the multipart upload: put it again");
}

static void confirm_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    put_end(ctx, e);
}

static void put_confirm(put_op *o)
{
    o->state = PUT_CONFIRM;
    buf_clear(&o->query);
    request_begin(o, "HeadObject", "HEAD", confirm_done);
    o->request.on_head = confirm_head;
    s3_request_start(o->op.client, &o->request);
}

/* --- COMPLETE --- */

static bool complete_check(void *ctx, s3_request *r, err *e)
{
    put_op *o = ctx;
    free(o->etag);
    o->etag = s3_xml_find(buf_slice(&r->reply), "CompleteMultipartUploadResult/ETag");
    if (o->etag)
        return true;
    err_set(e, ERR_S3_REPLY,
            "CompleteMultipartUpload: the store's reply breaks off, or has no ETag");
    e->cls = ERR_CLASS_RETRY;
    return false;
}

static void complete_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    if (e && strcmp(e->s3_code, "NoSuchUpload") == 0 && r->attempt > 1)
        put_confirm(o);
    else
        put_end(o, e);
}

static void put_complete(put_op *o)
{
    o->state = PUT_COMPLETE;
    buf_clear(&o->query);
    upload_query(o, &o->query);
    buf_append_str(&o->body, "<CompleteMultipartUpload>");
    for (unsigned i = 0; i < o->part_count; i++) {
        buf_printf(&o->body, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
        s3_xml_escape(slice_from(o->etags[i]), &o->body);
        buf_append_str(&o->body, "</ETag></Part>");
    }
    buf_append_str(&o->body, "</CompleteMultipartUpload>");
    request_begin(o, "CompleteMultipartUpload", "POST", complete_done);
    o->request.body = buf_slice(&o->body);
    o->request.long_wait = o->request.error_in_ok = true;
    o->request.on_check = complete_check;
    s3_request_header(&o->request, "Content-Type", "application/xml");
    s3_request_header(&o->request, "If-None-Match", o->if_none_match);
    s3_request_start(o->op.client, &o->request);
}

/* --- PARTS --- */

static uint64_t part_offset(const put_op *o, unsigned number)
{
    return (uint64_t)(number - 1) * o->part_bytes;
}

static bool part_head(void *ctx, const http_reply *reply, err *e)
{
    put_part *part = ctx;
    keep_etag(&part->etag, reply);
    return part->etag || err_set(e, ERR_S3_REPLY, "UploadPart: the store's reply has no ETag");
}

static void fill_window(put_op *o);

static void part_done(void *ctx, s3_request *r, const err *e)
{
    put_part *part = ctx;
    put_op *o = part->put;
    UNUSED(r);
    if (e) {
        put_end(o, e);
        return;
    }
    o->etags[part->number - 1] = move(part->etag);
    uint64_t offset = part_offset(o, part->number);
    part_free(part);
    fill_window(o);
    if (o->active == 0)
        put_complete(o);
    progress(o, MIN(o->part_bytes, o->size - offset));
}

static void part_start(put_op *o, unsigned number)
{
    put_part *part = xcalloc(1, sizeof *part);
    part->put = o;
    part->number = number;
    part->next = o->parts;
    if (part->next)
        part->next->previous = part;
    o->parts = part;
    o->active++;
    buf_init(&part->query, QUERY_MAX_BYTES);
    buf_printf(&part->query, "partNumber=%u&", number);
    upload_query(o, &part->query);
    part->request = (s3_request){.operation = "UploadPart",
                                 .method = "PUT",
                                 .bucket = o->bucket,
                                 .key = o->key,
                                 .query = buf_str(&part->query),
                                 .object_headers = o->headers,
                                 .on_head = part_head,
                                 .on_done = part_done,
                                 .ctx = part};
    uint64_t offset = part_offset(o, number);
    set_body(o, &part->request, offset, MIN(o->part_bytes, o->size - offset));
    s3_request_start(o->op.client, &part->request);
}

static void fill_window(put_op *o)
{
    while (o->active < o->op.client->max_in_flight && o->next_part <= o->part_count)
        part_start(o, o->next_part++);
}

/* --- CREATE --- */

static bool create_check(void *ctx, s3_request *r, err *e)
{
    put_op *o = ctx;
    free(o->upload_id);
    o->upload_id = s3_xml_find(buf_slice(&r->reply), "InitiateMultipartUploadResult/UploadId");
    if (o->upload_id && *o->upload_id)
        return true;
    free(move(o->upload_id));
    return err_set(e, ERR_S3_REPLY, "CreateMultipartUpload: the store's reply has no UploadId");
}

static void create_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    UNUSED(r);
    if (e) {
        put_end(o, e);
    } else if (o->cancelled) {
        put_abort(o);
    } else {
        o->state = PUT_PARTS;
        fill_window(o);
    }
}

static void put_create(put_op *o)
{
    o->state = PUT_CREATE;
    o->part_count = (unsigned)((o->size + o->part_bytes - 1) / o->part_bytes);
    o->etags = xcalloc(o->part_count, sizeof *o->etags);
    o->next_part = 1;
    buf_append_str(&o->query, "uploads=");
    request_begin(o, "CreateMultipartUpload", "POST", create_done);
    o->request.on_check = create_check;
    s3_request_header(&o->request, "Content-Type", o->content_type);
    s3_request_start(o->op.client, &o->request);
}

/* --- begin --- */

uint64_t s3_put_part_bytes(uint64_t configured_bytes, uint64_t size_bytes)
{
    uint64_t least = (size_bytes + S3_PARTS_MAX - 1) / S3_PARTS_MAX;
    least = (least + PART_STEP_BYTES - 1) / PART_STEP_BYTES * PART_STEP_BYTES;
    return MAX(MAX(configured_bytes, S3_PART_MIN_BYTES), least);
}

static void too_large(void *ctx)
{
    put_op *o = ctx;
    err e = ERR_INIT;
    char name[S3_NAME_SIZE];
    s3_name(o->bucket, o->key, name);
    o->request.pause = NULL;
    o->request.state = S3_REQUEST_IDLE;
    err_set(&e, ERR_LIMIT, "%s: %llu bytes are more than an object may have (5 TiB)", name,
            (unsigned long long)o->size);
    put_end(o, &e);
}

s3_op *s3_put(s3_client *c, const s3_put_options *options)
{
    put_op *o = s3_op_new(c, &put_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    o->key = xstrdup(options->key);
    o->content_type =
        xstrdup(options->content_type ? options->content_type : "binary/octet-stream");
    o->if_none_match = options->if_none_match ? xstrdup(options->if_none_match) : NULL;
    o->headers = options->headers ? s3_headers_copy(options->headers) : NULL;
    o->size = options->fd < 0 ? options->data.len : options->size_bytes;
    o->part_bytes = s3_put_part_bytes(c->part_size_bytes, o->size);
    buf_init(&o->query, QUERY_MAX_BYTES);
    buf_init(&o->body, COMPLETE_MAX_BYTES);
    if (o->size > S3_OBJECT_MAX_BYTES) {
        /* Told later, as all errors are; the request's own timer is free for that. */
        o->request.client = c;
        o->request.state = S3_REQUEST_WAITING;
        o->request.pause = timer_start(c->t, 0, too_large, o);
    } else if (o->size <= o->part_bytes) {
        put_single(o);
    } else {
        put_create(o);
    }
    return &o->op;
}
