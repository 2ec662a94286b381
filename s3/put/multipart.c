#include "s3/put/multipart.h"

#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/xml.h"
#include "s3/protocol/xml_reply.h"

/* state       request                      next
 * CREATE      CreateMultipartUpload        PARTS
 * PARTS       UploadPart, many at a time   COMPLETE
 * COMPLETE    CompleteMultipartUpload      end if the reply has an ETag; CONFIRM if three replies have
 *                                          none, or an earlier attempt may have completed it
 * CONFIRM     HeadObject (proof.c)         end: the object exists, or not
 * ABORT       AbortMultipartUpload         freed (in the background, without callback)
 * An error in PARTS or COMPLETE is reported at once and leads to ABORT, as does a cancel. A cancel in
 * CREATE waits for the upload's id, which the abort needs. */

#define COMPLETE_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define QUERY_MAX_BYTES    ((size_t)8192)
#define UNPROVEN_MAX       3 /* replies of CompleteMultipartUpload without an ETag */

bool s3_refuses_digest(void *ctx, const s3_reply *head)
{
    UNUSED(ctx);
    return strcmp(head->code, "BadDigest") == 0 ||
           strcmp(head->code, "XAmzContentSHA256Mismatch") == 0 ||
           strcmp(head->code, "XAmzContentChecksumMismatch") == 0;
}

/* --- the end: success, or followed by an abort --- */

static void parts_free(s3_multipart *m)
{
    LIST_EACH (part, &m->parts, s3_part, link)
        s3_part_free(part);
}

void s3_multipart_free(s3_multipart *m)
{
    parts_free(m);
    s3_request_cancel(&m->request);
    s3_proof_cancel(&m->proof);
    for (unsigned i = 0; m->results && i < m->part_count; i++)
        free(m->results[i].etag);
    free(move(m->results));
    buf_deinit(&m->query);
    buf_deinit(&m->body);
    free(move(m->upload_id));
    free(move(m->etag));
}

static void request_begin(s3_multipart *m, const char *operation, const char *method,
                          void (*on_done)(void *ctx, s3_request *r, const err *e))
{
    s3_request_cancel(&m->request);
    m->request = (s3_request){.operation = operation,
                              .method = method,
                              .bucket = m->bucket,
                              .key = m->key,
                              .query = buf_str(&m->query),
                              .object_headers = m->headers,
                              .on_done = on_done,
                              .ctx = m};
}

static void abort_done(void *ctx, s3_request *r, const err *e)
{
    s3_multipart *m = ctx;
    UNUSED(r);
    if (e && e->http_status != 404) /* 404: it does not exist, as intended */
        log_warn("%s: the parts remain in the store until a lifecycle rule removes them",
                 e->message);
    m->on_gone(m->ctx);
}

static void upload_query(const s3_multipart *m, buf *query)
{
    buf_append_str(query, "uploadId=");
    s3_uri_encode(slice_from(m->upload_id), false, query);
}

static void upload_abort(s3_multipart *m)
{
    parts_free(m);
    s3_proof_cancel(&m->proof);
    m->state = S3_MULTIPART_ABORT;
    buf_clear(&m->query);
    upload_query(m, &m->query);
    request_begin(m, "AbortMultipartUpload", "DELETE", abort_done);
    s3_request_start(m->client, &m->request);
}

void s3_multipart_finish(s3_multipart *m, const err *e)
{
    if (!m->cancelled)
        m->on_done(m->ctx, m->etag, e);
    m->cancelled = true; /* no callbacks after this */
    if (e && m->upload_id)
        upload_abort(m);
    else
        m->on_gone(m->ctx);
}

void s3_multipart_cancel(s3_multipart *m)
{
    m->cancelled = true;
    if (m->state == S3_MULTIPART_ABORT ||
        (m->state == S3_MULTIPART_CREATE && m->request.state == S3_REQUEST_FLYING))
        return;
    if (m->upload_id)
        upload_abort(m);
    else
        m->on_gone(m->ctx);
}

/* --- CONFIRM: whether the object exists, regardless of the replies --- */

