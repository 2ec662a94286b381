/* One object up: PutObject, or a multipart upload whose parts go out in parallel. */
#include "decon/base/log.h"
#include "s3/put/destination.h"

/* state    what happens                                      next
 * SINGLE   the body is hashed; PutObject                     end; CONFIRM after a lost reply
 * CONFIRM  HeadObject: an earlier try may have gone well     end
 * PARTS    s3/put/multipart.c; each part is hashed, then sent    end
 * again    the store refused the checksum: with a lesser one; or another writer was at work
 *          (409): the upload begins anew, a few times */

#define PART_STEP_BYTES  ((uint64_t)1024 * 1024)
#define CONFLICTS_MAX    3
#define DIGEST_TIMES_MAX 3

typedef struct put_op {
    s3_op op;
    s3_put_options options;
    s3_destination to;
    uint64_t size;
    s3_integrity_try carried;
    unsigned conflicts, digests;
    bool cancelled, again, in_parts;

    /* SINGLE, CONFIRM */
    s3_request request;
    s3_hash_job *job;
    s3_checksum checksum;
    char sha256_hex[2 * SHA256_BYTES + 1];
    char *etag;
    timer *later; /* an error that was found before the first request */

    /* PARTS */
    s3_multipart parts;
} put_op;

static void put_free(s3_op *op)
{
    put_op *o = (put_op *)op;
    timer_stop(op->client->t, o->later);
    s3_hash_cancel(o->job);
    s3_request_cancel(&o->request);
    s3_multipart_free(&o->parts);
    s3_destination_deinit(&o->to);
    s3_integrity_deinit(&o->carried);
    free(o->etag);
    free(o);
}

static void put_cancel(s3_op *op)
{
    put_op *o = (put_op *)op;
    o->cancelled = true;
    o->again = false;
    if (o->in_parts)
        s3_multipart_cancel(&o->parts);
    else
        s3_op_end(op);
}

static const s3_op_kind put_kind = {.cancel = put_cancel, .free = put_free};

static void put_begin(put_op *o);

static void tell(const put_op *o, const char *etag, const err *e)
{
    if (!e)
        s3_integrity_learn(&o->op.client->integrity, &o->carried);
    s3_put_result result = {.etag = etag};
    if (o->options.on_done && !o->cancelled)
        o->options.on_done(o->options.ctx, e ? NULL : &result, e);
}

static void progress(void *ctx, uint64_t sent_bytes)
{
    put_op *o = ctx;
    if (o->options.on_progress && !o->cancelled)
        o->options.on_progress(o->options.ctx, sent_bytes);
}

/* Does another try help, with less of a checksum, or since somebody else was writing? */
static bool worth_another(put_op *o, const err *e)
{
    if (strcmp(e->s3_code, "ConditionalRequestConflict") == 0)
        return o->conflicts++ < CONFLICTS_MAX;
    return s3_integrity_lessen(&o->op.client->integrity, &o->carried, o->to.bucket, o->to.key, e);
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

/* --- hashing --- */

/* Hashes at once what is in memory or small; else true is not yet: `task` goes to a worker. */
static bool hash_at_once(const put_op *o, s3_hash_task *task, uint64_t offset, uint64_t len)
{
    err e = ERR_INIT;
    *task = (s3_hash_task){.fd = o->options.fd, .offset = offset, .len = len};
    s3_hash_init(&task->hash, o->carried.kind);
    if (o->options.fd < 0) {
        slice data = {o->options.data.data + offset, (size_t)len};
        s3_hash_update(&task->hash, data.data, data.len);
        if (o->op.client->integrity.sign_payload)
            s3_sign_payload_hash(data, task->sha256_hex);
        return true;
    }
    task->sha256 = o->op.client->integrity.sign_payload;
    if (o->carried.kind == S3_CHECKSUM_NONE && !task->sha256)
        return true;
    if (len > S3_HASH_NOW_BYTES)
        return false;
    if (s3_hash_now(task, &e))
        return true;
    s3_hash_init(&task->hash, o->carried.kind); /* a worker will find the same error and tell it */
    return false;
}

/* --- CONFIRM: something stands there now, perhaps because an earlier try went well --- */

static bool confirm_head(void *ctx, const http_reply *reply, err *e)
{
    put_op *o = ctx;
    uint64_t size = 0;
    s3_checksum found = s3_checksum_of_reply(reply);
    if (!num_parse_u64(http_reply_header(reply, "Content-Length"), &size) || size != o->size ||
        found.kind == S3_CHECKSUM_NONE || !s3_checksum_equal(&found, &o->checksum))
        return err_set(e, ERR_S3_CHANGED,
                       "PutObject: another object stands there; nothing was written over it");
    s3_keep_etag(&o->etag, reply);
    return true;
}

static void single_end(put_op *o, const err *e)
{
    if (!e)
        progress(o, o->size);
    tell(o, o->etag, e);
    s3_op_end(&o->op);
}

static void confirm_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    single_end(ctx, e);
}

