#include "s3/client/object_options.h"

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"

#define ACCOUNT_DIGITS     ((size_t)12)
#define KEY_BYTES          ((size_t)32)
#define KEY_FILE_MAX_BYTES ((size_t)4096)
#define BASE64_SIZE(bytes) (4 * (((bytes) + 2) / 3) + 1)

enum { PAYER = 1, STORING = 2, CUSTOMER = 4, SOURCE = 8 };

/* Operations that are not listed send none of these headers. */
static const struct {
    const char *operation;
    unsigned carries;
} rows[] = {
    {"ListObjectsV2", PAYER},
    {"ListMultipartUploads", PAYER},
    {"HeadObject", PAYER | CUSTOMER},
    {"GetObject", PAYER | CUSTOMER},
    {"GetObjectTagging", PAYER},
    {"PutObjectTagging", PAYER},
    {"PutObject", PAYER | STORING | CUSTOMER},
    {"CreateMultipartUpload", PAYER | STORING | CUSTOMER},
    {"UploadPart", PAYER | CUSTOMER},
    {"UploadPartCopy", PAYER | CUSTOMER | SOURCE},
    {"CompleteMultipartUpload", PAYER | CUSTOMER},
    {"AbortMultipartUpload", PAYER},
    {"CopyObject", PAYER | STORING | CUSTOMER | SOURCE},
    {"DeleteObject", PAYER},
    {"DeleteObjects", PAYER},
};

static unsigned carried_by(const char *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].operation, operation) == 0)
            return rows[i].carries;
    return 0;
}

/* Those that name no bucket of ours. */
static bool carries_owner(const char *operation)
{
    return !str_equal(operation, "ListBuckets") && !str_equal(operation, "CreateBucket");
}

/* --- making --- */

static char *copy_or_null(const char *text)
{
    return text && *text ? xstrdup(text) : NULL;
}

static bool take_key(const char *base64, char **key, char **md5_text, err *e)
{
    if (!base64 || !*base64)
        return true;
    AUTO(buf) plain = BUF(KEY_FILE_MAX_BYTES);
    if (!base64_decode(slice_from(base64), &plain) || plain.len != KEY_BYTES)
        return err_set(e, ERR_CONFIG,
                       "the customer's key (SSE-C) is not 32 bytes in base64; create one with "
                       "`openssl rand -base64 32`");
    uint8_t hash[MD5_BYTES];
    char text[BASE64_SIZE(MD5_BYTES)];
    md5(buf_slice(&plain), hash);
    base64_encode(hash, sizeof hash, text);
    log_secret_add(base64);
    *key = xstrdup(base64);
    *md5_text = xstrdup(text);
    return true;
}

static bool check(const s3_headers *h, err *e)
{
    if (h->customer_key && h->sse)
        return err_set(e, ERR_CONFIG,
                       "a customer's key (SSE-C) and server-side encryption %s exclude each "
                       "other; set one of them",
                       h->sse);
    if (h->sse_kms_key_id && (!h->sse || !str_starts_with(h->sse, "aws:kms")))
        return err_set(e, ERR_CONFIG,
                       "the KMS key %s needs the encryption aws:kms (or aws:kms:dsse) as well",
                       h->sse_kms_key_id);
    return true;
}

static bool take_owner(const char *text, char **owner, err *e)
{
    if (text && *text && (strlen(text) != ACCOUNT_DIGITS || text[strspn(text, "0123456789")]))
        return err_set(
            e, ERR_CONFIG,
            "expected_bucket_owner %s: not an account; give its 12 digits (decon-s3 whoami "
            "--ask-sts shows your own)",
            text);
    *owner = copy_or_null(text);
    return true;
}

s3_headers *s3_headers_new(const s3_headers_options *options, err *e)
{
    AUTO_PTR(s3_headers) h = xcalloc(1, sizeof *h);
    h->request_payer = options->request_payer;
    h->sse = copy_or_null(options->sse);
    h->sse_kms_key_id = copy_or_null(options->sse_kms_key_id);
    h->storage_class = copy_or_null(options->storage_class);
    if (!take_key(options->sse_customer_key, &h->customer_key, &h->customer_md5, e) ||
        !take_key(options->sse_customer_key_of_source, &h->source_key, &h->source_md5, e) ||
        !take_owner(options->expected_bucket_owner, &h->bucket_owner, e) ||
        !take_owner(options->expected_source_bucket_owner, &h->source_owner, e) || !check(h, e))
        return NULL;
    if (!h->source_owner)
        h->source_owner = copy_or_null(h->bucket_owner);
    return move(h);
}

