/* Encodes one piece of text as byte-pair tokens: starts with single bytes and joins neighbours
 * until no join is possible.
 *
 * What:    the two neighbours whose joint string has the lowest rank are joined, the leftmost of
 *          equal ones. A short piece is searched for the lowest rank each time; a long one keeps
 *          its candidates in a heap, so that the time grows as n log n.
 * Owner:   bpe_merger is one worker's memory; it grows with the longest piece, and frees unusually
 *          large memory. _deinit.
 * Threads: the vocabulary is constant; a merger belongs to one thread at a time.
 * Fails:   never. A piece is shorter than 4 GiB.
 */
#ifndef DETECTION_TOKENIZER_BPE_MERGE_H
#define DETECTION_TOKENIZER_BPE_MERGE_H

#include "base/util.h"
#include "detection/tokenizer/bpe_vocabulary.h"

typedef struct bpe_part { /* known by the byte that it begins at */
    uint32_t next;        /* where the next one begins: this one's end */
    uint32_t previous;    /* where the previous one begins */
    uint32_t rank;        /* its own; BPE_NO_RANK: no part begins here */
    uint32_t joint;       /* the rank of the join with the next one */
} bpe_part;

typedef struct bpe_merger {
    bpe_part *parts;
    size_t part_capacity;
    uint64_t *joints;
    size_t joint_capacity;
} bpe_merger;

void bpe_merger_deinit(bpe_merger *m);

/* The resulting parts: from `parts[0]` on by `next`, until it is the piece's length. Valid until
 * the next call. */
const bpe_part *bpe_merge(bpe_merger *m, const bpe_vocabulary *v, slice piece) MUST_USE;

#endif
