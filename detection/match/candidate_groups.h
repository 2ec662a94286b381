/* The records of a cluster, in groups that contain the same of its n-grams.
 *
 * What:    records of a template share nearly all n-grams, so that a cluster is expanded once for each
 *          group instead of once for each record. A group is split at an n-gram that only some of
 *          its records contain.
 * Owner:   candidate_groups_deinit; memory is kept from cluster to cluster. The list of records is
 *          borrowed from the index.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef DETECTION_MATCH_CANDIDATE_GROUPS_H
#define DETECTION_MATCH_CANDIDATE_GROUPS_H

#include "base/util.h"
#include "detection/index/index.h"

typedef struct candidate_group {
    uint32_t first, count; /* in `members` */
    uint32_t touched;      /* of those, at the front; while it is split */
    uint32_t misses;
    bool active;
    size_t lo, hi;              /* the first and last position of a matching n-gram */
    size_t left_end, right_end; /* the outermost positions at which it was active */
    float matched_sum;          /* of the IDF of the distinct n-grams that matched, ascending id */
    uint32_t matched;           /* how many those are */
} candidate_group;

typedef struct candidate_groups {
    record_list records; /* ascending; a candidate is known by its place in it */
    uint32_t *members;   /* candidates, group by group */
    uint32_t *place_of;  /* by candidate: in `members` */
    uint32_t *group_of;  /* by candidate */
    candidate_group *groups;
    size_t count;
    uint32_t *split; /* groups that are touched */
    size_t capacity;
} candidate_groups;

void candidate_groups_deinit(candidate_groups *g);
/* One group of all records, at position `seed`. */
void candidate_groups_begin(candidate_groups *g, record_list records, size_t seed);
/* Splits the active groups of which `docs` contains some records, but not all. */
void candidate_groups_refine(candidate_groups *g, record_list docs);

/* The representative record of a group: after refinement all its records give the same answers. */
static inline uint32_t candidate_group_record(const candidate_groups *g, size_t number)
{
    return g->records.records[g->members[g->groups[number].first]];
}

/* Calls each(ctx, candidate) for all candidates that are in `docs`. */
void candidate_groups_each_in(const candidate_groups *g, record_list docs,
                              void (*each)(void *ctx, uint32_t candidate), void *ctx);

#endif
