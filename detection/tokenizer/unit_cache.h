/* As piece_cache.h, for longer units: 16 to 31 bytes and up to 8 tokens.
 *
 * What:    a flat table of fixed size, two slots for each unit.
 * Owner:   unit_cache_new / unit_cache_free.
 * Threads: one at a time.
 * Fails:   never: absent entries are computed again.
 */
#ifndef DETECTION_TOKENIZER_UNIT_CACHE_H
#define DETECTION_TOKENIZER_UNIT_CACHE_H

#include "detection/tokenizer/piece_cache.h"

#define UNIT_MIN_BYTES  16
#define UNIT_MAX_BYTES  31
#define UNIT_MAX_TOKENS 8

/* As piece_key: bytes, zeros, the length in the last byte. */
typedef struct unit_key {
    uint64_t words[4];
} unit_key;

typedef struct unit_entry {
    unit_key key;
    piece_token tokens[UNIT_MAX_TOKENS];
} unit_entry;

#define UNIT_CACHE_PAIRS 16384 /* 2 MiB in all */

typedef struct unit_cache {
    unit_entry entries[UNIT_CACHE_PAIRS][2];
} unit_cache;

unit_cache *unit_cache_new(void) MUST_USE;
void unit_cache_free(unit_cache *c); /* NULL is allowed */

/* `len` is UNIT_MIN_BYTES to UNIT_MAX_BYTES; 32 bytes exist. */
static inline unit_key unit_key_of(const char *text, size_t len)
{
    unit_key key;
    memcpy(key.words, text, sizeof key.words);
    piece_key tail = piece_key_cut(key.words[2], key.words[3], len - 16);
    key.words[2] = tail.words[0];
    key.words[3] = tail.words[1];
    return key;
}

static inline unit_entry *unit_pair(unit_cache *c, const unit_key *key)
{
    uint64_t hash =
        piece_hash(piece_hash(key->words[0], key->words[1]) ^ key->words[2], key->words[3]);
    return c->entries[hash & (UNIT_CACHE_PAIRS - 1)];
}

static inline bool unit_key_equal(const unit_key *a, const unit_key *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1] && a->words[2] == b->words[2] &&
           a->words[3] == b->words[3];
}

/* NULL if absent. */
static inline const unit_entry *unit_cache_find(unit_cache *c, const unit_key *key)
{
    unit_entry *pair = unit_pair(c, key);
    if (unit_key_equal(&pair[0].key, key))
        return &pair[0];
    if (!unit_key_equal(&pair[1].key, key))
        return NULL;
    unit_entry found = pair[1];
    pair[1] = pair[0];
    pair[0] = found;
    return &pair[0];
}

/* `count` is 1 to UNIT_MAX_TOKENS. */
void unit_cache_put(unit_cache *c, const unit_key *key, const piece_token *tokens, size_t count);

#endif
