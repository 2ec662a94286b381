#include "detection/index/record_digest.h"

#include "base/util.h"
#include "detection/index/index.h"

static void add_number(digest_ctx *d, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    digest_update(d, bytes, sizeof bytes);
}

/* With its length before it, so that no two records give the same bytes. An absent text differs from
 * an empty one. */
static void add_text(digest_ctx *d, slice text)
{
    add_number(d, text.data ? text.len + 1 : 0);
    if (text.len > 0)
        digest_update(d, text.data, text.len);
}

void record_digest_of(const eval_input *record, uint8_t digest[SHA256_BYTES])
{
    const slice texts[] = {record->eval_key, record->split,  record->fingerprint,
                           record->question, record->answer, record->passage};
    AUTO(digest_ctx) ctx = {0};
    digest_sha256_init(&ctx);
    add_number(&ctx, record->doc_id);
    add_number(&ctx, (uint64_t)(int64_t)record->is_correct);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        add_text(&ctx, texts[i]);
    digest_final(&ctx, digest);
}

void record_digest_add(record_digest *d, const uint8_t digest[SHA256_BYTES])
{
    unsigned carry = 0;
    for (size_t i = SHA256_BYTES; i-- > 0;) {
        carry += (unsigned)d->sum[i] + digest[i];
        d->sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void record_digest_add_instance(record_digest *d, const uint8_t digest[SHA256_BYTES],
                                uint64_t instance)
{
    uint8_t numbered[SHA256_BYTES];
    AUTO(digest_ctx) ctx = {0};
    digest_sha256_init(&ctx);
    digest_update(&ctx, digest, SHA256_BYTES);
    add_number(&ctx, instance);
    digest_final(&ctx, numbered);
    record_digest_add(d, numbered);
}

void record_digest_hex(const record_digest *d, char hex[RECORD_DIGEST_TEXT])
{
    hex_encode(d->sum, sizeof d->sum, hex);
}
