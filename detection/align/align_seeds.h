/* Seeds: three consecutive tokens that few texts contain; they lead from a document to texts.
 *
 * What:    a table from a seed's hash to the places in texts that have it. Each place names up to
 *          ALIGN_NEAR_TOKENS rare tokens near it; if a document has none of them near the seed, the
 *          text is skipped.
 * Owner:   embedded in the align_set, zero-initialised; align_seeds_deinit.
 * Threads: built by one thread, then read by all.
 * Fails:   never.
 *
 * A seed leads to at most ALIGN_SEED_TEXTS texts and is so rare that chance hits are unlikely.
 * Texts with fewer than ALIGN_STRONG_SEEDS of these, such as general questions about a passage,
 * also get their other seeds, if at most ALIGN_WEAK_SEED_TEXTS texts have them.
 */
#ifndef DETECTION_ALIGN_ALIGN_SEEDS_H
#define DETECTION_ALIGN_ALIGN_SEEDS_H

#include "base/util.h"
#include "detection/table/ngram_table.h"

#define ALIGN_SEED_TOKENS     3
#define ALIGN_SEED_TEXTS      32
#define ALIGN_SEED_WEIGHT     1.0f /* of all its tokens, in full weights */
#define ALIGN_STRONG_SEEDS    3
#define ALIGN_WEAK_SEED_TEXTS 512
#define ALIGN_NEAR_TOKENS     3
#define ALIGN_NEAR            48 /* tokens on either side of a seed's first one */

typedef struct align_post { /* a place of a seed */
    uint32_t text, offset;
    uint32_t near[ALIGN_NEAR_TOKENS]; /* heaviest first; UINT32_MAX: none */
} align_post;

typedef struct align_slot {
    uint64_t hash;
    uint32_t first, count; /* in `posts`; count 0: free */
} align_slot;

typedef struct align_seeds {
    align_post *posts;
    align_slot *slots;
    size_t slot_count; /* a power of two */
    ngram_filter filter;
} align_seeds;

struct align_set;
/* From the texts of a set with weights. */
void align_seeds_make(align_seeds *seeds, const struct align_set *set);
void align_seeds_deinit(align_seeds *seeds);

static inline uint64_t align_seed_hash(const uint32_t *tokens)
{
    return ngram_hash(tokens, ALIGN_SEED_TOKENS);
}

static inline void align_seeds_prefetch(const align_seeds *s, uint64_t hash)
{
    __builtin_prefetch(&s->slots[hash & (s->slot_count - 1)]);
}

/* The slot of the hash, or a free one. */
static inline const align_slot *align_seeds_find(const align_seeds *s, uint64_t hash)
{
    size_t at = hash & (s->slot_count - 1);
    while (s->slots[at].count > 0 && s->slots[at].hash != hash)
        at = (at + 1) & (s->slot_count - 1);
    return &s->slots[at];
}

#endif
