/* Headers stored with an object: type, metadata, storage class, encryption. Data is not encrypted;
 * an object written with a customer's key (SSE-C) requires the same key for reading, as in S3. */
#include <strings.h>

#include "base/util.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"

#define SSE                "x-amz-server-side-encryption"
#define CUSTOMER           SSE "-customer-"
#define SOURCE_PREFIX      "x-amz-copy-source-server-side-encryption-customer-"
#define CUSTOMER_KEY_BYTES 32

static const char *const kept[] = {"content-type",
                                   "cache-control",
                                   "content-disposition",
                                   "content-language",
                                   "expires",
                                   "x-amz-website-redirect-location",
                                   SSE,
                                   SSE "-aws-kms-key-id",
                                   SSE "-bucket-key-enabled",
                                   CUSTOMER "algorithm",
                                   CUSTOMER "key-md5"};

static const char *const storage_classes[] = {"REDUCED_REDUNDANCY",  "STANDARD_IA", "ONEZONE_IA",
                                              "INTELLIGENT_TIERING", "GLACIER_IR",  "GLACIER",
                                              "DEEP_ARCHIVE"};

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (strcasecmp(name, kept[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-meta-", strlen("x-amz-meta-")) == 0;
}

static bool add_storage_class(const exchange *x, buf *lines, err *e)
{
    const char *wanted = exchange_header(x, "x-amz-storage-class");
    if (!wanted || str_equal(wanted, "STANDARD"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(storage_classes); i++)
        if (str_equal(wanted, storage_classes[i])) {
            buf_printf(lines, "x-amz-storage-class: %s\n", wanted);
            return true;
        }
    return s3_refuse(e, REFUSE_INVALID_STORAGE_CLASS);
}

/* The three headers of a customer's key, under either prefix: all or none, and consistent. */
static bool check_customer_key(const exchange *x, const char *prefix, const char **md5_text, err *e)
{
    AUTO_FREE char *algorithm_name = xasprintf("%salgorithm", prefix);
    AUTO_FREE char *key_name = xasprintf("%skey", prefix);
    AUTO_FREE char *md5_name = xasprintf("%skey-MD5", prefix);
    const char *algorithm = exchange_header(x, algorithm_name);
    const char *key = exchange_header(x, key_name);
    AUTO(buf) bytes = BUF(256);
    uint8_t digest[MD5_BYTES];
    char ours[32];
    *md5_text = exchange_header(x, md5_name);
    if (!algorithm && !key && !*md5_text)
        return true;
    if (!algorithm || !key || !*md5_text || !str_equal(algorithm, "AES256") ||
        !base64_decode(slice_from(key), &bytes) || bytes.len != CUSTOMER_KEY_BYTES)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "SSE-C needs the algorithm AES256, a key of 32 bytes in base64 "
                                 "and the key's MD5.");
    md5(buf_slice(&bytes), digest);
    base64_encode(digest, sizeof digest, ours);
    return str_equal(ours, *md5_text) ||
           s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                             "The calculated MD5 hash of the key did not match the hash that was "
                             "provided.");
}

static bool check_encryption(const exchange *x, err *e)
{
    const char *kind = exchange_header(x, SSE), *customer_md5 = NULL;
    if (kind && !str_equal(kind, "AES256") && !str_equal(kind, "aws:kms") &&
        !str_equal(kind, "aws:kms:dsse"))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "The encryption method specified is not supported.");
    if (!check_customer_key(x, CUSTOMER, &customer_md5, e))
        return false;
    return !kind || !customer_md5 ||
           s3_refuse_because(
               e, REFUSE_INVALID_ARGUMENT,
               "Server side encryption with a customer's key cannot be combined with others.");
}

/* "aws-chunked" is a transfer encoding and is not stored. */
static void add_content_encoding(const char *value, buf *lines)
{
    AUTO(buf) left = BUF(sizeof((object_meta *)0)->headers);
    for (const char *at = value; *at;) {
        size_t len = strcspn(at, ",");
        slice one = slice_trim((slice){at, len});
        if (one.len > 0 && !slice_equal_str(one, "aws-chunked"))
            buf_printf(&left, "%s%.*s", left.len ? "," : "", (int)one.len, one.data);
        at += len + (at[len] == ',');
    }
    if (left.len > 0)
        buf_printf(lines, "content-encoding: %s\n", buf_str(&left));
}

/* Names in lower case, as S3 returns them. */
static bool add_kept(const http_header *h, buf *lines, err *e)
{
    bool encoding = strcasecmp(h->name, "content-encoding") == 0;
    if (!encoding && !is_kept(h->name))
        return true;
    for (const char *p = h->value; *p; p++)
        if ((unsigned char)*p < ' ')
            return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "%s contains a control character.",
                                     h->name);
    if (encoding) {
        add_content_encoding(h->value, lines);
        return true;
    }
    for (const char *p = h->name; *p; p++)
        buf_append_char(lines, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
    buf_printf(lines, ": %s\n", h->value);
    return true;
}

