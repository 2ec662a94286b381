/* Receives the body of a request and compares it with the expected checksums. */
#include <strings.h>

#include "base/util.h"
#include "s3/serve/operations/exchange.h"
#include "s3/serve/operations/ops.h"

#define CHECKSUM_PREFIX "x-amz-checksum-"

/* Headers with this prefix that are not a checksum value. */
static bool is_about_checksums(const char *name)
{
    const char *end = name + strlen(CHECKSUM_PREFIX);
    return strcasecmp(end, "mode") == 0 || strcasecmp(end, "algorithm") == 0 ||
           strcasecmp(end, "type") == 0;
}

bool exchange_sent_checksum(const exchange *x, sent_checksum *out, err *e)
{
    *out = (sent_checksum){0};
    for (size_t i = 0; i < x->auth.header_count; i++) {
        const http_header *h = &x->auth.headers[i];
        if (strncasecmp(h->name, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) != 0 ||
            is_about_checksums(h->name))
            continue;
        if (out->kind != CHECKSUM_NONE)
            return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                     "Expecting a single x-amz-checksum- header.");
        if (!checksum_kind_parse(h->name + strlen(CHECKSUM_PREFIX), &out->kind))
            return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                     "%s is not implemented here: crc32, crc32c, crc64nvme, "
                                     "sha1 and sha256 are.",
                                     h->name);
        out->text = h->value;
    }
    /* With the number of parts after a hyphen only for a whole multipart object. */
    return out->kind == CHECKSUM_NONE || x->op->body == OP_BODY_PARTS ||
           checksum_text_valid(out->kind, out->text) ||
           s3_refuse_because(e, REFUSE_INVALID_REQUEST, "Value for %s header is invalid.",
                             checksum_header(out->kind));
}

/* The checksum that the trailer will contain. */
static bool announced_checksum(exchange *x, err *e)
{
    const char *name = exchange_header(x, "x-amz-trailer");
    if (!name)
        return true;
    if (!chunks_have_trailer(x->chunks.kind) || x->sent.kind != CHECKSUM_NONE ||
        x->op->body == OP_BODY_NONE || x->op->body == OP_BODY_PARTS)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "x-amz-trailer requires a chunked body with a trailer "
                                 "checksum.");
    if (strncasecmp(name, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) != 0 ||
        !checksum_kind_parse(name + strlen(CHECKSUM_PREFIX), &x->sent.kind))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "The trailer %s is not implemented here.", name);
    return true;
}

/* SDKs name the algorithm of their checksum. */
static bool check_sdk_algorithm(const exchange *x, err *e)
{
    const char *name = exchange_header(x, "x-amz-sdk-checksum-algorithm");
    checksum_kind kind = CHECKSUM_NONE;
    if (!name)
        return true;
    if (!checksum_kind_parse(name, &kind))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "The checksum algorithm %s is not implemented here.", name);
    return kind == x->sent.kind ||
           s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                             "x-amz-sdk-checksum-algorithm specified, but no corresponding "
                             "x-amz-checksum-* or x-amz-trailer headers were found.");
}

bool exchange_begin_body(exchange *x, const auth_keys *keys, err *e)
{
    chunk_signer signer = {0};
    chunks_kind kind = chunks_kind_of(exchange_header(x, "x-amz-content-sha256"));
    if (chunks_are_signed(kind) && !auth_chunk_signer(&x->auth, keys, &signer, e))
        return false;
    chunks_init(&x->chunks, kind, &signer);
    bool has_sum = x->op->body != OP_BODY_NONE && x->op->body != OP_BODY_PARTS;
    if ((has_sum && !exchange_sent_checksum(x, &x->sent, e)) || !announced_checksum(x, e))
        return false;
    checksum_init(&x->sum, x->sent.kind);
    return !has_sum || check_sdk_algorithm(x, e);
}

static bool take_plain(void *ctx, slice data, err *e)
{
    exchange *x = ctx;
    x->body_bytes += data.len;
    if (x->body_bytes > x->content_length)
        return s3_refuse_because(e, REFUSE_INCOMPLETE_BODY, "The body is longer than stated.");
    if (auth_payload_hash(&x->auth))
        digest_update(&x->sha256, data.data, data.len);
    checksum_update(&x->sum, data);
    if (x->op->body == OP_BODY_FILE)
        return incoming_write(&x->in, data, e);
    return x->op->body == OP_BODY_NONE || buf_append_slice(&x->xml, data) ||
           s3_refuse(e, REFUSE_ENTITY_TOO_LARGE);
}

void exchange_take_body(exchange *x, slice data)
{
    err e = ERR_INIT;
    bool ok = x->chunks.kind == CHUNKS_NONE ? take_plain(x, data, &e)
                                            : chunks_take(&x->chunks, data, take_plain, x, &e);
    if (!ok)
        exchange_reply_error(x, &e);
}

static bool check_payload_hash(exchange *x, err *e)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    const char *expected = auth_payload_hash(&x->auth);
    if (!expected)
        return true;
    digest_final(&x->sha256, digest);
    hex_encode(digest, sizeof digest, hex);
    return str_equal(expected, hex) || s3_refuse(e, REFUSE_HASH_MISMATCH);
}

static bool check_md5(const exchange *x, const uint8_t digest[MD5_BYTES], err *e)
{
    const char *sent = exchange_header(x, "Content-MD5");
    if (!sent)
        return true;
    AUTO(buf) bytes = BUF(256);
    if (!base64_decode(slice_from(sent), &bytes) || bytes.len != MD5_BYTES)
        return s3_refuse(e, REFUSE_INVALID_DIGEST);
    return memcmp(bytes.data, digest, MD5_BYTES) == 0 ||
           s3_refuse_because(e, REFUSE_BAD_DIGEST,
                             "The Content-MD5 you specified did not match what we received.");
}

/* The end of the framing; the trailer contains the expected checksum. */
static bool check_chunks(exchange *x, err *e)
{
    if (x->chunks.kind == CHUNKS_NONE)
        return true;
    if (!chunks_end(&x->chunks, exchange_header(x, "x-amz-trailer"), &x->trailer_sum, e))
        return false;
    if (!x->trailer_sum)
        return true;
    x->sent.text = x->trailer_sum;
    return checksum_text_valid(x->sent.kind, x->sent.text) || s3_refuse(e, REFUSE_TRAILER);
}

static bool check_checksum(exchange *x, object_meta *meta, err *e)
{
    checksum_kind kind = x->sum.kind;
    checksum_final(&x->sum, meta->checksum);
    meta->checksum_kind = kind;
    return kind == CHECKSUM_NONE || str_equal(meta->checksum, x->sent.text) ||
           s3_refuse_because(e, REFUSE_BAD_DIGEST,
                             "The %s you specified did not match the calculated checksum.",
                             checksum_name(kind));
}

bool exchange_check_body(exchange *x, object_meta *meta, err *e)
{
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    if (!check_chunks(x, e))
        return false;
    if (x->body_bytes != x->content_length)
        return s3_refuse(e, REFUSE_INCOMPLETE_BODY);
    if (x->op->body == OP_BODY_FILE)
        digest_final(&x->in.md5, digest);
    else
        md5(buf_slice(&x->xml), digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(meta->etag, sizeof meta->etag, "\"%s\"", hex);
    return check_payload_hash(x, e) && check_md5(x, digest, e) && check_checksum(x, meta, e);
}
