/* Copies one object inside the store: CopyObject, or parallel UploadPartCopy above 5 GiB. */
#include "decon/base/log.h"
#include "s3/put/copy_source.h"
#include "s3/client/version_look.h"
#include "s3/put/destination.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/xml_reply.h"

/* state   request                                             next
 * LOOK    HeadObject of the source (if its size is known to   COPY; TAGS if it is above 5 GiB
 *         be above 5 GiB, if headers are to be changed, or
 *         if its ETag is requested)
 * COPY    CopyObject                                          end if the reply has an ETag; LOOK if
 *                                                             the store reports that the source is too
 *                                                             large; PROVE if the reply has no ETag
 *                                                             three times
 * PROVE   HeadObject of the source, unless known; HeadObject  end
 *         of the copy (s3/put/proof.c)
 * TAGS    GetObjectTagging of the source                      PARTS
 * PARTS   s3/put/multipart.c over ranges of the source        end; VERIFY; again without tags or
 *                                                             checksums if the store has none
 * VERIFY  HeadObject of the copy: compares its checksum with  end
 *         the source's, if the parts had none
 * Every part has the source's ETag as a condition, so that a copy never mixes two versions. */

#define COPY_MAX_BYTES   ((uint64_t)5 << 30)
#define PART_BYTES       ((uint64_t)128 << 20) /* the store moves the data */
#define SOURCE_MAX_BYTES ((size_t)8192)
#define CONFLICTS_MAX    3
#define UNPROVEN_MAX     3 /* replies of CopyObject without an ETag */

typedef struct copy_op {
    s3_op_base op;
    s3_copy_options options;
    s3_copy_source from;
    s3_destination to;  /* its fields replace the source's */
    char *source;       /* x-amz-copy-source */
    bool merges;        /* CopyObject needs all headers */
    s3_request request; /* COPY, VERIFY */
    s3_proof proof;
    err doubt; /* why the replies of CopyObject prove nothing */
    bool in_parts, again, verify, looked;
    bool doubted, relook; /* the source's If-Match was refused: find out whether it is unusable */
    err refusal;
    s3_version_look witness;
    unsigned conflicts, unproven;
    uint64_t began_ms;
    s3_checksum_kind kind; /* requested for parts */
    s3_fields created;     /* of CreateMultipartUpload */
    s3_multipart parts;
} copy_op;

static void copy_free(op *p)
{
    copy_op *o = (copy_op *)p;
    s3_request_cancel(&o->request);
    s3_proof_cancel(&o->proof);
    s3_version_look_cancel(&o->witness);
    s3_multipart_free(&o->parts);
    s3_copy_source_deinit(&o->from);
    s3_destination_deinit(&o->to);
    s3_fields_deinit(&o->created);
    free(o->source);
    free(o);
}

static void copy_cancel(op *p)
{
    copy_op *o = (copy_op *)p;
    o->again = false;
    if (o->in_parts)
        s3_multipart_cancel(&o->parts);
    else
        op_finish(p, NULL);
}

static const op_kind copy_kind = {.cancel = copy_cancel, .free = copy_free};

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

/* The source's ETag is sent as x-amz-copy-source-if-match if that can match; otherwise HeadObject
 * has compared it. */
static const char *source_condition(const copy_op *o)
{
    bool usable = !s3_etag_is_weak(o->from.etag) && !o->op.client->no_copy_if_match;
    return usable ? o->from.etag : NULL;
}

/* A 412 although the source may be unchanged: HeadObject finds out, once. */
static bool doubts_condition(copy_op *o, const err *e)
{
    if (e->http_status != 412 || !source_condition(o) || o->doubted)
        return false;
    o->refusal = *e;
    return o->doubted = true;
}

static void part_prepare(void *ctx, s3_part *part)
{
    copy_op *o = ctx;
    s3_multipart_request(part);
    s3_request *r = &part->request;
    snprintf(part->range, sizeof part->range, "bytes=%llu-%llu", (unsigned long long)part->offset,
             (unsigned long long)(part->offset + part->len - 1));
    s3_request_header(r, "x-amz-copy-source", o->source);
    s3_request_header(r, "x-amz-copy-source-range", part->range);
    s3_request_header(r, "x-amz-copy-source-if-match", source_condition(o));
    r->long_wait = r->error_in_ok = true;
    s3_multipart_send(part);
}

static const s3_part_source object_parts = {
    .operation = "UploadPartCopy", .body_root = "CopyPartResult", .prepare = part_prepare};

