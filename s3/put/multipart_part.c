/* The parts of a multipart upload: prepared, sent in parallel, and counted when stored. */
#include "decon/base/log.h"
#include "s3/put/destination.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/protocol/xml_reply.h"

/* part      next
 * waiting   prepared, when the upload has its id (parts of s3_multipart_add may exist before)
 * prepared  sent, when the source has hashed it; or the end of the upload
 * sent      prepared, if the store reports it altered (three times); or freed: it has a result */

#define QUERY_MAX_BYTES ((size_t)8192)

/* --- the end --- */

void s3_part_free(s3_part *part)
{
    s3_multipart *m = part->upload;
    s3_request_cancel(&part->request);
    op_cancel(part->job);
    list_remove(&m->parts, &part->link);
    s3_bytes_drop(part->bytes);
    buf_deinit(&part->query);
    free(part->etag);
    free(part);
}

/* --- the reply: UploadPart answers in headers, UploadPartCopy in its body --- */

/* A reply that confirms nothing: the part is sent again, which replaces it. */
static bool unproven(err *e)
{
    e->code = ERR_S3_REPLY;
    e->cls = ERR_CLASS_RETRY;
    return false;
}

static bool part_head(void *ctx, const http_reply *reply, err *e)
{
    s3_part *part = ctx;
    if (part->upload->source->body_root)
        return true;
    s3_checksum found = s3_checksum_of_reply(reply);
    const char *etag = s3_etag_of_reply(reply, e);
    free(move(part->etag));
    if (!etag) {
        /* The body may contain the reason: part_check refuses it when it is complete. */
        *e = (err)ERR_INIT;
        return true;
    }
    part->etag = xstrdup(etag);
    if (found.kind == S3_CHECKSUM_NONE || found.kind != part->checksum.kind ||
        s3_checksum_equal(&found, &part->checksum))
        return true;
    (void)err_set(e, ERR_S3_CHECKSUM, "%s is %s in the reply, the part's is %s",
                  s3_checksum_header(found.kind), found.text, part->checksum.text);
    e->cls = ERR_CLASS_ITEM; /* part_done prepares it again */
    return false;
}

static bool bare_check(const s3_part *part, const s3_request *r, err *e)
{
    if (!s3_reply_is_bare(&r->head, buf_slice(&r->reply), e))
        return unproven(e);
    if (part->etag)
        return true;
    (void)err_set(e, ERR_S3_REPLY, "ETag is missing, empty or ambiguous in the reply");
    return unproven(e);
}

/* The store has hashed the bytes that it copied. */
static bool take_checksum(s3_part *part, const char *name, const char *text, err *e)
{
    s3_multipart *m = part->upload;
    if (m->checksum == S3_CHECKSUM_NONE || (text && s3_crc_of_text(m->checksum, text, &part->crc)))
        return true;
    m->no_part_checksum = true;
    return err_set(e, ERR_S3_REPLY, "%s is missing in the reply", name);
}

static bool copy_check(s3_part *part, const s3_request *r, err *e)
{
    const s3_multipart *m = part->upload;
    char name[32];
    snprintf(name, sizeof name, "Checksum%s", s3_checksum_name(m->checksum));
    s3_xml_field fields[] = {{.name = "ETag"}, {.name = name, .optional = true}};
    free(move(part->etag));
    bool read =
        s3_xml_reply_read(buf_slice(&r->reply), m->source->body_root, fields, ARRAY_LEN(fields), e);
    if (read && !s3_etag_is_present(fields[0].text))
        read = err_set(e, ERR_S3_REPLY, "ETag is empty in the reply");
    bool good = read ? take_checksum(part, name, fields[1].text, e) : unproven(e);
    if (good)
        part->etag = move(fields[0].text);
    s3_xml_reply_deinit(fields, ARRAY_LEN(fields));
    return good;
}

static bool part_check(void *ctx, s3_request *r, err *e)
{
    s3_part *part = ctx;
    return part->upload->source->body_root ? copy_check(part, r, e) : bare_check(part, r, e);
}

