#include "base/util.h"
#include "s3/serve/protocol/chunks.h"

#include <ctype.h>
#include <strings.h>

#define SIGNATURE_WORD  "chunk-signature="
#define SIGNATURE_NAME  "x-amz-trailer-signature"
#define SIZE_DIGITS_MAX 16

static const char *const kinds[] = {
    [CHUNKS_NONE] = "",
    [CHUNKS_SIGNED] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    [CHUNKS_SIGNED_TRAILER] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    [CHUNKS_UNSIGNED_TRAILER] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
};

chunks_kind chunks_kind_of(const char *content_sha256)
{
    for (size_t i = CHUNKS_SIGNED; content_sha256 && i < ARRAY_LEN(kinds); i++)
        if (str_equal(content_sha256, kinds[i]))
            return (chunks_kind)i;
    return CHUNKS_NONE;
}

bool chunks_are_signed(chunks_kind kind)
{
    return kind == CHUNKS_SIGNED || kind == CHUNKS_SIGNED_TRAILER;
}

bool chunks_have_trailer(chunks_kind kind)
{
    return kind == CHUNKS_SIGNED_TRAILER || kind == CHUNKS_UNSIGNED_TRAILER;
}

void chunks_init(chunks *c, chunks_kind kind, const chunk_signer *signer)
{
    *c = (chunks){.kind = kind};
    if (chunks_are_signed(kind))
        c->signer = *signer;
    buf_init(&c->line, CHUNK_LINE_MAX);
    buf_init(&c->trailer, CHUNK_TRAILER_MAX);
    digest_sha256_init(&c->sha256);
}

void chunks_deinit(chunks *c)
{
    buf_deinit(&c->line);
    buf_deinit(&c->trailer);
    digest_deinit(&c->sha256);
    *c = (chunks){0};
}

static bool refuse_framing(err *e, const char *what)
{
    return s3_refuse_because(e, REFUSE_INVALID_REQUEST, "The aws-chunked body is malformed: %s.",
                             what);
}

/* --- signatures --- */

/* `hashes` are the lines after the previous signature. */
static bool check_signature(chunk_signer *s, const char *algorithm, const char *hashes,
                            const char *claimed, err *e)
{
    uint8_t signature[SHA256_BYTES];
    AUTO_FREE char *text =
        xasprintf("%s\n%s\n%s\n%s\n%s", algorithm, s->amz_date, s->scope, s->last, hashes);
    hmac_sha256((slice){(const char *)s->key, sizeof s->key}, slice_from(text), signature);
    hex_encode(signature, sizeof signature, s->last);
    return s3_signature_equal(slice_from(claimed), s->last) || s3_refuse(e, REFUSE_SIGNATURE);
}

static bool check_chunk(chunks *c, err *e)
{
    uint8_t digest[SHA256_BYTES];
    char hashes[2 * S3_HASH_SIZE] = S3_EMPTY_SHA256 "\n";
    if (!chunks_are_signed(c->kind))
        return true;
    digest_final(&c->sha256, digest);
    digest_sha256_init(&c->sha256);
    hex_encode(digest, sizeof digest, hashes + strlen(hashes));
    return check_signature(&c->signer, S3_SIGN_ALGORITHM "-PAYLOAD", hashes, c->claimed, e);
}

/* --- framing --- */

static bool take_claim(chunks *c, slice words, err *e)
{
    c->claimed[0] = '\0';
    if (!chunks_are_signed(c->kind))
        return true;
    size_t word_len = strlen(SIGNATURE_WORD);
    if (!slice_starts_with(words, SIGNATURE_WORD) || words.len != word_len + S3_HASH_SIZE - 1)
        return refuse_framing(e, "a chunk has no chunk-signature");
    memcpy(c->claimed, words.data + word_len, S3_HASH_SIZE - 1);
    c->claimed[S3_HASH_SIZE - 1] = '\0';
    return true;
}

static bool parse_size(slice digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int c = tolower((unsigned char)digits.data[i]);
        if (!isxdigit(c))
            return false;
        *out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return digits.len > 0 && digits.len <= SIZE_DIGITS_MAX;
}

/* "10000;chunk-signature=ad80..." */
static bool begin_chunk(chunks *c, err *e)
{
    slice line = slice_trim(buf_slice(&c->line));
    const char *semicolon = line.len ? memchr(line.data, ';', line.len) : NULL;
    slice digits = {line.data, semicolon ? (size_t)(semicolon - line.data) : line.len};
    slice words = {0};
    if (semicolon)
        words = (slice){semicolon + 1, line.len - digits.len - 1};
    if (!parse_size(digits, &c->left_bytes))
        return refuse_framing(e, "a chunk has no size");
    if (!take_claim(c, words, e))
        return false;
    buf_clear(&c->line);
    if (c->left_bytes == 0) {
        c->state = CHUNKS_AT_TRAILER;
        return check_chunk(c, e);
    }
    if (c->small)
        return s3_refuse(e, REFUSE_CHUNK_SIZE);
    c->small = c->left_bytes < CHUNK_SIZE_MIN;
    c->state = CHUNKS_AT_DATA;
    return true;
}