static void single_request(put_op *o, const char *operation, const char *method,
                           void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&o->request);
    o->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = o->to.bucket,
                              .key = o->to.key,
                              .object_headers = o->to.headers,
                              .on_done = on_done,
                              .ctx = o};
}

static void single_confirm(put_op *o)
{
    single_request(o, "HeadObject", "HEAD", confirm_done);
    o->request.on_head = confirm_head;
    s3_request_header(&o->request, "x-amz-checksum-mode", "ENABLED");
    s3_request_start(o->op.client, &o->request);
}

/* --- SINGLE --- */

static bool single_head(void *ctx, const http_reply *reply, err *e)
{
    put_op *o = ctx;
    UNUSED(e);
    s3_keep_etag(&o->etag, reply);
    return true;
}

static void single_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    if (e && e->code == ERR_S3_CHECKSUM && o->digests++ < DIGEST_TIMES_MAX) {
        log_warn("%s: it is hashed and sent again", e->message);
        put_begin(o);
    } else if (e && e->http_status == 412 && s3_was_tried_before(r) &&
               o->carried.kind != S3_CHECKSUM_NONE) {
        single_confirm(o);
    } else if (e && worth_another(o, e)) {
        put_begin(o);
    } else {
        single_end(o, e);
    }
}

static void single_send(put_op *o, s3_hash_task *task)
{
    s3_request *r = &o->request;
    o->checksum = s3_hash_final(&task->hash);
    memcpy(o->sha256_hex, task->sha256_hex, sizeof o->sha256_hex);
    single_request(o, "PutObject", "PUT", single_done);
    r->on_head = single_head;
    r->on_refusal = s3_refuses_digest;
    r->payload_sha256 = o->sha256_hex[0] ? o->sha256_hex : NULL;
    r->more_headers = o->to.fields.items;
    r->more_header_count = o->to.fields.count;
    s3_request_header(r, "If-None-Match", o->to.if_none_match);
    s3_request_header(r, "If-Match", o->to.if_match);
    if (o->carried.kind != S3_CHECKSUM_NONE)
        s3_request_header(r, s3_checksum_header(o->carried.kind), o->checksum.text);
    set_body(o, r, 0, o->size);
    s3_request_start(o->op.client, r);
}

static void single_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    put_op *o = ctx;
    o->job = NULL;
    if (e) {
        err last = *e;
        s3_name_error(&last, o->to.bucket, o->to.key);
        single_end(o, &last);
    } else {
        single_send(o, task);
    }
}

static void put_single(put_op *o)
{
    s3_hash_task task;
    if (hash_at_once(o, &task, 0, o->size))
        single_send(o, &task);
    else
        o->job = s3_hash_start(o->op.client, &task, single_hashed, o);
}

/* --- PARTS --- */

