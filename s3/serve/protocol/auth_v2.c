#include "s3/serve/protocol/auth_v2.h"

#include <strings.h>

#include "base/util.h"
#include "decon/s3/sign.h"

#define TEXT_MAX        (256 * 1024)
#define SHA1_BLOCK      64
#define SIGNATURE_CHARS (4 * ((SHA1_BYTES + 2) / 3) + 1)

/* The parameters that are part of the signed resource, in byte order. */
static const char *const resource_params[] = {"accelerate",
                                              "acl",
                                              "analytics",
                                              "cors",
                                              "defaultObjectAcl",
                                              "delete",
                                              "inventory",
                                              "lifecycle",
                                              "location",
                                              "logging",
                                              "metrics",
                                              "notification",
                                              "object-lock",
                                              "partNumber",
                                              "policy",
                                              "replication",
                                              "requestPayment",
                                              "response-cache-control",
                                              "response-content-disposition",
                                              "response-content-encoding",
                                              "response-content-language",
                                              "response-content-type",
                                              "response-expires",
                                              "restore",
                                              "select",
                                              "select-type",
                                              "storageClass",
                                              "tagging",
                                              "torrent",
                                              "uploadId",
                                              "uploads",
                                              "versionId",
                                              "versioning",
                                              "versions",
                                              "website"};

bool auth_v2_is_presigned(const target *t)
{
    return target_param(t, "AWSAccessKeyId") && target_param(t, "Signature");
}

static void hmac_sha1(const char *secret, slice data, uint8_t out[SHA1_BYTES])
{
    uint8_t key[SHA1_BLOCK] = {0}, pad[SHA1_BLOCK];
    size_t len = strlen(secret);
    digest_ctx d;
    if (len > SHA1_BLOCK)
        sha1(slice_from(secret), key);
    else
        memcpy(key, secret, len);
    for (size_t i = 0; i < SHA1_BLOCK; i++)
        pad[i] = key[i] ^ 0x36;
    digest_sha1_init(&d);
    digest_update(&d, pad, sizeof pad);
    digest_update(&d, data.data, data.len);
    digest_final(&d, out);
    for (size_t i = 0; i < SHA1_BLOCK; i++)
        pad[i] = key[i] ^ 0x5c;
    digest_sha1_init(&d);
    digest_update(&d, pad, sizeof pad);
    digest_update(&d, out, SHA1_BYTES);
    digest_final(&d, out);
}

/* --- string to sign --- */

static int compare_headers(const void *left, const void *right)
{
    const http_header *a = left, *b = right;
    return strcasecmp(a->name, b->name);
}

/* x-amz-* from the headers and from the query, where SDKs put them. */
static size_t gather_amz(const auth_request *r, http_header *out)
{
    size_t count = 0;
    for (size_t i = 0; i < r->header_count; i++)
        if (strncasecmp(r->headers[i].name, "x-amz-", 6) == 0)
            out[count++] = r->headers[i];
    for (size_t i = 0; i < r->target->param_count; i++)
        if (strncasecmp(r->target->params[i].name, "x-amz-", 6) == 0)
            out[count++] = (http_header){r->target->params[i].name, r->target->params[i].value};
    qsort(out, count, sizeof *out, compare_headers);
    return count;
}

static void append_amz(const auth_request *r, buf *out)
{
    AUTO_FREE http_header *list = xcalloc(r->header_count + TARGET_PARAMS_MAX, sizeof *list);
    size_t count = gather_amz(r, list);
    for (size_t i = 0; i < count; i++) {
        for (const char *p = list[i].name; *p; p++)
            buf_append_char(out, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
        slice value = slice_trim(slice_from(list[i].value));
        buf_append_char(out, ':');
        buf_append_slice(out, value);
        buf_append_char(out, '\n');
    }
}

static void append_resource(const auth_request *r, const char *path_end, buf *out)
{
    char separator = '?';
    buf_append_slice(out, r->path);
    buf_append_str(out, path_end);
    for (size_t i = 0; i < ARRAY_LEN(resource_params); i++) {
        const char *value = target_param(r->target, resource_params[i]);
        if (!value)
            continue;
        buf_append_char(out, separator);
        buf_append_str(out, resource_params[i]);
        if (*value)
            buf_printf(out, "=%s", value);
        separator = '&';
    }
}

static const char *header_or_param(const auth_request *r, const char *name)
{
    const char *value = auth_header(r, name);
    value = value ? value : target_param(r->target, name);
    return value ? value : "";
}

static void append_signed_text(const auth_request *r, const char *path_end, buf *out)
{
    buf_printf(out, "%s\n%s\n%s\n%s\n", r->method, header_or_param(r, "content-md5"),
               header_or_param(r, "content-type"), target_param(r->target, "Expires"));
    append_amz(r, out);
    append_resource(r, path_end, out);
}

/* --- the check --- */

/* Anyone could add unsigned parameters to the URL. Reads accept them, as in S3:
 * listings have their prefix there. */
static bool check_coverage(const auth_request *r, err *e)
{
    const target *t = r->target;
    if (str_equal(r->method, "GET") || str_equal(r->method, "HEAD"))
        return true;
    static const char *const own[] = {"AWSAccessKeyId", "Signature", "Expires", "content-type",
                                      "content-md5"};
    for (size_t i = 0; i < t->param_count; i++) {
        const char *name = t->params[i].name;
        bool known = strncasecmp(name, "x-", 2) == 0;
        for (size_t j = 0; j < ARRAY_LEN(own); j++)
            known = known || str_equal(name, own[j]);
        for (size_t j = 0; j < ARRAY_LEN(resource_params); j++)
            known = known || str_equal(name, resource_params[j]);
        if (!known)
            return s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                     "Signature version 2 does not cover the parameter %s: use "
                                     "AWS4-HMAC-SHA256.",
                                     name);
    }
    return true;
}

static bool check_expiry(const auth_request *r, err *e)
{
    const char *text = target_param(r->target, "Expires");
    uint64_t at_s = 0;
    if (!text || !num_parse_u64(text, &at_s))
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                 "Query-string authentication requires the Signature, Expires and "
                                 "AWSAccessKeyId parameters.");
    return (uint64_t)r->now_s <= at_s ||
           s3_refuse_because(e, REFUSE_ACCESS_DENIED, "Request has expired");
}

static bool is_signed(const auth_request *r, const auth_keys *keys, const char *path_end)
{
    uint8_t digest[SHA1_BYTES];
    char expected[SIGNATURE_CHARS];
    AUTO(buf) text = BUF(TEXT_MAX);
    append_signed_text(r, path_end, &text);
    hmac_sha1(keys->secret_access_key, buf_slice(&text), digest);
    base64_encode(digest, sizeof digest, expected);
    return !text.overflow &&
           s3_signature_equal(slice_from(target_param(r->target, "Signature")), expected);
}

/* "/bucket" */
static bool is_bucket_path(slice path)
{
    return path.len > 1 && !memchr(path.data + 1, '/', path.len - 1);
}

bool auth_v2_check(const auth_request *request, const auth_keys *keys, err *e)
{
    const target *t = request->target;
    if (!check_expiry(request, e) || !check_coverage(request, e))
        return false;
    if (!str_equal(target_param(t, "AWSAccessKeyId"), keys->access_key_id))
        return s3_refuse(e, REFUSE_INVALID_ACCESS_KEY);
    /* boto3 signs the path of a bucket as "/bucket/", even if it sends "/bucket". */
    return is_signed(request, keys, "") ||
           (is_bucket_path(request->path) && is_signed(request, keys, "/")) ||
           s3_refuse(e, REFUSE_SIGNATURE);
}