s3_headers *s3_headers_copy(const s3_headers *h)
{
    s3_headers *copy = xcalloc(1, sizeof *copy);
    *copy = (s3_headers){.request_payer = h->request_payer,
                         .sse = copy_or_null(h->sse),
                         .sse_kms_key_id = copy_or_null(h->sse_kms_key_id),
                         .storage_class = copy_or_null(h->storage_class),
                         .customer_key = copy_or_null(h->customer_key),
                         .customer_md5 = copy_or_null(h->customer_md5),
                         .source_key = copy_or_null(h->source_key),
                         .source_md5 = copy_or_null(h->source_md5),
                         .bucket_owner = copy_or_null(h->bucket_owner),
                         .source_owner = copy_or_null(h->source_owner)};
    return copy;
}

void s3_headers_free(s3_headers *h)
{
    if (!h)
        return;
    char *strings[] = {h->sse,          h->sse_kms_key_id, h->storage_class,
                       h->customer_key, h->customer_md5,   h->source_key,
                       h->source_md5,   h->bucket_owner,   h->source_owner};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(h);
}

char *s3_customer_key_read(const char *path, err *e)
{
    AUTO(buf) text = BUF(KEY_FILE_MAX_BYTES);
    if (!fs_read_file(path, KEY_FILE_MAX_BYTES, &text, e)) {
        err_context(e, "the customer's key (SSE-C)");
        return NULL;
    }
    if (text.len != KEY_BYTES)
        return slice_dup(slice_trim(buf_slice(&text)));
    char *base64 = xcalloc(1, BASE64_SIZE(KEY_BYTES));
    base64_encode((const uint8_t *)text.data, text.len, base64);
    return base64;
}

/* --- a request --- */

static void add(http_header *to, size_t *count, const char *name, const char *value)
{
    if (value)
        to[(*count)++] = (http_header){name, value};
}

static void add_key(http_header *to, size_t *count, const char *const names[3], const char *key,
                    const char *md5_text)
{
    if (!key)
        return;
    add(to, count, names[0], "AES256");
    add(to, count, names[1], key);
    add(to, count, names[2], md5_text);
}

bool s3_headers_add(const s3_headers *h, const char *operation, const char *url, http_header *to,
                    size_t *count, err *e)
{
    static const char *const object_names[] = {"x-amz-server-side-encryption-customer-algorithm",
                                               "x-amz-server-side-encryption-customer-key",
                                               "x-amz-server-side-encryption-customer-key-MD5"};
    static const char *const source_names[] = {
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-MD5"};
    unsigned carries = h ? carried_by(operation) : 0;
    if (carries & PAYER)
        add(to, count, "x-amz-request-payer", h->request_payer ? "requester" : NULL);
    if (carries & STORING) {
        add(to, count, "x-amz-storage-class", h->storage_class);
        add(to, count, "x-amz-server-side-encryption", h->sse);
        add(to, count, "x-amz-server-side-encryption-aws-kms-key-id", h->sse_kms_key_id);
    }
    if (h && carries_owner(operation))
        add(to, count, "x-amz-expected-bucket-owner", h->bucket_owner);
    if (carries & SOURCE)
        add(to, count, "x-amz-source-expected-bucket-owner", h->source_owner);
    bool has_key =
        ((carries & CUSTOMER) && h->customer_key) || ((carries & SOURCE) && h->source_key);
    if (has_key && !str_starts_with(url, "https://"))
        return err_set(e, ERR_CONFIG,
                       "%s: the customer's key (SSE-C) is not sent over plain http; use an https "
                       "endpoint",
                       operation);
    if (carries & CUSTOMER)
        add_key(to, count, object_names, h->customer_key, h->customer_md5);
    if (carries & SOURCE)
        add_key(to, count, source_names, h->source_key, h->source_md5);
    return true;
}

void s3_headers_explain(const s3_headers *h, const char *operation, err *e)
{
    bool refused =
        e->code == ERR_S3_ACCESS && (!e->s3_code[0] || str_equal(e->s3_code, "AccessDenied"));
    const char *owner = h->bucket_owner ? h->bucket_owner : h->source_owner;
    if (!refused || !owner || !carries_owner(operation))
        return;
    bool two = h->bucket_owner && !str_equal(h->bucket_owner, h->source_owner);
    err_append(e, ", and that the bucket belongs to the account %s%s%s (expected_bucket_owner)",
               owner, two ? ", its source to " : "", two ? h->source_owner : "");
}