static bool end_chunk(chunks *c, err *e)
{
    if (!slice_equal_str(buf_slice(&c->line), "\r\n"))
        return refuse_framing(e, "a chunk is longer than its size");
    buf_clear(&c->line);
    c->state = CHUNKS_AT_SIZE;
    return check_chunk(c, e);
}

/* Removes a line from `data`; *whole is false if its end was not received yet. */
static bool take_line(chunks *c, slice *data, bool *whole, err *e)
{
    const char *end = memchr(data->data, '\n', data->len);
    size_t used = end ? (size_t)(end - data->data) + 1 : data->len;
    if (!buf_append(&c->line, data->data, used))
        return refuse_framing(e, "a line of a chunk is too long");
    *data = (slice){data->data + used, data->len - used};
    *whole = end != NULL;
    return true;
}

static bool take_text(chunks *c, slice *data, err *e)
{
    bool whole = false;
    if (c->state != CHUNKS_AT_TRAILER) {
        if (!take_line(c, data, &whole, e))
            return false;
        return !whole || (c->state == CHUNKS_AT_SIZE ? begin_chunk(c, e) : end_chunk(c, e));
    }
    slice rest = *data;
    *data = (slice){0};
    return buf_append_slice(&c->trailer, rest) || s3_refuse(e, REFUSE_TRAILER);
}

static slice take_data(chunks *c, slice *data)
{
    slice piece = {data->data, (size_t)MIN(c->left_bytes, (uint64_t)data->len)};
    *data = (slice){data->data + piece.len, data->len - piece.len};
    if (chunks_are_signed(c->kind))
        digest_update(&c->sha256, piece.data, piece.len);
    c->left_bytes -= piece.len;
    if (c->left_bytes == 0)
        c->state = CHUNKS_AT_DATA_END;
    return piece;
}

bool chunks_take(chunks *c, slice data, bool (*sink)(void *ctx, slice data, err *e), void *ctx,
                 err *e)
{
    while (data.len > 0) {
        bool ok =
            c->state == CHUNKS_AT_DATA ? sink(ctx, take_data(c, &data), e) : take_text(c, &data, e);
        if (!ok)
            return false;
    }
    return true;
}

/* --- the trailer --- */

typedef struct trailer {
    char *value, *signature; /* malloc'ed, or NULL: absent */
} trailer;

static void trailer_deinit(trailer *t)
{
    free(t->value);
    free(t->signature);
}
DEFINE_AUTO(trailer, trailer_deinit)

static bool take_header(slice line, const char *name, trailer *t)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (!colon)
        return false;
    slice ours = {line.data, (size_t)(colon - line.data)};
    slice value = slice_trim((slice){colon + 1, line.len - ours.len - 1});
    AUTO_FREE char *text = slice_dup(ours);
    char **out = strcasecmp(text, SIGNATURE_NAME) == 0 ? &t->signature
                 : name && strcasecmp(text, name) == 0 ? &t->value
                                                       : NULL;
    if (!out || *out)
        return false;
    *out = slice_dup(value);
    return true;
}

/* Lines end in CR LF or, as in the published example, in LF CR LF. */
static bool parse_trailer(slice text, const char *name, trailer *t)
{
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t used = end ? (size_t)(end - text.data) + 1 : text.len;
        slice line = slice_trim((slice){text.data, used});
        if (line.len > 0 && !take_header(line, name, t))
            return false;
        text = (slice){text.data + used, text.len - used};
    }
    return !name || t->value;
}

static bool check_trailer_signature(chunks *c, const char *name, const trailer *t, err *e)
{
    char hash[S3_HASH_SIZE];
    if (!name)
        return true; /* nothing was signed */
    if (!t->signature)
        return s3_refuse_because(e, REFUSE_TRAILER, "The trailer has no " SIGNATURE_NAME ".");
    AUTO_FREE char *text = xasprintf("%s:%s\n", name, t->value);
    for (char *p = text; *p != ':'; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    s3_sign_payload_hash(slice_from(text), hash);
    return check_signature(&c->signer, S3_SIGN_ALGORITHM "-TRAILER", hash, t->signature, e);
}

bool chunks_end(chunks *c, const char *name, char **value, err *e)
{
    AUTO(trailer) t = {0};
    *value = NULL;
    if (c->state != CHUNKS_AT_TRAILER)
        return s3_refuse(e, REFUSE_INCOMPLETE_BODY);
    if (!parse_trailer(buf_slice(&c->trailer), name, &t))
        return s3_refuse(e, REFUSE_TRAILER);
    if (chunks_are_signed(c->kind) && !check_trailer_signature(c, name, &t, e))
        return false;
    *value = move(t.value);
    return true;
}
