/* Hashes of n-grams at adjacent positions of a document, made before they are looked up.
 *
 * What:    a ring by position. A hash is made NGRAM_AHEAD positions before its look-up, and memory of the
 *          table is prefetched then and half-way: most of the time of a look-up is otherwise spent
 *          waiting for it.
 * Owner:   an embedded value; index and tokens are borrowed. Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_MATCH_NGRAM_AHEAD_H
#define DETECTION_MATCH_NGRAM_AHEAD_H

#include "base/util.h"
#include "detection/index/index.h"

#define NGRAM_AHEAD      8
#define NGRAM_AHEAD_RING 16 /* a power of two, more than NGRAM_AHEAD */

typedef struct ngram_ahead {
    const ngram_table *table;
    const ngram_filter *filter; /* NULL: all hashes are looked up */
    const uint32_t *tokens;
    size_t n;
    uint64_t hashes[NGRAM_AHEAD_RING];
} ngram_ahead;

static inline uint64_t ngram_ahead_hash(const ngram_ahead *a, size_t position)
{
    return a->hashes[position % NGRAM_AHEAD_RING];
}

/* NGRAM_AHEAD positions before the look-up. */
static inline void ngram_ahead_begin(ngram_ahead *a, size_t position)
{
    uint64_t hash = ngram_hash(a->tokens + position, a->n);
    a->hashes[position % NGRAM_AHEAD_RING] = hash;
    if (a->filter)
        ngram_filter_prefetch(a->filter, hash);
    ngram_table_prefetch_start(a->table, hash);
}

/* Half as many positions before it. */
static inline void ngram_ahead_middle(const ngram_ahead *a, size_t position)
{
    uint64_t hash = ngram_ahead_hash(a, position);
    if (!a->filter || ngram_filter_may_have(a->filter, hash))
        ngram_table_prefetch_entries(a->table, hash);
}

#endif
