#include "base/util.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/store/uploads.h"
#include "s3/serve/protocol/xml.h"
#include "s3/protocol/xml.h"

#define LIST_PARTS_MAX   1000
#define LIST_UPLOADS_MAX 1000

static upload_ref ref_of(const exchange *x)
{
    return (upload_ref){x->store, x->target.bucket, exchange_key(x),
                        target_param(&x->target, "uploadId")};
}

static void open_result(const exchange *x, buf *body, const char *element)
{
    buf_printf(body, XML_HEAD "<%s " XML_NAMESPACE ">", element);
    xml_element_str(body, "Bucket", x->target.bucket);
    if (x->target.key.len > 0)
        xml_element(body, "Key", exchange_key(x));
}

/* The checksum of the new object: the default type is that of S3. */
static bool choose_checksum(const exchange *x, object_meta *meta, err *e)
{
    const char *name = exchange_header(x, "x-amz-checksum-algorithm");
    const char *type = exchange_header(x, "x-amz-checksum-type");
    if (!name)
        return true;
    if (!checksum_kind_parse(name, &meta->checksum_kind))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The checksum algorithm %s is not supported here: CRC32, CRC32C, "
                                 "CRC64NVME, SHA1 and SHA256 are.",
                                 name);
    meta->composite =
        type ? str_equal(type, "COMPOSITE") : meta->checksum_kind != CHECKSUM_CRC64NVME;
    if (type && !meta->composite && !str_equal(type, "FULL_OBJECT"))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Value for x-amz-checksum-type is "
                                 "invalid.");
    bool possible = meta->composite ? meta->checksum_kind != CHECKSUM_CRC64NVME
                                    : checksum_can_combine(meta->checksum_kind);
    return possible ||
           s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                             "The %s checksum type cannot be used with the %s "
                             "checksum algorithm.",
                             op_checksum_type(meta), checksum_name(meta->checksum_kind));
}

static void reply_created(exchange *x, const object_meta *meta, const char *id)
{
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    open_result(x, &body, "InitiateMultipartUploadResult");
    xml_element_str(&body, "UploadId", id);
    buf_append_str(&body, "</InitiateMultipartUploadResult>");
    op_add_encryption_headers(x, meta);
    if (meta->checksum_kind != CHECKSUM_NONE) {
        exchange_add_header(x, "x-amz-checksum-algorithm", "%s",
                            checksum_name(meta->checksum_kind));
        exchange_add_header(x, "x-amz-checksum-type", "%s", op_checksum_type(meta));
    }
    exchange_reply_xml(x, 200, &body);
}

bool op_create_upload(exchange *x, err *e)
{
    char id[UPLOAD_ID_SIZE];
    object_meta meta = {0};
    if (!op_keep_headers(x, &meta, e) || !op_keep_tags(x, &meta, e) ||
        !choose_checksum(x, &meta, e) ||
        !upload_create(x->store, x->target.bucket, exchange_key(x), &meta, id, e))
        return false;
    reply_created(x, &meta, id);
    return true;
}

bool op_part_request(const exchange *x, unsigned *number, object_meta *upload, err *e)
{
    uint64_t value = 0;
    upload_ref u = ref_of(x);
    if (!target_param_number(&x->target, "partNumber", 0, UINT64_MAX, &value, e))
        return false;
    if (value < 1 || value > UPLOAD_PARTS_MAX)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "Part number must be an integer between 1 and 10000.");
    *number = (unsigned)value;
    return upload_meta_read(&u, upload, e) && op_check_reader_key(x, upload, false, e);
}

/* An upload without an algorithm accepts parts with any: current SDKs add a checksum to each
 * part by default. */
static bool check_part_kind(const exchange *x, const object_meta *upload, err *e)
{
    if (x->sent.kind == CHECKSUM_NONE || upload->checksum_kind == CHECKSUM_NONE ||
        x->sent.kind == upload->checksum_kind)
        return true;
    return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                             "Checksum Type mismatch occurred, expected checksum Type: %s, actual "
                             "checksum Type: %s",
                             checksum_name(upload->checksum_kind), checksum_name(x->sent.kind));
}

