#include "base/util.h"
#include "s3/serve/protocol/checksum.h"

#include <strings.h>

static const struct row {
    const char *name, *header, *element;
    size_t len_bytes;
} rows[CHECKSUM_KINDS] = {
    [CHECKSUM_NONE] = {"", "", "", 0},
    [CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    [CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    [CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", SHA1_BYTES},
    [CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", SHA256_BYTES},
};

const char *checksum_name(checksum_kind kind)
{
    return rows[kind].name;
}

const char *checksum_header(checksum_kind kind)
{
    return rows[kind].header;
}

const char *checksum_element(checksum_kind kind)
{
    return rows[kind].element;
}

static bool is_digest(checksum_kind kind)
{
    return kind == CHECKSUM_SHA1 || kind == CHECKSUM_SHA256;
}

bool checksum_kind_parse(const char *name, checksum_kind *out)
{
    for (size_t i = CHECKSUM_NONE + 1; i < CHECKSUM_KINDS; i++)
        if (strcasecmp(name, rows[i].name) == 0) {
            *out = (checksum_kind)i;
            return true;
        }
    return false;
}

void checksum_init(checksum *c, checksum_kind kind)
{
    *c = (checksum){.kind = kind};
    if (kind == CHECKSUM_SHA1)
        digest_sha1_init(&c->digest);
    else if (kind == CHECKSUM_SHA256)
        digest_sha256_init(&c->digest);
}

void checksum_deinit(checksum *c)
{
    if (is_digest(c->kind))
        digest_deinit(&c->digest);
    *c = (checksum){0};
}

void checksum_update(checksum *c, slice data)
{
    if (c->kind == CHECKSUM_CRC32)
        c->crc = crc32_ieee((uint32_t)c->crc, data.data, data.len);
    else if (c->kind == CHECKSUM_CRC32C)
        c->crc = crc32c((uint32_t)c->crc, data.data, data.len);
    else if (c->kind == CHECKSUM_CRC64NVME)
        c->crc = crc64nvme(c->crc, data.data, data.len);
    else if (is_digest(c->kind))
        digest_update(&c->digest, data.data, data.len);
}

static void encode_crc(checksum_kind kind, uint64_t crc, char out[CHECKSUM_TEXT_SIZE])
{
    uint8_t bytes[8] = {0};
    size_t len = rows[kind].len_bytes;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(crc >> (8 * (len - 1 - i)));
    base64_encode(bytes, len, out);
}

void checksum_final(checksum *c, char out[CHECKSUM_TEXT_SIZE])
{
    uint8_t digest[SHA256_BYTES];
    out[0] = '\0';
    if (is_digest(c->kind)) {
        digest_final(&c->digest, digest);
        base64_encode(digest, rows[c->kind].len_bytes, out);
    } else if (c->kind != CHECKSUM_NONE) {
        encode_crc(c->kind, c->crc, out);
    }
}

static bool decode(checksum_kind kind, const char *text, buf *bytes)
{
    buf_init(bytes, CHECKSUM_TEXT_SIZE);
    return base64_decode(slice_from(text), bytes) && bytes->len == rows[kind].len_bytes;
}

bool checksum_text_valid(checksum_kind kind, const char *text)
{
    AUTO(buf) bytes = {0};
    return decode(kind, text, &bytes);
}

bool checksum_can_combine(checksum_kind kind)
{
    return kind == CHECKSUM_CRC32 || kind == CHECKSUM_CRC32C || kind == CHECKSUM_CRC64NVME;
}

static bool decode_crc(checksum_kind kind, const char *text, uint64_t *crc)
{
    AUTO(buf) bytes = {0};
    if (!decode(kind, text, &bytes))
        return false;
    *crc = 0;
    for (size_t i = 0; i < bytes.len; i++)
        *crc = *crc << 8 | (unsigned char)bytes.data[i];
    return true;
}

bool checksum_combine(checksum_kind kind, const char *a, const char *b, uint64_t b_len_bytes,
                      char out[CHECKSUM_TEXT_SIZE])
{
    uint64_t left = 0, right = 0, both = 0;
    if (!decode_crc(kind, a, &left) || !decode_crc(kind, b, &right))
        return false;
    if (kind == CHECKSUM_CRC32)
        both = crc32_ieee_combine((uint32_t)left, (uint32_t)right, b_len_bytes);
    else if (kind == CHECKSUM_CRC32C)
        both = crc32c_combine((uint32_t)left, (uint32_t)right, b_len_bytes);
    else if (kind == CHECKSUM_CRC64NVME)
        both = crc64nvme_combine(left, right, b_len_bytes);
    else
        return false;
    encode_crc(kind, both, out);
    return true;
}

bool checksum_update_with_value(checksum *c, const char *text)
{
    AUTO(buf) bytes = {0};
    if (!decode(c->kind, text, &bytes))
        return false;
    checksum_update(c, buf_slice(&bytes));
    return true;
}