static void confirm_done(void *ctx, const char *etag, const s3_checksum *md5, const err *e)
{
    s3_multipart *m = ctx;
    err last = ERR_INIT;
    UNUSED(md5);
    if (!e) {
        free(m->etag);
        m->etag = xstrdup(etag);
        s3_multipart_finish(m, NULL);
        return;
    }
    bool differs = e->code == ERR_S3_CHANGED || e->code == ERR_S3_NOT_FOUND;
    if (m->doubt.code != ERR_NONE) {
        s3_proof_error(&m->doubt, e, &last);
    } else if (!differs) {
        last = *e;
    } else {
        if (m->if_none_match || m->if_match)
            (void)err_set(&last, ERR_S3_CHANGED,
                          "CompleteMultipartUpload: another object exists; it was not "
                          "overwritten");
        else
            (void)err_set(&last, ERR_S3_REPLY,
                          "CompleteMultipartUpload: the store has lost the multipart upload; "
                          "upload the object again");
        s3_name_error(&last, m->bucket, m->key);
    }
    s3_multipart_finish(m, &last);
}

static void upload_confirm(s3_multipart *m)
{
    s3_request_cancel(&m->request);
    m->state = S3_MULTIPART_CONFIRM;
    m->proof = (s3_proof){.client = m->client,
                          .bucket = m->bucket,
                          .key = m->key,
                          .headers = m->headers,
                          .size = m->size,
                          .checksum = m->whole,
                          .part_count = m->part_count,
                          .began_ms = m->began_ms,
                          .on_done = confirm_done,
                          .ctx = m};
    s3_proof_start(&m->proof);
}

/* --- COMPLETE --- */

/* A reply about another key does not confirm anything. */
static bool completed_ours(const s3_multipart *m, const char *key, err *e)
{
    return !key || strcmp(key, m->key) == 0 ||
           err_set(e, ERR_S3_REPLY, "the reply names another key ('%.100s')", key);
}

static bool complete_check(void *ctx, s3_request *r, err *e)
{
    s3_multipart *m = ctx;
    s3_xml_field fields[] = {{.name = "ETag"}, {.name = "Key", .optional = true}};
    free(move(m->etag));
    m->doubt = (err)ERR_INIT;
    bool good = s3_xml_reply_read(buf_slice(&r->reply), "CompleteMultipartUploadResult", fields,
                                  ARRAY_LEN(fields), &m->doubt) &&
                (s3_etag_is_present(fields[0].text) ||
                 err_set(&m->doubt, ERR_S3_REPLY, "ETag is empty in the reply")) &&
                completed_ours(m, fields[1].text, &m->doubt);
    if (good)
        m->etag = move(fields[0].text);
    s3_xml_reply_deinit(fields, ARRAY_LEN(fields));
    if (good)
        return true;
    m->doubt.code = ERR_S3_REPLY;
    m->doubt.cls = ++m->unproven < UNPROVEN_MAX ? ERR_CLASS_RETRY : ERR_CLASS_ITEM;
    *e = m->doubt;
    return false;
}

/* After a conflict the upload must start over, according to S3's documentation. */
static bool complete_refused(void *ctx, const s3_reply *head)
{
    return strcmp(head->code, "ConditionalRequestConflict") == 0 || s3_refuses_digest(ctx, head);
}

static void complete_done(void *ctx, s3_request *r, const err *e)
{
    s3_multipart *m = ctx;
    bool gone = e && (strcmp(e->s3_code, "NoSuchUpload") == 0 || e->http_status == 412);
    bool unproven = e && e->code == ERR_S3_REPLY && e->http_status == 0 && m->unproven > 0;
    if (unproven)
        m->doubt = *e;
    else
        m->doubt = (err)ERR_INIT;
    if (unproven || (gone && s3_was_tried_before(r)))
        upload_confirm(m);
    else
        s3_multipart_finish(m, e);
}