bool op_upload_part(exchange *x, err *e)
{
    unsigned number = 0;
    object_meta meta = {0}, upload;
    upload_ref u = ref_of(x);
    if (!op_part_request(x, &number, &upload, e) || !check_part_kind(x, &upload, e) ||
        !exchange_check_body(x, &meta, e) || !upload_put_part(&u, number, &x->in, &meta, e))
        return false;
    exchange_add_header(x, "ETag", "%s", meta.etag);
    op_add_checksum_headers(x, &meta);
    op_add_encryption_headers(x, &upload);
    exchange_reply(x, 200, (slice){0});
    return true;
}

typedef struct part_list {
    upload_part *parts;
    size_t count;
    upload_part now;
} part_list;

static bool take_part(part_list *list, err *e)
{
    if (list->now.number == 0 || !list->now.etag[0] || list->count == UPLOAD_PARTS_MAX)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    list->parts[list->count++] = list->now;
    list->now = (upload_part){0};
    return true;
}

static bool take_part_checksum(part_list *list, const char *path, const char *text)
{
    static const char parent[] = "CompleteMultipartUpload/Part/";
    if (!str_starts_with(path, parent))
        return false;
    for (checksum_kind kind = CHECKSUM_NONE + 1; kind < CHECKSUM_KINDS; kind++)
        if (str_equal(path + strlen(parent), checksum_element(kind))) {
            snprintf(list->now.checksum, sizeof list->now.checksum, "%s", text);
            list->now.checksum_kind = kind;
            return true;
        }
    return false;
}

static bool on_part_element(void *ctx, const char *path, const char *text, err *e)
{
    part_list *list = ctx;
    uint64_t number = 0;
    if (str_equal(path, "CompleteMultipartUpload/Part"))
        return take_part(list, e);
    if (str_equal(path, "CompleteMultipartUpload/Part/ETag"))
        snprintf(list->now.etag, sizeof list->now.etag, "%s", text);
    if (!str_equal(path, "CompleteMultipartUpload/Part/PartNumber"))
        return str_equal(path, "CompleteMultipartUpload") ||
               str_equal(path, "CompleteMultipartUpload/Part/ETag") ||
               take_part_checksum(list, path, text) ||
               s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "%s is not implemented here.", path);
    if (!num_parse_u64(text, &number) || number < 1 || number > UPLOAD_PARTS_MAX)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    list->now.number = (unsigned)number;
    return true;
}

static bool read_ending(exchange *x, part_list *list, upload_ending *ending, err *e)
{
    const char *size = exchange_header(x, "x-amz-mp-object-size");
    if (!op_write_condition(x, &ending->condition, e) ||
        !exchange_sent_checksum(x, &ending->sent, e))
        return false;
    ending->size_known = size != NULL;
    if (size && !num_parse_u64(size, &ending->size_bytes))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Value for x-amz-mp-object-size header is invalid.");
    if (!s3_xml_read(buf_slice(&x->xml), on_part_element, list, e) || list->count == 0)
        return e->s3_code[0] ? false : s3_refuse(e, REFUSE_MALFORMED_XML);
    ending->parts = list->parts;
    ending->count = list->count;
    return true;
}

static bool complete(exchange *x, object_meta *meta, err *e)
{
    upload_ref u = ref_of(x);
    upload_ending ending = {0};
    if (!upload_check(&u, e))
        return false;
    part_list list = {.parts = xcalloc(UPLOAD_PARTS_MAX, sizeof(upload_part))};
    bool ok = read_ending(x, &list, &ending, e) && upload_complete(&u, &ending, meta, e);
    free(list.parts);
    return ok;
}

bool op_complete_upload(exchange *x, err *e)
{
    object_meta meta;
    if (!complete(x, &meta, e))
        return false;
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    open_result(x, &body, "CompleteMultipartUploadResult");
    xml_element_str(&body, "ETag", meta.etag);
    op_append_checksum(&body, &meta);
    buf_append_str(&body, "</CompleteMultipartUploadResult>");
    op_add_version_header(x, &meta);
    op_add_encryption_headers(x, &meta);
    exchange_reply_xml(x, 200, &body);
    return true;
}

bool op_abort_upload(exchange *x, err *e)
{
    upload_ref u = ref_of(x);
    if (!upload_abort(&u, e))
        return false;
    exchange_reply(x, 204, (slice){0});
    return true;
}

