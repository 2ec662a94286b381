#include "decon/s3/uri.h"
#include "base/util.h"

#define KEY_MAX_BYTES    1024
#define BUCKET_MAX_BYTES 255

static bool is_bucket_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

/* Ceph's "tenant:bucket" and ":bucket" (the tenant without a name). */
static slice without_tenant(slice bucket)
{
    const char *colon = bucket.len ? memchr(bucket.data, ':', bucket.len) : NULL;
    size_t tenant_len = colon ? (size_t)(colon - bucket.data) : 0;
    for (size_t i = 0; i < tenant_len; i++)
        if (!is_bucket_char(bucket.data[i]))
            return bucket;
    size_t skip = colon ? tenant_len + 1 : 0;
    return (slice){.data = bucket.data + skip, .len = bucket.len - skip};
}

static bool bucket_is_plausible(slice bucket)
{
    if (bucket.len > BUCKET_MAX_BYTES)
        return false;
    bucket = without_tenant(bucket);
    if (bucket.len == 0)
        return false;
    for (size_t i = 0; i < bucket.len; i++)
        if (!is_bucket_char(bucket.data[i]))
            return false;
    /* A bucket is also a path segment of a path-style URL. */
    return !slice_equal_str(bucket, ".") && !slice_equal_str(bucket, "..");
}

bool s3_uri_parse(const char *text, s3_uri *out, err *e)
{
    *out = (s3_uri){0};
    if (!text || !str_starts_with(text, "s3://"))
        return err_set(e, ERR_CONFIG, "'%s' is not an S3 URI; write s3://bucket/key",
                       text ? text : "(nothing)");
    const char *rest = text + strlen("s3://");
    const char *slash = strchr(rest, '/');
    slice bucket = {.data = rest, .len = slash ? (size_t)(slash - rest) : strlen(rest)};
    if (bucket.len == 0)
        return err_set(e, ERR_CONFIG, "'%s' has no bucket; write s3://bucket/key", text);
    if (!bucket_is_plausible(bucket))
        return err_set(e, ERR_CONFIG,
                       "'%s': '%.*s' is not a bucket name (letters, digits, '.', '-' and '_', or "
                       "tenant:bucket); write s3://bucket/key",
                       text, (int)bucket.len, bucket.data);
    const char *key = slash ? slash + 1 : "";
    if (strlen(key) > KEY_MAX_BYTES)
        return err_set(e, ERR_CONFIG, "'%.200s...': the key has %zu bytes, the limit of S3 is %d",
                       text, strlen(key), KEY_MAX_BYTES);
    out->bucket = slice_dup(bucket);
    out->key = xstrdup(key);
    return true;
}

void s3_uri_deinit(s3_uri *uri)
{
    free(uri->bucket);
    free(uri->key);
    *uri = (s3_uri){0};
}

bool s3_uri_check(const char *text, err *e)
{
    AUTO(s3_uri) uri = {0};
    return s3_uri_parse(text, &uri, e);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool s3_uri_encode(slice text, bool keep_slash, buf *out)
{
    static const char digits[] = "0123456789ABCDEF"; /* AWS requires upper case */
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            buf_append_char(out, (char)c);
            continue;
        }
        char triple[3] = {'%', digits[c >> 4], digits[c & 15]};
        buf_append(out, triple, sizeof triple);
    }
    return !out->overflow;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that %XX at `p` encodes, or -1. */
static int decode_triple(const char *p, size_t left)
{
    if (left < 3)
        return -1;
    int high = hex_value(p[1]), low = hex_value(p[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool s3_uri_decode(slice text, bool plus_is_space, buf *out, err *e)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int value = decode_triple(text.data + i, text.len - i);
            if (value < 0)
                return err_set(e, ERR_PARSE, "'%.*s': bad percent-encoding at byte %zu",
                               (int)MIN(text.len, (size_t)200), text.data, i);
            c = (char)value;
            i += 2;
        }
        buf_append_char(out, c);
    }
    if (out->overflow)
        return err_set(e, ERR_LIMIT, "decoded text is longer than %zu bytes", out->max_bytes);
    return true;
}
