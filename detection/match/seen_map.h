/* The places in a cluster where a number was seen: n-grams, or lists of records.
 *
 * What:    a hash table from a number to the places nearest to the cluster's seed, on either side.
 * Owner:   seen_map_deinit; memory is kept from cluster to cluster.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef DETECTION_MATCH_SEEN_MAP_H
#define DETECTION_MATCH_SEEN_MAP_H

#include "base/util.h"

#define SEEN_NOT SIZE_MAX

typedef struct seen {
    uint32_t id;
    /* Positions, SEEN_NOT or: at the seed or before it; at the seed or after it. */
    size_t left, right;
} seen;

typedef struct seen_map {
    seen *items; /* in the order in which they were added */
    size_t count, capacity;
    uint32_t *slots; /* item numbers, each + 1; 0: free. A power of two */
    size_t slot_count, slot_capacity;
} seen_map;

void seen_map_deinit(seen_map *m);
void seen_map_clear(seen_map *m);
/* The item of `id`, added where it is new. Valid until the next call. */
seen *seen_map_at(seen_map *m, uint32_t id);
void seen_map_sort(seen_map *m); /* by id; afterwards only items and count may be used */

/* Whether a group that was active at all positions from `left_end` to the seed, and in the pass to
 * the right from the seed on, has seen it before this position. */
static inline bool seen_before(const seen *s, size_t left_end, bool to_left)
{
    if (to_left)
        return s->left != SEEN_NOT;
    return s->right != SEEN_NOT || (s->left != SEEN_NOT && s->left >= left_end);
}

#endif
