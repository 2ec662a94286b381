#include "base/util.h"
#include "detection/tokenizer/bpe_borders.h"

#include "detection/table/hash.h"

#define PAIR_BITS 19 /* of a bit number */

void bpe_borders_init(bpe_borders *b)
{
    *b = (bpe_borders){.pairs = xcalloc((size_t)1 << (PAIR_BITS - 6), sizeof *b->pairs)};
}

void bpe_borders_deinit(bpe_borders *b)
{
    free(b->pairs);
    *b = (bpe_borders){0};
}

static inline bool is_continuation(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

/* By the first byte of a character; 1 for bytes that begin none. */
static inline size_t char_len(char first)
{
    uint8_t c = (uint8_t)first;
    return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* The bytes of a character as a number. */
static inline uint32_t char_bytes(const char *p, size_t len)
{
    uint32_t bytes = (uint8_t)p[0];
    for (size_t i = 1; i < len; i++)
        bytes = bytes << 8 | (uint8_t)p[i];
    return bytes;
}

static inline size_t pair_bit(uint32_t first, uint32_t second)
{
    return (size_t)(hash_mix((uint64_t)first << 32 | second, UINT64_C(0x9E3779B97F4A7C15)) >>
                    (64 - PAIR_BITS));
}

static inline size_t part_bit(char last, char first)
{
    return (size_t)(uint8_t)last << 8 | (uint8_t)first;
}

static inline void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool has_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* The characters of the token before and after its byte `k`, which may begin a character of a text. */
static void learn_at(bpe_borders *b, slice token, size_t k)
{
    size_t from = k - 1, next = char_len(token.data[k]);
    while (from > 0 && is_continuation(token.data[from]))
        from--;
    if (is_continuation(token.data[from]) || char_len(token.data[from]) != k - from ||
        k + next > token.len)
        set_bit(b->part_pairs, part_bit(token.data[k - 1], token.data[k]));
    else
        set_bit(b->pairs, pair_bit(char_bytes(token.data + from, k - from),
                                   char_bytes(token.data + k, next)));
}

void bpe_borders_learn(bpe_borders *b, slice token)
{
    for (size_t k = 1; k < token.len; k++)
        if (!is_continuation(token.data[k]))
            learn_at(b, token, k);
}

size_t bpe_borders_next(const bpe_borders *b, slice text, size_t at)
{
    size_t len = char_len(text.data[at]);
    uint32_t before = char_bytes(text.data + at, len);
    for (at += len; at < text.len; at += len) {
        len = char_len(text.data[at]);
        uint32_t next = char_bytes(text.data + at, len);
        if (!has_bit(b->pairs, pair_bit(before, next)) &&
            !has_bit(b->part_pairs, part_bit(text.data[at - 1], text.data[at])))
            return at;
        before = next;
    }
    return text.len;
}