typedef struct part_page {
    buf *body;
    uint64_t after, max, count, last;
    bool truncated;
} part_page;

static bool on_listed_part(void *ctx, unsigned number, const object_meta *meta, err *e)
{
    UNUSED(e);
    part_page *p = ctx;
    if (number <= p->after)
        return true;
    if (p->count == p->max) {
        p->truncated = true;
        return true;
    }
    buf_append_str(p->body, "<Part>");
    xml_element_number(p->body, "PartNumber", number);
    xml_element_time(p->body, "LastModified", meta->modified_s);
    xml_element_str(p->body, "ETag", meta->etag);
    xml_element_number(p->body, "Size", meta->size_bytes);
    if (meta->checksum[0])
        xml_element_str(p->body, checksum_element(meta->checksum_kind), meta->checksum);
    buf_append_str(p->body, "</Part>");
    p->last = number;
    p->count++;
    return true;
}

bool op_list_parts(exchange *x, err *e)
{
    upload_ref u = ref_of(x);
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    part_page page = {.body = &body};
    if (!upload_check(&u, e) ||
        !target_param_number(&x->target, "part-number-marker", 0, UINT64_MAX, &page.after, e) ||
        !target_param_number(&x->target, "max-parts", LIST_PARTS_MAX, LIST_PARTS_MAX, &page.max, e))
        return false;
    open_result(x, &body, "ListPartsResult");
    xml_element_str(&body, "UploadId", u.id);
    xml_element_number(&body, "PartNumberMarker", page.after);
    xml_element_number(&body, "MaxParts", page.max);
    if (!upload_each_part(&u, on_listed_part, &page, e))
        return false;
    if (page.truncated)
        xml_element_number(&body, "NextPartNumberMarker", page.last);
    xml_element_str(&body, "IsTruncated", page.truncated ? "true" : "false");
    buf_append_str(&body, "</ListPartsResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}

static void append_upload(const exchange *x, buf *body, const upload_info *info)
{
    slice key = slice_from(info->key);
    buf_append_str(body, "<Upload>");
    if (target_param(&x->target, "encoding-type"))
        xml_element_url(body, "Key", key);
    else
        xml_element(body, "Key", key);
    xml_element_str(body, "UploadId", info->id);
    xml_element_time(body, "Initiated", info->initiated_s);
    buf_append_str(body, "</Upload>");
}

/* Whether the upload is before the start of the page: ids are compared only for equal keys. */
static bool is_before_page(const upload_info *info, const char *key_marker, const char *id_marker)
{
    int order = key_marker ? strcmp(info->key, key_marker) : 1;
    if (order != 0)
        return order < 0;
    return !id_marker || strcmp(info->id, id_marker) <= 0;
}

bool op_list_uploads(exchange *x, err *e)
{
    const char *prefix = target_param(&x->target, "prefix");
    const char *key_marker = target_param(&x->target, "key-marker");
    const char *id_marker = target_param(&x->target, "upload-id-marker");
    AUTO(upload_list) uploads = {0};
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    uint64_t max = 0, count = 0;
    const upload_info *last = NULL;
    bool truncated = false;
    if (!target_param_number(&x->target, "max-uploads", LIST_UPLOADS_MAX, LIST_UPLOADS_MAX, &max,
                             e) ||
        !upload_list_read(x->store, x->target.bucket, &uploads, e))
        return false;
    open_result(x, &body, "ListMultipartUploadsResult");
    for (size_t i = 0; i < uploads.count && !truncated; i++) {
        const upload_info *info = &uploads.items[i];
        if (!str_starts_with(info->key, prefix ? prefix : "") ||
            is_before_page(info, key_marker, id_marker))
            continue;
        truncated = count == max;
        if (truncated)
            break;
        append_upload(x, &body, info);
        last = info;
        count++;
    }
    if (truncated && last) {
        xml_element_str(&body, "NextKeyMarker", last->key);
        xml_element_str(&body, "NextUploadIdMarker", last->id);
    }
    xml_element_str(&body, "IsTruncated", truncated ? "true" : "false");
    buf_append_str(&body, "</ListMultipartUploadsResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}
