/* The walk over one document: where it shares n-grams with questions.
 *
 * What:    probes n-grams at a sampling step; at a hit a cluster is expanded to the left and to the
 *          right for every record that holds the n-gram.
 * Owner:   scan_scratch is one worker's memory, kept from document to document.
 * Threads: the index is shared and constant; a scratch belongs to one thread at a time.
 * Fails:   never; what on_cluster sets ends the walk.
 */
#ifndef DETECTION_MATCH_SCAN_H
#define DETECTION_MATCH_SCAN_H

#include "base/util.h"
#include "detection/index/index.h"

typedef struct candidate {
    uint32_t record;
    uint32_t misses;
    size_t lo, hi;     /* the first and last position of a matching n-gram */
    float matched_sum; /* of the IDF of the distinct n-grams that matched, ascending id */
    uint32_t matched;  /* how many those are */
} candidate;

typedef struct cluster {
    const candidate *candidates; /* ascending record */
    size_t count;
    size_t end; /* the last position that was looked at */
} cluster;

typedef struct scan_scratch {
    candidate *candidates;
    size_t candidate_capacity;
    uint32_t *active; /* candidates that still take part, ascending */
    size_t active_count;
    uint64_t *matches; /* candidate << 32 | id, each once */
    size_t match_count, match_capacity;
    uint64_t *set; /* the same as a hash set, each + 1; 0 is free */
    size_t set_slots, set_capacity;
} scan_scratch;

void scan_scratch_deinit(scan_scratch *s);

bool scan_document(const ngram_index *x, scan_scratch *s, const token_list *document,
                   bool (*on_cluster)(void *ctx, const cluster *c, err *e), void *ctx, err *e)
    MUST_USE;

#endif
