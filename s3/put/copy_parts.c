/* Copies an object above 5 GiB: UploadPartCopy over ranges of the source, then a check of the
 * copy's checksum if the parts had none (the states PARTS and VERIFY of s3/put/copy.c). */
#include "s3/put/copy_op.h"
#include "decon/base/log.h"
#include "base/util.h"

#define PART_BYTES ((uint64_t)128 << 20) /* the store moves the data */

static void progress(void *ctx, uint64_t copied_bytes)
{
    copy_op *o = ctx;
    if (o->options.on_progress && !o->op.base.cancelled)
        o->options.on_progress(o->options.ctx, copied_bytes);
}

/* --- VERIFY --- */

static bool verify_head(void *ctx, const http_reply *reply, err *e)
{
    const copy_op *o = ctx;
    const s3_checksum *wanted = &o->from.checksum;
    s3_checksum found = s3_checksum_of_reply(reply);
    if (found.kind != wanted->kind || s3_checksum_equal(&found, wanted))
        return true;
    return err_set(
        e, ERR_S3_CHECKSUM,
        "the %s of the copy is %s, the source's is %s; delete the copy and copy it again",
        s3_checksum_name(found.kind), found.text, wanted->text);
}

static void verify_done(void *ctx, s3_request *r, const err *e)
{
    UNUSED(r);
    op_finish(ctx, e);
}

static void verify_begin(copy_op *o)
{
    s3_request_cancel(&o->request);
    o->in_parts = false;
    o->request = (s3_request){.operation = "HeadObject",
                              .method = "HEAD",
                              .bucket = o->to.bucket,
                              .key = o->to.key,
                              .object_headers = o->to.headers,
                              .on_head = verify_head,
                              .on_done = verify_done,
                              .ctx = o};
    s3_request_header(&o->request, "x-amz-checksum-mode", "ENABLED");
    s3_request_start(o->op.client, &o->request);
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
    s3_request_header(r, "x-amz-copy-source-if-match", copy_source_condition(o));
    r->long_wait = r->error_in_ok = true;
    s3_multipart_send(part);
}

static const s3_part_source object_parts = {
    .operation = "UploadPartCopy", .body_root = "CopyPartResult", .prepare = part_prepare};

/* The store has no tags, or no checksums of parts: continues without them. */
static bool goes_without(copy_op *o, const err *e)
{
    bool refused = e->http_status == 403 || e->http_status == 501;
    if (o->from.tags && refused && !o->parts.upload_id) {
        s3_copy_source_no_tags(o->op.client, e);
        free(move(o->from.tags));
        return true;
    }
    bool unknown = o->parts.no_part_checksum || e->http_status == 400;
    if (o->kind == S3_CHECKSUM_NONE || o->parts.sent > 0 || !unknown)
        return false;
    log_info("%s: the complete copy will be compared with its source", e->message);
    o->op.client->no_copy_checksums = true;
    o->kind = S3_CHECKSUM_NONE;
    return true;
}

static void parts_done(void *ctx, const char *etag, const err *e)
{
    copy_op *o = ctx;
    UNUSED(etag);
    bool conflict = e && s3_destination_begins_again(&o->to, &o->op.client->integrity, NULL, e);
    o->relook = e && o->parts.sent == 0 && copy_doubts_condition(o, e);
    o->again = conflict || o->relook || (e && goes_without(o, e));
    o->verify = !e && o->kind == S3_CHECKSUM_NONE && o->from.checksum.kind != S3_CHECKSUM_NONE;
    if (!o->again && !o->verify)
        op_report(&o->op.base, e);
}

static void parts_gone(void *ctx)
{
    copy_op *o = ctx;
    if (o->op.base.cancelled || (!o->again && !o->verify)) {
        op_finish(&o->op.base, NULL);
        return;
    }
    s3_multipart_free(&o->parts);
    if (o->relook)
        copy_look_begin(o);
    else if (o->again)
        copy_parts_begin(o);
    else
        verify_begin(o);
}

void copy_parts_begin(copy_op *o)
{
    o->in_parts = true;
    o->again = false;
    uint64_t least = MAX(PART_BYTES, o->op.client->part_size_bytes);
    s3_fields_deinit(&o->created);
    if (!o->options.fields_only)
        s3_fields_add(&o->created, o->from.fields.items, o->from.fields.count);
    s3_fields_add(&o->created, o->to.fields.items, o->to.fields.count);
    const char *tags = o->tags ? o->tags : o->from.tags;
    s3_fields_set(&o->created, "x-amz-tagging", tags && *tags ? tags : NULL);
    o->parts = s3_destination_upload(&o->to, o->op.client);
    o->parts.create_headers = o->created.items;
    o->parts.create_header_count = o->created.count;
    o->parts.size = o->from.size;
    o->parts.part_bytes = s3_put_part_bytes(least, o->from.size);
    o->parts.checksum = o->kind;
    o->parts.expected = o->from.checksum;
    o->parts.source = &object_parts;
    o->parts.on_progress = progress;
    o->parts.on_done = parts_done;
    o->parts.on_gone = parts_gone;
    o->parts.ctx = o;
    s3_multipart_start(&o->parts);
}