static void part_done(void *ctx, s3_request *r, const err *e)
{
    s3_part *part = ctx;
    s3_multipart *m = part->upload;
    if (s3_digest_again(&part->times, e)) {
        log_warn("%s: hashing and sending part %u again", e->message, part->number);
        s3_request_cancel(r);
        m->source->prepare(m->ctx, part);
        return;
    }
    if (e) {
        s3_multipart_finish(m, e);
        return;
    }
    s3_part_result *result = &m->results[part->number - 1];
    result->etag = move(part->etag);
    result->crc = part->crc;
    result->len = part->len;
    m->sent += part->len;
    s3_part_free(part);
    s3_multipart_go_on(m);
    if (!m->cancelled)
        m->on_progress(m->ctx, m->sent);
}

/* --- for the source --- */

/* The source adds body or headers. */
void s3_multipart_request(s3_part *part)
{
    s3_multipart *m = part->upload;
    part->request = (s3_request){.operation = m->source->operation,
                                 .method = "PUT",
                                 .bucket = m->bucket,
                                 .key = m->key,
                                 .query = buf_str(&part->query),
                                 .object_headers = m->headers,
                                 .error_in_ok = true,
                                 .on_head = part_head,
                                 .on_check = part_check,
                                 .on_refusal = s3_refuses_digest,
                                 .on_done = part_done,
                                 .ctx = part};
}

void s3_part_take_hash(s3_part *part, s3_hash_task *task)
{
    part->crc = task->hash.crc;
    part->checksum = s3_hash_final(&task->hash);
    memcpy(part->sha256_hex, task->sha256_hex, sizeof part->sha256_hex);
}

void s3_multipart_send(s3_part *part)
{
    s3_request *r = &part->request;
    if (part->checksum.kind != S3_CHECKSUM_NONE)
        s3_request_header(r, s3_checksum_header(part->checksum.kind), part->checksum.text);
    r->payload_sha256 = part->sha256_hex[0] ? part->sha256_hex : NULL;
    s3_request_start(part->upload->client, r);
}

void s3_multipart_fail(s3_part *part, const err *e)
{
    s3_multipart_finish(part->upload, e);
}

/* --- the start --- */

static s3_part *part_new(s3_multipart *m, uint64_t offset, uint64_t len)
{
    s3_part *part = xcalloc(1, sizeof *part);
    part->upload = m;
    part->number = m->next_part++;
    part->offset = offset;
    part->len = len;
    list_append(&m->parts, &part->link);
    buf_init(&part->query, QUERY_MAX_BYTES);
    return part;
}

static void part_prepare(s3_part *part)
{
    s3_multipart *m = part->upload;
    buf_printf(&part->query, "partNumber=%u&uploadId=", part->number);
    s3_uri_encode(slice_from(m->upload_id), false, &part->query);
    m->source->prepare(m->ctx, part);
}

static void fill_window(s3_multipart *m)
{
    while (m->parts.count < m->client->max_in_flight && m->next_part <= m->part_count) {
        uint64_t offset = (uint64_t)(m->next_part - 1) * m->part_bytes;
        part_prepare(part_new(m, offset, MIN(m->part_bytes, m->size - offset)));
    }
}

void s3_multipart_add(s3_multipart *m, s3_bytes *bytes)
{
    s3_part *part = part_new(m, m->size, bytes->len);
    part->bytes = s3_bytes_share(bytes);
    m->size += bytes->len;
    m->part_count++;
    if (m->state == S3_MULTIPART_PARTS)
        part_prepare(part);
}

void s3_multipart_end(s3_multipart *m)
{
    m->open = false;
    if (m->state == S3_MULTIPART_PARTS)
        s3_multipart_go_on(m);
}

void s3_multipart_parts_begin(s3_multipart *m)
{
    m->state = S3_MULTIPART_PARTS;
    LIST_EACH (part, &m->parts, s3_part, link)
        part_prepare(part);
    s3_multipart_go_on(m);
}

void s3_multipart_go_on(s3_multipart *m)
{
    if (!m->open)
        fill_window(m);
    if (m->parts.count == 0 && !m->open)
        s3_multipart_complete(m);
}
