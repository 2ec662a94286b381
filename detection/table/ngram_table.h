/* N-grams to small numbers: the first, second, third, .. distinct one that was put in.
 *
 * What:    a flat open-addressing table from a 64-bit hash of (length, tokens) to an id; n-grams
 *          of equal hash count as equal. One id space for all lengths and kinds. A filter of a few
 *          bits for each n-gram answers most questions for those that are not there.
 * Owner:   ngram_table_init / _deinit, ngram_filter_init / _deinit.
 * Threads: adding by one thread, before any other use; then the rest by all.
 * Fails:   never.
 */
#ifndef DETECTION_TABLE_NGRAM_TABLE_H
#define DETECTION_TABLE_NGRAM_TABLE_H

#include "base/util.h"
#include "detection/table/hash.h"

#define NGRAM_UNKNOWN UINT32_MAX

typedef struct ngram_slot {
    uint32_t hash;  /* the upper half; the lower half selects the slot */
    uint32_t place; /* the id + 1; 0: free */
} ngram_slot;

typedef struct ngram_table {
    uint64_t *hashes; /* by id */
    ngram_slot *slots;
    size_t slot_count; /* a power of two */
    uint32_t count;
} ngram_table;

void ngram_table_init(ngram_table *t);
void ngram_table_deinit(ngram_table *t);
DEFINE_AUTO(ngram_table, ngram_table_deinit)

static inline uint64_t ngram_hash(const uint32_t *tokens, size_t n)
{
    return hash_bytes(tokens, n * sizeof *tokens, UINT64_C(0x5851F42D4C957F2D));
}

/* Gives memory back that only adding needs. */
void ngram_table_trim(ngram_table *t);
uint32_t ngram_table_add_hash(ngram_table *t, uint64_t hash);
/* Prefetches the slot where the hash belongs. */
static inline void ngram_table_prefetch(const ngram_table *t, uint64_t hash)
{
    __builtin_prefetch(&t->slots[hash & (t->slot_count - 1)]);
}
/* NGRAM_UNKNOWN where it was not put in. */
uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n);
uint32_t ngram_table_find_hash(const ngram_table *t, uint64_t hash);

/* One bit for each hash, 16 to 32 bits for each n-gram: one in 16 to 32 of those that were not put
 * in passes. */
typedef struct ngram_filter {
    uint64_t *words;
    uint64_t mask; /* of bit numbers */
} ngram_filter;

void ngram_filter_init(ngram_filter *f, size_t count);
void ngram_filter_deinit(ngram_filter *f);

static inline void ngram_filter_add(ngram_filter *f, uint64_t hash)
{
    uint64_t bit = hash >> 20 & f->mask;
    f->words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static inline bool ngram_filter_may_have(const ngram_filter *f, uint64_t hash)
{
    uint64_t bit = hash >> 20 & f->mask;
    return f->words[bit / 64] >> bit % 64 & 1;
}

/* Prefetches what ngram_filter_may_have will read. */
static inline void ngram_filter_prefetch(const ngram_filter *f, uint64_t hash)
{
    __builtin_prefetch(&f->words[(hash >> 20 & f->mask) / 64]);
}

#endif
