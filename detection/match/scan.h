/* Scans one document for places where it shares n-grams with questions.
 *
 * What:    probes n-grams at a sampling step; at a hit a cluster is expanded to the left and to the
 *          right for every record that contains the n-gram; once for records that contain the same
 *          of the n-grams there (candidate_groups.h).
 * Owner:   scan_scratch is one worker's memory, kept from document to document.
 * Threads: the index is shared and constant; a scratch belongs to one thread at a time.
 * Fails:   an error of on_cluster ends the walk; as token_window_move.
 */
#ifndef DETECTION_MATCH_SCAN_H
#define DETECTION_MATCH_SCAN_H

#include "base/util.h"
#include "detection/match/candidate_groups.h"
#include "detection/match/ngram_ahead.h"
#include "detection/match/seen_map.h"
#include "detection/match/token_window.h"

typedef struct candidate {
    uint32_t record;
    size_t lo, hi;     /* the first and last position of a matching n-gram */
    float matched_sum; /* of the IDF of the distinct n-grams that matched, ascending id */
    uint32_t matched;  /* how many those are */
} candidate;

typedef struct cluster {
    const candidate_groups *groups;
    size_t seed; /* the position where it was found */
    size_t end;  /* the last position that was examined */
} cluster;

/* By ascending record: `number` is below cluster_count. */
static inline size_t cluster_count(const cluster *c)
{
    return c->groups->records.count;
}
static inline candidate cluster_candidate(const cluster *c, size_t number)
{
    const candidate_group *g = &c->groups->groups[c->groups->group_of[number]];
    return (candidate){.record = c->groups->records.records[number],
                       .lo = g->lo,
                       .hi = g->hi,
                       .matched_sum = g->matched_sum,
                       .matched = g->matched};
}

typedef struct scan_scratch {
    candidate_groups groups;
    uint32_t *active; /* groups that still take part */
    size_t active_count, active_capacity;
    ngram_ahead ahead;
    seen_map ngrams;
    seen_map lists;          /* of records that hold an n-gram: groups were split by it */
    bool met_start, met_end; /* of the window, by a group that was still active */
} scan_scratch;

/* Tokens that may be examined before and after a cluster: passages, answers, the excerpt. */
typedef struct scan_margins {
    size_t before, behind;
} scan_margins;

scan_margins scan_margins_of(const ngram_index *x);

void scan_scratch_deinit(scan_scratch *s);

/* `t`: at the document's beginning. The scan moves it; in on_cluster it contains everything that
 * the cluster, its records' answers and passages, and an excerpt can reach. Positions of a cluster
 * refer to the window. */
bool scan_document(const ngram_index *x, scan_scratch *s, token_window *t,
                   bool (*on_cluster)(void *ctx, const cluster *c, err *e), void *ctx, err *e)
    MUST_USE;

#endif
