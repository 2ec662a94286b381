/* CopyObject and UploadPartCopy. */
#include <strings.h>
#include <unistd.h>

#include "base/util.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/store/uploads.h"
#include "s3/serve/store/versions.h"
#include "s3/serve/protocol/xml.h"

#define COPY_SIZE_MAX (5ULL * 1024 * 1024 * 1024)

static bool check_source(const exchange *x, const object_meta *from, err *e)
{
    if (from->is_marker)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The source of a copy request may not specifically refer to a "
                                 "delete marker by version id.");
    if (op_read_condition(x, "x-amz-copy-source-", from) != READ_GO)
        return s3_refuse(e, REFUSE_PRECONDITION_FAILED);
    return op_check_readable(from, e) && op_check_reader_key(x, from, true, e);
}

static bool replaces_metadata(const exchange *x)
{
    const char *directive = exchange_header(x, "x-amz-metadata-directive");
    return directive && strcasecmp(directive, "REPLACE") == 0;
}

static bool replaces_tags(const exchange *x)
{
    const char *directive = exchange_header(x, "x-amz-tagging-directive");
    return directive && strcasecmp(directive, "REPLACE") == 0;
}

/* A copy onto the object itself must change something. */
static bool changes_something(const exchange *x)
{
    return replaces_metadata(x) || replaces_tags(x) || exchange_header(x, "x-amz-storage-class") ||
           exchange_header(x, "x-amz-server-side-encryption") ||
           exchange_header(x, "x-amz-server-side-encryption-customer-algorithm") ||
           exchange_header(x, "x-amz-checksum-algorithm");
}

static int open_source(exchange *x, bool may_be_target, object_meta *from, err *e)
{
    AUTO_FREE char *bucket = NULL;
    AUTO_FREE char *version = NULL;
    AUTO(buf) key = BUF(LAYOUT_KEY_BYTES_MAX);
    if (!target_copy_source(exchange_header(x, "x-amz-copy-source"), &bucket, &key, &version, e) ||
        !store_bucket_check(x->store, bucket, e))
        return -1;
    if (!may_be_target && !version && str_equal(bucket, x->target.bucket) &&
        slice_equal(buf_slice(&key), exchange_key(x))) {
        s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                          "This copy request is illegal because it is trying to copy an object to "
                          "itself without changing its metadata, storage class or encryption.");
        return -1;
    }
    AUTO_FD fd = store_version_open(x->store, bucket, buf_slice(&key), version, from, e);
    if (fd < 0 || !check_source(x, from, e))
        return -1;
    if (versions_state(x->store, bucket) != VERSIONING_NEVER)
        exchange_add_header(x, "x-amz-copy-source-version-id", "%s", versions_id(from));
    int taken = fd;
    fd = -1;
    return taken;
}

/* A copy keeps type and metadata of the source; class and encryption come from the request. */
static bool merge_headers(const exchange *x, const object_meta *from, object_meta *to, err *e)
{
    object_meta own = {0};
    AUTO(buf) lines = BUF(sizeof to->headers - 1);
    if (!op_keep_headers(x, &own, e))
        return false;
    if (replaces_metadata(x)) {
        memcpy(to->headers, own.headers, sizeof to->headers);
        return true;
    }
    const object_meta *sources[] = {from, &own};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        for (const char *at = sources[i]->headers; *at;) {
            size_t len = strcspn(at, "\n") + 1;
            bool of_request = strncasecmp(at, "x-amz-storage-class:", 20) == 0 ||
                              strncasecmp(at, "x-amz-server-side-", 18) == 0;
            if (of_request == (i == 1))
                buf_append(&lines, at, len);
            at += len;
        }
    memcpy(to->headers, buf_str(&lines), lines.len + 1);
    return !lines.overflow || s3_refuse(e, REFUSE_METADATA_TOO_LARGE);
}

/* The checksum of the copy: the source's, or a new one over all bytes. */
static bool choose_checksum(const exchange *x, const object_meta *from, checksum_kind *computed,
                            err *e)
{
    const char *name = exchange_header(x, "x-amz-checksum-algorithm");
    *computed = CHECKSUM_NONE;
    if (name && !checksum_kind_parse(name, computed))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Checksum algorithm provided is "
                                 "unsupported.");
    if (*computed == from->checksum_kind && !from->composite)
        *computed = CHECKSUM_NONE;
    return true;
}

