/* Uploads one object: PutObject, or a multipart upload with parallel parts. */
#include "base/util.h"
#include "s3/put/put_op.h"

/* state    action                                            next
 * SINGLE   s3/put/put_single.c                               end
 * PARTS    s3/put/multipart.c; each part is hashed, then     end
 *          sent
 * again    the store refused the checksum: with a weaker one; or another writer was active (409): the
 *          upload starts over, a few times */

#define PART_STEP_BYTES ((uint64_t)1024 * 1024)

static void put_free(op *p)
{
    put_op *o = (put_op *)p;
    timer_stop(o->op.client->t, o->later);
    op_cancel(o->job);
    s3_request_cancel(&o->request);
    s3_proof_cancel(&o->proof);
    s3_multipart_free(&o->parts);
    s3_destination_deinit(&o->to);
    s3_integrity_deinit(&o->carried);
    free(o->etag);
    free(o);
}

static void put_cancel(op *p)
{
    put_op *o = (put_op *)p;
    o->again = false;
    if (o->in_parts)
        s3_multipart_cancel(&o->parts);
    else
        op_finish(p, NULL);
}

static void put_report(op *p, const err *e)
{
    put_op *o = (put_op *)p;
    s3_put_result result = {.etag = o->etag,
                            .checksum = o->in_parts ? o->parts.whole : o->checksum};
    if (o->options.on_done)
        o->options.on_done(o->options.ctx, e ? NULL : &result, e);
}

static const op_kind put_kind = {.cancel = put_cancel, .free = put_free, .report = put_report};

void put_progress(void *ctx, uint64_t sent_bytes)
{
    put_op *o = ctx;
    if (o->options.on_progress && !o->op.base.cancelled)
        o->options.on_progress(o->options.ctx, sent_bytes);
}

bool put_worth_another(put_op *o, const err *e)
{
    return s3_destination_begins_again(&o->to, &o->op.client->integrity, &o->carried, e);
}

void put_set_body(const put_op *o, s3_request *r, uint64_t offset, uint64_t len)
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

bool put_hash_at_once(const put_op *o, s3_hash_task *task, uint64_t offset, uint64_t len)
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
    s3_hash_init(&task->hash, o->carried.kind); /* a worker will get the same error and report it */
    return false;
}

/* --- PARTS --- */

static void part_send(const put_op *o, s3_part *part, s3_hash_task *task)
{
    s3_part_take_hash(part, task);
    s3_multipart_request(part);
    put_set_body(o, &part->request, part->offset, part->len);
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
    if (put_hash_at_once(o, &task, part->offset, part->len))
        part_send(o, part, &task);
    else
        part->job = s3_hash_start(o->op.client, &task, part_hashed, part);
}

static const s3_part_source file_parts = {.operation = "UploadPart", .prepare = part_prepare};

static void parts_done(void *ctx, const char *etag, const err *e)
{
    put_op *o = ctx;
    o->again = e && put_worth_another(o, e);
    if (o->again)
        return;
    if (!e) {
        s3_integrity_learn(&o->op.client->integrity, &o->carried);
        o->etag = xstrdup_or_null(etag);
    }
    op_report(&o->op.base, e);
}

static void parts_gone(void *ctx)
{
    put_op *o = ctx;
    if (!o->again) {
        op_finish(&o->op.base, NULL);
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
    o->parts.on_progress = put_progress;
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

void put_begin(put_op *o)
{
    uint64_t part_bytes = s3_put_part_bytes(o->op.client->part_size_bytes, o->size);
    s3_integrity_begin(&o->op.client->integrity, &o->carried);
    if (o->size <= part_bytes)
        put_single(o);
    else
        put_parts(o, part_bytes);
}

static void too_large(put_op *o)
{
    err e = ERR_INIT;
    err_set(&e, ERR_LIMIT, "%llu bytes are more than an object may have (5 TiB)",
            (unsigned long long)o->size);
    s3_name_error(&e, o->to.bucket, o->to.key);
    put_single_end(o, &e);
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
        too_large(o);
    else
        put_begin(o);
    return op_started(&o->op.base);
}