bool op_keep_headers(const exchange *x, object_meta *meta, err *e)
{
    AUTO(buf) lines = BUF(sizeof meta->headers - 1);
    if (!check_encryption(x, e) || !add_storage_class(x, &lines, e))
        return false;
    if (!exchange_header(x, "content-type"))
        buf_append_str(&lines, "content-type: binary/octet-stream\n");
    for (size_t i = 0; i < x->auth.header_count; i++)
        if (!add_kept(&x->auth.headers[i], &lines, e))
            return false;
    if (lines.overflow)
        return s3_refuse(e, REFUSE_METADATA_TOO_LARGE);
    memcpy(meta->headers, buf_str(&lines), lines.len + 1);
    return true;
}

bool op_check_reader_key(const exchange *x, const object_meta *meta, bool is_copy_source, err *e)
{
    slice stored = {0};
    const char *sent = NULL;
    if (!check_customer_key(x, is_copy_source ? SOURCE_PREFIX : CUSTOMER, &sent, e))
        return false;
    bool encrypted = object_meta_header(meta, CUSTOMER "key-md5", &stored);
    if (!encrypted && sent && !is_copy_source)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The encryption parameters are not applicable to this object.");
    if (encrypted && !sent)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The object was stored using a form of Server Side Encryption. "
                                 "The correct parameters must be provided to retrieve the object.");
    return !encrypted || slice_equal_str(stored, sent) || s3_refuse(e, REFUSE_ACCESS_DENIED);
}

/* "name: value" */
static void add_line(exchange *x, slice line)
{
    AUTO_FREE char *text = slice_dup(line);
    char *colon = strstr(text, ": ");
    if (!colon)
        return;
    *colon = '\0';
    exchange_add_header(x, text, "%s", colon + 2);
}

static void add_lines(exchange *x, const object_meta *meta, const char *prefix)
{
    for (const char *at = meta->headers; *at;) {
        size_t len = strcspn(at, "\n");
        if (strncasecmp(at, prefix, strlen(prefix)) == 0)
            add_line(x, (slice){at, len});
        at += len + (at[len] == '\n');
    }
}

/* The parameters of GET that override headers of its reply. */
static const struct response_param {
    const char *param, *header;
} response_params[] = {{"response-content-type", "content-type"},
                       {"response-content-language", "content-language"},
                       {"response-expires", "expires"},
                       {"response-cache-control", "cache-control"},
                       {"response-content-disposition", "content-disposition"},
                       {"response-content-encoding", "content-encoding"}};

static bool is_replaced(const exchange *x, const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(response_params); i++) {
        size_t len = strlen(response_params[i].header);
        if (strncasecmp(line, response_params[i].header, len) == 0 && line[len] == ':' &&
            target_param(&x->target, response_params[i].param))
            return true;
    }
    return false;
}

static bool add_replacement(exchange *x, const struct response_param *p, err *e)
{
    const char *value = target_param(&x->target, p->param);
    if (!value)
        return true;
    if (!exchange_is_signed(x))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Request specific response headers cannot be used for anonymous "
                                 "GET requests.");
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ')
            return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "%s contains a control character.",
                                     p->param);
    exchange_add_header(x, p->header, "%s", value);
    return true;
}

bool op_add_kept_headers(exchange *x, const object_meta *meta, err *e)
{
    for (const char *at = meta->headers; *at;) {
        size_t len = strcspn(at, "\n");
        if (!is_replaced(x, at))
            add_line(x, (slice){at, len});
        at += len + (at[len] == '\n');
    }
    for (size_t i = 0; i < ARRAY_LEN(response_params); i++)
        if (!add_replacement(x, &response_params[i], e))
            return false;
    return true;
}

void op_add_encryption_headers(exchange *x, const object_meta *meta)
{
    add_lines(x, meta, SSE);
}

const char *op_checksum_type(const object_meta *meta)
{
    return meta->composite ? "COMPOSITE" : "FULL_OBJECT";
}

void op_add_checksum_headers(exchange *x, const object_meta *meta)
{
    char reported[CHECKSUM_TEXT_SIZE];
    if (!meta->checksum[0])
        return;
    memcpy(reported, meta->checksum, sizeof reported);
    if (exchange_has_fault(x, FAULT_CHECKSUM))
        reported[0] = reported[0] == 'A' ? 'B' : 'A';
    exchange_add_header(x, checksum_header(meta->checksum_kind), "%s", reported);
    exchange_add_header(x, "x-amz-checksum-type", "%s", op_checksum_type(meta));
}

void op_append_checksum(buf *body, const object_meta *meta)
{
    if (!meta->checksum[0])
        return;
    xml_element_str(body, checksum_element(meta->checksum_kind), meta->checksum);
    xml_element_str(body, "ChecksumType", op_checksum_type(meta));
}
