/* Copies one object inside the store: CopyObject, or parallel UploadPartCopy above 5 GiB. */
#include "s3/put/copy_op.h"
#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/content_range.h"
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
 * TAGS    GetObjectTagging of the source, unless the copy     PARTS
 *         gets other tags
 * PARTS   s3/put/copy_parts.c over ranges of the source   end; VERIFY; again without tags or
 *                                                             checksums if the store has none
 * VERIFY  HeadObject of the copy: compares its checksum with  end
 *         the source's, if the parts had none
 * Every part has the source's ETag as a condition, so that a copy never mixes two versions. */

#define COPY_MAX_BYTES   ((uint64_t)5 << 30)
#define SOURCE_MAX_BYTES ((size_t)8192)
#define UNPROVEN_MAX     3 /* replies of CopyObject without an ETag */

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
    free(o->tags);
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

/* --- LOOK, TAGS --- */

const char *copy_source_condition(const copy_op *o)
{
    bool usable = !s3_etag_is_weak(o->from.etag) && !o->op.client->no_copy_if_match;
    return usable ? o->from.etag : NULL;
}

bool copy_doubts_condition(copy_op *o, const err *e)
{
    if (e->http_status != 412 || !copy_source_condition(o) || o->doubted)
        return false;
    o->refusal = *e;
    return o->doubted = true;
}

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
    copy_parts_begin(o);
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
                                   .query = o->from.version_query,
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
    if (o->doubted && copy_source_condition(o))
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
    if (o->tags)
        tags_done(o, NULL);
    else
        s3_copy_source_tags(&o->from);
}

void copy_look_begin(copy_op *o)
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
 * source: 5368709120" (only <Message> distinguishes this InvalidRequest), or EntityTooLarge. */
static bool is_too_large(const copy_op *o, const s3_reply *refusal)
{
    return !o->options.size_known && refusal->status == 400 &&
           (strcmp(refusal->code, "EntityTooLarge") == 0 ||
            strstr(refusal->words, "larger than the max"));
}

static void copy_done(void *ctx, s3_request *r, const err *e)
{
    copy_op *o = ctx;
    if (e && (is_too_large(o, &r->head) || copy_doubts_condition(o, e)))
        copy_look_begin(o);
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
    if (o->tags)
        s3_request_header(r, "x-amz-tagging-directive", "REPLACE");
    s3_fields_set(&o->created, "x-amz-tagging", o->tags && *o->tags ? o->tags : NULL);
    r->more_headers = o->created.items;
    r->more_header_count = o->created.count;
    s3_request_header(r, "x-amz-copy-source", o->source);
    s3_request_header(r, "x-amz-copy-source-if-match", copy_source_condition(o));
    s3_request_header(r, "If-None-Match", o->to.if_none_match);
    s3_request_start(o->op.client, r);
}

static void set_source(copy_op *o, const s3_copy_options *options)
{
    AUTO(buf) source = BUF(SOURCE_MAX_BYTES);
    buf_printf(&source, "/%s/", options->from_bucket);
    s3_uri_encode(slice_from(options->from_key), true, &source);
    AUTO_FREE char *version = s3_version_query(options->from_version_id);
    buf_printf(&source, "%s%s", version ? "?" : "", version ? version : "");
    o->source = buf_give(&source);
    o->from = (s3_copy_source){.client = o->op.client,
                               .bucket = xstrdup(options->from_bucket),
                               .key = xstrdup(options->from_key),
                               .version_query = move(version),
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
    o->tags = xstrdup_or_null(options->tags);
    s3_fields_add(&o->to.fields, options->fields, options->field_count);
    o->merges = !options->fields_only && s3_fields_describe_content(&o->to.fields);
    bool is_large = options->size_known && options->size_bytes > COPY_MAX_BYTES;
    bool wants_etag = options->on_pinned && !options->from_etag;
    bool compares = options->from_etag && !copy_source_condition(o);
    if (is_large || wants_etag || compares || o->merges)
        copy_look_begin(o);
    else
        copy_begin(o);
    return op_started(&o->op.base);
}
