/* Caches the tokens of pieces and short units (bpe_unit.h) of text.
 *
 * What:    a flat table of fixed size; a piece of up to 15 bytes and 4 tokens has one of two slots
 *          in it; a new entry replaces the older one. Most units of a text are repeated.
 * Owner:   piece_cache_new / piece_cache_free.
 * Threads: one at a time.
 * Fails:   never: absent entries are computed again.
 */
#ifndef DETECTION_TOKENIZER_PIECE_CACHE_H
#define DETECTION_TOKENIZER_PIECE_CACHE_H

#include "decon/base/buf.h"
#include "base/util.h"
#include "detection/table/hash.h"

#define PIECE_MAX_BYTES  15
#define PIECE_MAX_TOKENS 4

/* A piece as two words: its bytes in memory order, zeros after them, its length in the last byte, with
 * PIECE_IS_UNIT for a unit, PIECE_IS_PART for a part of a piece. No piece is all zeros. */
typedef struct piece_key {
    uint64_t words[2];
} piece_key;
#define PIECE_IS_UNIT (UINT64_C(0x80) << 56)
#define PIECE_IS_PART (UINT64_C(0x40) << 56)

/* A token: its number in the lower 24 bits, how many bytes it covers in the upper 8. */
typedef uint32_t piece_token;
#define PIECE_TOKEN(id, len) ((piece_token)(id) | (piece_token)(len) << 24)
#define PIECE_TOKEN_ID(t)    (0xFFFFFF & (t))
#define PIECE_TOKEN_LEN(t)   ((t) >> 24)

typedef struct piece_entry {
    piece_key key;
    piece_token tokens[PIECE_MAX_TOKENS]; /* 0: no more */
} piece_entry;

#define PIECE_CACHE_PAIRS 131072 /* 8 MiB in all */

typedef struct piece_cache {
    piece_entry entries[PIECE_CACHE_PAIRS][2];
} piece_cache;

piece_cache *piece_cache_new(void) MUST_USE;
void piece_cache_free(piece_cache *c); /* NULL is allowed */

extern const uint64_t piece_masks[PIECE_MAX_BYTES + 1]
                                 [2]; /* by length: ones for the bytes that stay */

/* The lowest `len` bytes stay; the others become zero. */
static inline piece_key piece_key_cut(uint64_t low, uint64_t high, size_t len)
{
    const uint64_t *keep = piece_masks[len];
    return (piece_key){{low & keep[0], (high & keep[1]) | (uint64_t)len << 56}};
}

/* `text.len` is at most PIECE_MAX_BYTES. */
static inline piece_key piece_key_of(slice text)
{
    uint64_t words[2] = {0, 0};
    memcpy(words, text.data, text.len);
    return piece_key_cut(words[0], words[1], text.len);
}

static inline uint64_t piece_hash(uint64_t low, uint64_t high)
{
    return hash_mix(low ^ UINT64_C(0x9E3779B97F4A7C15), high ^ UINT64_C(0xD1B54A32D192ED03));
}

static inline piece_entry *piece_pair(piece_cache *c, piece_key key)
{
    return c->entries[piece_hash(key.words[0], key.words[1]) & (PIECE_CACHE_PAIRS - 1)];
}

static inline bool piece_key_equal(piece_key a, piece_key b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/* In the pair of the key; NULL if absent. A hit in the second slot moves to the first. */
static inline const piece_entry *piece_pair_find(piece_entry *pair, piece_key key)
{
    if (piece_key_equal(pair[0].key, key))
        return &pair[0];
    if (!piece_key_equal(pair[1].key, key))
        return NULL;
    piece_entry found = pair[1];
    pair[1] = pair[0];
    pair[0] = found;
    return &pair[0];
}

static inline const piece_entry *piece_cache_find(piece_cache *c, piece_key key)
{
    return piece_pair_find(piece_pair(c, key), key);
}

/* `count` is 1 to PIECE_MAX_TOKENS. */
void piece_cache_put(piece_cache *c, piece_key key, const piece_token *tokens, size_t count);

#endif