static void part_send(const put_op *o, s3_part *part, s3_hash_task *task)
{
    s3_part_take_hash(part, task);
    s3_multipart_request(part);
    set_body(o, &part->request, part->offset, part->len);
    s3_multipart_send(part);
}

static void part_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    s3_part *part = ctx;
    const put_op *o = part->upload->ctx;
    part->job = NULL;
    if (e) {
        err last = *e;
        s3_name_error(&last, o->to.bucket, o->to.key);
        s3_multipart_fail(part, &last);
    } else {
        part_send(o, part, task);
    }
}

static void part_prepare(void *ctx, s3_part *part)
{
    const put_op *o = ctx;
    s3_hash_task task;
    if (hash_at_once(o, &task, part->offset, part->len))
        part_send(o, part, &task);
    else
        part->job = s3_hash_start(o->op.client, &task, part_hashed, part);
}

static const s3_part_source file_parts = {.operation = "UploadPart", .prepare = part_prepare};

static void parts_done(void *ctx, const char *etag, const err *e)
{
    put_op *o = ctx;
    o->again = e && worth_another(o, e);
    if (!o->again)
        tell(o, etag, e);
}

static void parts_gone(void *ctx)
{
    put_op *o = ctx;
    if (!o->again) {
        s3_op_end(&o->op);
        return;
    }
    o->again = false;
    s3_multipart_free(&o->parts);
    put_begin(o);
}

static void put_parts(put_op *o, uint64_t part_bytes)
{
    o->in_parts = true;
    o->parts = s3_destination_upload(&o->to, o->op.client);
    o->parts.size = o->size;
    o->parts.part_bytes = part_bytes;
    o->parts.checksum = o->carried.kind;
    o->parts.source = &file_parts;
    o->parts.on_progress = progress;
    o->parts.on_done = parts_done;
    o->parts.on_gone = parts_gone;
    o->parts.ctx = o;
    s3_multipart_start(&o->parts);
}

/* --- begin --- */

uint64_t s3_put_part_bytes(uint64_t configured_bytes, uint64_t size_bytes)
{
    uint64_t least = (size_bytes + S3_PARTS_MAX - 1) / S3_PARTS_MAX;
    least = (least + PART_STEP_BYTES - 1) / PART_STEP_BYTES * PART_STEP_BYTES;
    return MAX(MAX(configured_bytes, S3_PART_MIN_BYTES), least);
}

static void put_begin(put_op *o)
{
    uint64_t part_bytes = s3_put_part_bytes(o->op.client->part_size_bytes, o->size);
    s3_integrity_begin(&o->op.client->integrity, &o->carried);
    if (o->size <= part_bytes)
        put_single(o);
    else
        put_parts(o, part_bytes);
}

static void too_large(void *ctx)
{
    put_op *o = ctx;
    err e = ERR_INIT;
    o->later = NULL;
    err_set(&e, ERR_LIMIT, "%llu bytes are more than an object may have (5 TiB)",
            (unsigned long long)o->size);
    s3_name_error(&e, o->to.bucket, o->to.key);
    single_end(o, &e);
}

s3_op *s3_put(s3_client *c, const s3_put_options *options)
{
    put_op *o = s3_op_new(c, &put_kind, sizeof *o);
    o->options = *options;
    s3_destination_init(&o->to, options->bucket, options->key, options->headers);
    s3_destination_only(&o->to, options->if_none_match, options->if_match);
    s3_fields_set(&o->to.fields, "Content-Type",
                  options->content_type ? options->content_type : S3_DEFAULT_TYPE);
    s3_fields_add(&o->to.fields, options->fields, options->field_count);
    o->size = options->fd < 0 ? options->data.len : options->size_bytes;
    if (o->size > S3_OBJECT_MAX_BYTES)
        o->later = timer_start(c->t, 0, too_large, o); /* told later, as all errors are */
    else
        put_begin(o);
    return &o->op;
}