static void parts_begin(copy_op *o);
static void look_begin(copy_op *o);

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
    bool conflict = e && strcmp(e->s3_code, "ConditionalRequestConflict") == 0 &&
                    o->conflicts++ < CONFLICTS_MAX;
    o->relook = e && o->parts.sent == 0 && doubts_condition(o, e);
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
        look_begin(o);
    else if (o->again)
        parts_begin(o);
    else
        verify_begin(o);
}

static void parts_begin(copy_op *o)
{
    o->in_parts = true;
    o->again = false;
    uint64_t least = MAX(PART_BYTES, o->op.client->part_size_bytes);
    s3_fields_deinit(&o->created);
    if (!o->options.fields_only)
        s3_fields_add(&o->created, o->from.fields.items, o->from.fields.count);
    s3_fields_add(&o->created, o->to.fields.items, o->to.fields.count);
    s3_fields_set(&o->created, "x-amz-tagging", o->from.tags);
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

/* --- LOOK, TAGS --- */

static void copy_begin(copy_op *o);

static void tags_done(void *ctx, const err *e)
{
    copy_op *o = ctx;
    if (e) {
        op_finish(&o->op.base, e);
        return;
    }
    bool asks = s3_checksum_is_crc(o->from.checksum.kind) && !o->op.client->no_copy_checksums;
    o->kind = asks ? o->from.checksum.kind : S3_CHECKSUM_NONE;
    parts_begin(o);
}

static void look_settled(copy_op *o);

/* HeadObject returned the ETag of the condition; GetObject must return it too. */
static void witness_done(void *ctx, bool same, const err *e)
{
    copy_op *o = ctx;
    UNUSED(e);
    if (!same) {
        op_finish(&o->op.base, &o->refusal);
        return;
    }
    log_warn("%s: HeadObject and GetObject show the same ETag: x-amz-copy-source-if-match is "
             "unusable in this store; ETags are compared before a copy",
             o->refusal.message);
    o->op.client->no_copy_if_match = true;
    look_settled(o);
}

static void witness_begin(copy_op *o)
{
    o->witness = (s3_version_look){.client = o->op.client,
                                   .bucket = o->from.bucket,
                                   .key = o->from.key,
                                   .etag = o->from.etag,
                                   .headers = o->from.own,
                                   .on_done = witness_done,
                                   .ctx = o};
    s3_version_look_start(&o->witness);
}

static void look_done(void *ctx, const err *e)
{
    copy_op *o = ctx;
    if (e) {
        op_finish(&o->op.base, o->doubted && e->code == ERR_S3_CHANGED ? &o->refusal : e);
        return;
    }
    if (o->options.on_pinned && !o->looked)
        o->options.on_pinned(o->options.ctx, o->from.etag);
    o->looked = true;
    if (o->doubted && source_condition(o))
        witness_begin(o);
    else
        look_settled(o);
}

static void look_settled(copy_op *o)
{
    if (o->from.size <= COPY_MAX_BYTES) {
        copy_begin(o);
        return;
    }
    o->from.on_done = tags_done;
    s3_copy_source_tags(&o->from);
}

static void look_begin(copy_op *o)
{
    o->from.on_done = look_done;
    s3_copy_source_look(&o->from);
}

/* --- COPY --- */

static bool copy_check(void *ctx, s3_request *r, err *e)
{
    copy_op *o = ctx;
    s3_xml_field etag = {.name = "ETag"};
    bool good =
        s3_xml_reply_read(buf_slice(&r->reply), "CopyObjectResult", &etag, 1, e) &&
        (s3_etag_is_present(etag.text) || err_set(e, ERR_S3_REPLY, "ETag is empty in the reply"));
    s3_xml_reply_deinit(&etag, 1);
    if (good)
        return true;
    e->code = ERR_S3_REPLY;
    /* retrying is harmless */
    e->cls = ++o->unproven < UNPROVEN_MAX ? ERR_CLASS_RETRY : ERR_CLASS_ITEM;
    return false;
}

/* --- PROVE --- */

static void proof_done(void *ctx, const char *etag, const s3_checksum *md5, const err *e)
{
    copy_op *o = ctx;
    err last = ERR_INIT;
    UNUSED(etag), UNUSED(md5);
    if (e)
        s3_proof_error(&o->doubt, e, &last);
    op_finish(&o->op.base, e ? &last : NULL);
}

static void proof_begin(copy_op *o)
{
    o->proof = (s3_proof){.client = o->op.client,
                          .bucket = o->to.bucket,
                          .key = o->to.key,
                          .headers = o->to.headers,
                          .size = o->from.size,
                          .checksum = o->from.checksum,
                          .source_etag = o->from.etag,
                          .began_ms = o->began_ms,
                          .on_done = proof_done,
                          .ctx = o};
    s3_proof_start(&o->proof);
}

static void source_known(void *ctx, const err *e)
{
    copy_op *o = ctx;
    err last = ERR_INIT;
    if (!e) {
        proof_begin(o);
        return;
    }
    s3_proof_error(&o->doubt, e, &last);
    op_finish(&o->op.base, &last);
}

static void prove(copy_op *o, const err *doubt)
{
    o->doubt = *doubt;
    s3_request_cancel(&o->request);
    if (o->looked) {
        proof_begin(o);
        return;
    }
    o->from.on_done = source_known;
    s3_copy_source_look(&o->from);
}

/* "InvalidRequest: The specified copy source is larger than the maximum allowable size for a copy
 * source: 5368709120" (only the store's text distinguishes this InvalidRequest), or EntityTooLarge. */
static bool is_too_large(const copy_op *o, const err *e)
{
    return !o->options.size_known && e->http_status == 400 &&
           (strcmp(e->s3_code, "EntityTooLarge") == 0 ||
            strstr(err_cause(e), "larger than the max"));
}

static void copy_done(void *ctx, s3_request *r, const err *e)
{
    copy_op *o = ctx;
    UNUSED(r);
    if (e && (is_too_large(o, e) || doubts_condition(o, e)))
        look_begin(o);
    else if (e && e->code == ERR_S3_REPLY && e->http_status == 0 && o->unproven > 0)
        prove(o, e);
    else
        op_finish(&o->op.base, e);
}

static void copy_begin(copy_op *o)
{
    s3_request *r = &o->request;
    o->began_ms = clock_now_ms(o->op.client->t);
    s3_request_cancel(r); /* the previous one, whose condition was in doubt */
    s3_fields_deinit(&o->created);
    *r = (s3_request){.operation = "CopyObject",
                      .method = "PUT",
                      .bucket = o->to.bucket,
                      .key = o->to.key,
                      .object_headers = o->to.headers,
                      .long_wait = true,
                      .error_in_ok = true,
                      .on_check = copy_check,
                      .on_done = copy_done,
                      .ctx = o};
    if (o->merges) /* all headers: the store then copies none */
        s3_fields_add(&o->created, o->from.fields.items, o->from.fields.count);
    if (o->merges || o->options.fields_only)
        s3_request_header(r, "x-amz-metadata-directive", "REPLACE");
    s3_fields_add(&o->created, o->to.fields.items, o->to.fields.count);
    r->more_headers = o->created.items;
    r->more_header_count = o->created.count;
    s3_request_header(r, "x-amz-copy-source", o->source);
    s3_request_header(r, "x-amz-copy-source-if-match", source_condition(o));
    s3_request_header(r, "If-None-Match", o->to.if_none_match);
    s3_request_start(o->op.client, r);
}

static void set_source(copy_op *o, const s3_copy_options *options)
{
    AUTO(buf) source = BUF(SOURCE_MAX_BYTES);
    buf_printf(&source, "/%s/", options->from_bucket);
    s3_uri_encode(slice_from(options->from_key), true, &source);
    o->source = buf_give(&source);
    o->from = (s3_copy_source){.client = o->op.client,
                               .bucket = xstrdup(options->from_bucket),
                               .key = xstrdup(options->from_key),
                               .etag = xstrdup_or_null(options->from_etag),
                               .headers = o->to.headers,
                               .ctx = o};
}

s3_op *s3_copy(s3_client *c, const s3_copy_options *options)
{
    copy_op *o = s3_op_new(c, &copy_kind, sizeof *o);
    o->options = *options;
    o->op.base.on_done = options->on_done;
    o->op.base.ctx = options->ctx;
    s3_destination_init(&o->to, options->to_bucket, options->to_key, options->headers);
    s3_destination_only(&o->to, options->if_none_match, NULL);
    set_source(o, options);
    s3_fields_add(&o->to.fields, options->fields, options->field_count);
    o->merges = !options->fields_only && s3_fields_describe_content(&o->to.fields);
    bool is_large = options->size_known && options->size_bytes > COPY_MAX_BYTES;
    bool wants_etag = options->on_pinned && !options->from_etag;
    bool compares = options->from_etag && !source_condition(o);
    if (is_large || wants_etag || compares || o->merges)
        look_begin(o);
    else
        copy_begin(o);
    return op_started(&o->op.base);
}
