/* Pairs of tokens that begin the n-grams by which short texts are found.
 *
 * What:    of each row of tokens, lead_pairs_choose keeps the pair of adjacent tokens that is in the
 *          fewest records, by the frequencies of its tokens; lead_pairs_may_have tells whether a pair
 *          may have been kept.
 * Owner:   embedded, zero-initialised; lead_pairs_deinit.
 * Threads: one until lead_pairs_choose; constant afterwards.
 * Fails:   never.
 */
#ifndef DETECTION_ALIGN_LEAD_PAIRS_H
#define DETECTION_ALIGN_LEAD_PAIRS_H

#include "base/util.h"

typedef struct lead_pairs {
    uint32_t *rows; /* a row's number of pairs, then its tokens; until lead_pairs_choose */
    size_t used, capacity, row_count;
    uint64_t *bits; /* by the pair's hash; NULL without rows */
    unsigned shift; /* 64 less the digits of a hash */
} lead_pairs;

void lead_pairs_deinit(lead_pairs *l);
/* `tokens` are count + 1. */
void lead_pairs_add(lead_pairs *l, const uint32_t *tokens, size_t count);
/* `records`: by token, how many records have it. */
void lead_pairs_choose(lead_pairs *l, const uint32_t *records);

static inline uint64_t lead_pairs_hash(const lead_pairs *l, const uint32_t pair[2])
{
    return ((uint64_t)pair[0] << 32 | pair[1]) * UINT64_C(0x9E3779B97F4A7C15) >> l->shift;
}

/* `l` has bits. */
static inline bool lead_pairs_may_have(const lead_pairs *l, const uint32_t pair[2])
{
    uint64_t hash = lead_pairs_hash(l, pair);
    return l->bits[hash / 64] >> hash % 64 & 1;
}

#endif