/* The copy keeps the source's ETag, also that of a multipart upload. */
static bool copy_body(exchange *x, int fd, const object_meta *from, object_meta *to, err *e)
{
    AUTO(incoming) in = {.fd = -1};
    AUTO(checksum) sum = {0};
    checksum_kind computed;
    commit_condition condition;
    *to = *from;
    if (!op_write_condition(x, &condition, e) || !choose_checksum(x, from, &computed, e) ||
        !merge_headers(x, from, to, e))
        return false;
    if (replaces_tags(x)) {
        to->tags[0] = '\0';
        if (!op_keep_tags(x, to, e))
            return false;
    }
    checksum_init(&sum, computed);
    file_range all = {
        .fd = fd, .offset = from->data_offset, .len_bytes = from->size_bytes, .sum = &sum};
    if (!incoming_open(x->store, &in, e) || !incoming_append_file(&in, &all, e))
        return false;
    if (computed != CHECKSUM_NONE) {
        checksum_final(&sum, to->checksum);
        to->checksum_kind = computed;
        to->composite = false;
    }
    return store_object_commit(x->store, x->target.bucket, exchange_key(x), &in, to, &condition, e);
}

static void reply_copied(exchange *x, const char *element, const object_meta *to)
{
    AUTO(buf) body = BUF(4096);
    buf_printf(&body, XML_HEAD "<%s " XML_NAMESPACE ">", element);
    xml_element_time(&body, "LastModified", to->modified_s);
    xml_element_str(&body, "ETag", to->etag);
    op_append_checksum(&body, to);
    buf_printf(&body, "</%s>", element);
    exchange_reply_xml(x, 200, &body);
}

bool op_copy_object(exchange *x, err *e)
{
    object_meta from, to;
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    AUTO_FD fd = open_source(x, changes_something(x), &from, e);
    if (fd < 0)
        return false;
    if (from.size_bytes > COPY_SIZE_MAX)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The specified copy source is larger than the maximum allowable "
                                 "size for a copy source: 5368709120");
    if (!copy_body(x, fd, &from, &to, e))
        return false;
    op_add_version_header(x, &to);
    op_add_encryption_headers(x, &to);
    reply_copied(x, "CopyObjectResult", &to);
    return true;
}

/* x-amz-copy-source-range: both ends are required and must be inside the source. */
static bool source_range(const exchange *x, const object_meta *from, file_range *out, err *e)
{
    byte_range range;
    const char *header = exchange_header(x, "x-amz-copy-source-range");
    *out =
        (file_range){.offset = from->data_offset, .len_bytes = from->size_bytes, .with_md5 = true};
    if (!header)
        return true;
    const char *dash = strchr(header, '-');
    if (!byte_range_parse(header, UINT64_MAX, &range, e) || !range.partial || !dash || !dash[1] ||
        dash[-1] == '=')
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "The x-amz-copy-source-range value must be of the form "
                                 "bytes=first-last.");
    out->offset = from->data_offset + range.offset;
    out->len_bytes = range.len_bytes;
    return range.offset + range.len_bytes <= from->size_bytes ||
           s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                             "Range specified is not valid for source object of size: %llu",
                             (unsigned long long)from->size_bytes);
}

static bool copy_range(exchange *x, const file_range *source, checksum_kind kind, object_meta *part,
                       unsigned number, err *e)
{
    AUTO(incoming) in = {.fd = -1};
    AUTO(checksum) sum = {0};
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    upload_ref u = {x->store, x->target.bucket, exchange_key(x),
                    target_param(&x->target, "uploadId")};
    checksum_init(&sum, kind);
    file_range range = *source;
    range.sum = &sum;
    if (!incoming_open_part(x->store, &in, e) || !incoming_append_file(&in, &range, e))
        return false;
    digest_final(&in.md5, digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(part->etag, sizeof part->etag, "\"%s\"", hex);
    checksum_final(&sum, part->checksum);
    part->checksum_kind = kind;
    return upload_put_part(&u, number, &in, part, e);
}

bool op_copy_part(exchange *x, err *e)
{
    unsigned number = 0;
    object_meta from, upload, part = {0};
    file_range range;
    if (!op_part_request(x, &number, &upload, e))
        return false;
    AUTO_FD fd = open_source(x, true, &from, e);
    if (fd < 0 || !source_range(x, &from, &range, e))
        return false;
    range.fd = fd;
    if (!copy_range(x, &range, upload.checksum_kind, &part, number, e))
        return false;
    op_add_encryption_headers(x, &upload);
    reply_copied(x, "CopyPartResult", &part);
    return true;
}
