#include "decon/s3/checksum.h"
#include "base/util.h"

#include <strings.h>

static const struct {
    const char *name, *header;
    size_t bytes;
} kinds[S3_CHECKSUM_KIND_COUNT] = {
    [S3_CHECKSUM_NONE] = {"none", NULL, 0},
    [S3_CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", 8},
    [S3_CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", 4},
    [S3_CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", 4},
    [S3_CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", SHA256_BYTES},
    [S3_CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", SHA1_BYTES},
    [S3_CHECKSUM_MD5] = {"MD5", NULL, MD5_BYTES},
};

const char *s3_checksum_name(s3_checksum_kind kind)
{
    return kinds[kind].name;
}

const char *s3_checksum_header(s3_checksum_kind kind)
{
    return kinds[kind].header;
}

bool s3_checksum_is_crc(s3_checksum_kind kind)
{
    return kind >= S3_CHECKSUM_CRC64NVME && kind <= S3_CHECKSUM_CRC32;
}

bool s3_checksum_parse_kind(const char *name, s3_checksum_kind *out)
{
    for (int kind = 0; kind < S3_CHECKSUM_KIND_COUNT; kind++)
        if (strcasecmp(kinds[kind].name, name) == 0) {
            *out = (s3_checksum_kind)kind;
            return true;
        }
    return false;
}

bool s3_checksum_equal(const s3_checksum *a, const s3_checksum *b)
{
    return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

/* --- checksums in replies --- */

s3_checksum s3_checksum_of_reply(const http_reply *reply)
{
    s3_checksum none = {.kind = S3_CHECKSUM_NONE};
    const char *type = http_reply_header(reply, "x-amz-checksum-type");
    if (type && strcasecmp(type, "COMPOSITE") == 0)
        return none;
    for (int kind = 0; kind < S3_CHECKSUM_KIND_COUNT; kind++) {
        const char *text = kinds[kind].header ? http_reply_header(reply, kinds[kind].header) : NULL;
        /* A composite checksum is longer: "...-3". */
        if (!text || strlen(text) != (kinds[kind].bytes + 2) / 3 * 4 || strchr(text, '-'))
            continue;
        s3_checksum found = {.kind = (s3_checksum_kind)kind};
        snprintf(found.text, sizeof found.text, "%s", text);
        return found;
    }
    return none;
}

s3_checksum s3_checksum_of_etag(const http_reply *reply)
{
    s3_checksum found = {.kind = S3_CHECKSUM_NONE};
    const char *etag = http_reply_header(reply, "ETag");
    const char *sse = http_reply_header(reply, "x-amz-server-side-encryption");
    size_t digits = etag && etag[0] == '"' ? strspn(etag + 1, "0123456789abcdef") : 0;
    if (digits != (size_t)2 * MD5_BYTES || strcmp(etag + 1 + digits, "\"") != 0 ||
        (sse && strncasecmp(sse, "aws:kms", strlen("aws:kms")) == 0) ||
        http_reply_header(reply, "x-amz-server-side-encryption-customer-algorithm"))
        return found;
    found.kind = S3_CHECKSUM_MD5;
    snprintf(found.text, sizeof found.text, "%.*s", (int)digits, etag + 1);
    return found;
}

/* --- hashing --- */

void s3_hash_init(s3_hash *h, s3_checksum_kind kind)
{
    *h = (s3_hash){.kind = kind};
    if (kind == S3_CHECKSUM_SHA256)
        digest_sha256_init(&h->digest);
    else if (kind == S3_CHECKSUM_SHA1)
        digest_sha1_init(&h->digest);
    else if (kind == S3_CHECKSUM_MD5)
        digest_md5_init(&h->digest);
}

void s3_hash_update(s3_hash *h, const void *data, size_t len)
{
    switch (h->kind) {
    case S3_CHECKSUM_CRC64NVME:
        h->crc = crc64nvme(h->crc, data, len);
        break;
    case S3_CHECKSUM_CRC32C:
        h->crc = crc32c((uint32_t)h->crc, data, len);
        break;
    case S3_CHECKSUM_CRC32:
        h->crc = crc32_ieee((uint32_t)h->crc, data, len);
        break;
    case S3_CHECKSUM_SHA256:
    case S3_CHECKSUM_SHA1:
    case S3_CHECKSUM_MD5:
        digest_update(&h->digest, data, len);
        break;
    case S3_CHECKSUM_NONE:
    case S3_CHECKSUM_KIND_COUNT:
        break;
    }
}

s3_checksum s3_checksum_of_crc(s3_checksum_kind kind, uint64_t crc)
{
    s3_checksum sum = {.kind = kind};
    size_t bytes = kinds[kind].bytes;
    uint8_t big_endian[8] = {0};
    for (size_t i = 0; i < bytes; i++)
        big_endian[i] = (uint8_t)(crc >> (8 * (bytes - 1 - i)));
    base64_encode(big_endian, bytes, sum.text);
    return sum;
}

bool s3_crc_of_text(s3_checksum_kind kind, const char *base64, uint64_t *crc)
{
    AUTO(buf) bytes = BUF(64);
    if (!base64_decode(slice_from(base64), &bytes) || bytes.len != kinds[kind].bytes)
        return false;
    *crc = 0;
    for (size_t i = 0; i < bytes.len; i++)
        *crc = *crc << 8 | (uint8_t)bytes.data[i];
    return true;
}

s3_checksum s3_hash_final(s3_hash *h)
{
    s3_checksum sum = {.kind = h->kind};
    uint8_t digest[SHA256_BYTES];
    if (s3_checksum_is_crc(h->kind))
        return s3_checksum_of_crc(h->kind, h->crc);
    if (h->kind == S3_CHECKSUM_NONE)
        return sum;
    digest_final(&h->digest, digest);
    if (h->kind == S3_CHECKSUM_MD5)
        hex_encode(digest, MD5_BYTES, sum.text);
    else
        base64_encode(digest, kinds[h->kind].bytes, sum.text);
    return sum;
}

void s3_hash_deinit(s3_hash *h)
{
    digest_deinit(&h->digest);
}

uint64_t s3_crc_combine(s3_checksum_kind kind, uint64_t a, uint64_t b, uint64_t b_len)
{
    switch (kind) {
    case S3_CHECKSUM_CRC64NVME:
        return crc64nvme_combine(a, b, b_len);
    case S3_CHECKSUM_CRC32C:
        return crc32c_combine((uint32_t)a, (uint32_t)b, b_len);
    case S3_CHECKSUM_CRC32:
        return crc32_ieee_combine((uint32_t)a, (uint32_t)b, b_len);
    default:
        return 0;
    }
}