static void list_parts(s3_multipart *m)
{
    const char *kind = s3_checksum_name(m->checksum);
    buf_clear(&m->body);
    buf_append_str(&m->body, "<CompleteMultipartUpload>");
    for (unsigned i = 0; i < m->part_count; i++) {
        buf_printf(&m->body, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
        s3_xml_escape(slice_from(m->results[i].etag), &m->body);
        buf_append_str(&m->body, "</ETag>");
        if (m->checksum != S3_CHECKSUM_NONE) {
            s3_checksum sum = s3_checksum_of_crc(m->checksum, m->results[i].crc);
            buf_printf(&m->body, "<Checksum%s>%s</Checksum%s>", kind, sum.text, kind);
        }
        buf_append_str(&m->body, "</Part>");
    }
    buf_append_str(&m->body, "</CompleteMultipartUpload>");
}

static s3_checksum whole_checksum(const s3_multipart *m)
{
    if (m->checksum == S3_CHECKSUM_NONE)
        return (s3_checksum){.kind = S3_CHECKSUM_NONE};
    uint64_t crc = m->results[0].crc;
    for (unsigned i = 1; i < m->part_count; i++)
        crc = s3_crc_combine(m->checksum, crc, m->results[i].crc, m->results[i].len);
    return s3_checksum_of_crc(m->checksum, crc);
}

static bool is_as_expected(const s3_multipart *m, err *e)
{
    if (m->expected.kind == S3_CHECKSUM_NONE || m->expected.kind != m->whole.kind ||
        s3_checksum_equal(&m->expected, &m->whole))
        return true;
    return err_set(e, ERR_S3_CHECKSUM, "the %s of all parts is %s, the source's is %s",
                   s3_checksum_name(m->whole.kind), m->whole.text, m->expected.text);
}

void s3_multipart_complete(s3_multipart *m)
{
    err e = ERR_INIT;
    m->state = S3_MULTIPART_COMPLETE;
    m->whole = whole_checksum(m);
    if (!is_as_expected(m, &e)) {
        s3_name_error(&e, m->bucket, m->key);
        s3_multipart_finish(m, &e);
        return;
    }
    buf_clear(&m->query);
    upload_query(m, &m->query);
    list_parts(m);
    request_begin(m, "CompleteMultipartUpload", "POST", complete_done);
    m->request.body = buf_slice(&m->body);
    m->request.long_wait = m->request.error_in_ok = true;
    m->request.on_check = complete_check;
    m->request.on_refusal = complete_refused;
    s3_request_header(&m->request, "Content-Type", "application/xml");
    s3_request_header(&m->request, "If-None-Match", m->if_none_match);
    s3_request_header(&m->request, "If-Match", m->if_match);
    if (m->whole.kind != S3_CHECKSUM_NONE) {
        s3_request_header(&m->request, s3_checksum_header(m->whole.kind), m->whole.text);
        s3_request_header(&m->request, "x-amz-checksum-type", "FULL_OBJECT");
    }
    s3_request_start(m->client, &m->request);
}

/* --- CREATE --- */

bool s3_multipart_take_id(const s3_request *r, char **upload_id, err *e)
{
    s3_xml_field id = {.name = "UploadId"};
    free(move(*upload_id));
    if (s3_xml_reply_read(buf_slice(&r->reply), "InitiateMultipartUploadResult", &id, 1, e)) {
        *upload_id = id.text;
        return true;
    }
    s3_xml_reply_deinit(&id, 1);
    bool broken = e->code == ERR_PARSE;
    e->code = ERR_S3_REPLY;
    e->cls = broken ? ERR_CLASS_RETRY : ERR_CLASS_ITEM;
    return false;
}

static bool create_check(void *ctx, s3_request *r, err *e)
{
    s3_multipart *m = ctx;
    return s3_multipart_take_id(r, &m->upload_id, e);
}

static void create_done(void *ctx, s3_request *r, const err *e)
{
    s3_multipart *m = ctx;
    UNUSED(r);
    if (e) {
        s3_multipart_finish(m, e);
    } else if (m->cancelled) {
        upload_abort(m);
    } else {
        s3_multipart_parts_begin(m);
    }
}

void s3_multipart_start(s3_multipart *m)
{
    m->state = S3_MULTIPART_CREATE;
    m->open = m->part_bytes == 0;
    if (!m->open)
        m->part_count = (unsigned)((m->size + m->part_bytes - 1) / m->part_bytes);
    m->results = xcalloc(m->open ? S3_PARTS_MAX : m->part_count, sizeof *m->results);
    m->next_part = 1;
    buf_init(&m->query, QUERY_MAX_BYTES);
    buf_init(&m->body, COMPLETE_MAX_BYTES);
    buf_append_str(&m->query, "uploads=");
    request_begin(m, "CreateMultipartUpload", "POST", create_done);
    m->began_ms = clock_now_ms(m->client->t);
    m->request.on_check = create_check;
    m->request.error_in_ok = true;
    m->request.more_headers = m->create_headers;
    m->request.more_header_count = m->create_header_count;
    if (m->checksum != S3_CHECKSUM_NONE) {
        s3_request_header(&m->request, "x-amz-checksum-algorithm", s3_checksum_name(m->checksum));
        s3_request_header(&m->request, "x-amz-checksum-type", "FULL_OBJECT");
    }
    s3_request_start(m->client, &m->request);
}
