/* One piece of text to byte-pair tokens: single bytes are joined until nothing more can be.
 *
 * What:    the two neighbours whose joint string has the lowest rank are joined, the leftmost where
 *          ranks are equal. A short piece is looked through for the lowest rank each time; a long
 *          one keeps its joints in a heap, so that the time grows as n log n.
 * Owner:   bpe_merger is one worker's memory; it grows to what the longest piece needs, and gives
 *          back what is unusual. _deinit.
 * Threads: the vocabulary is constant; a merger belongs to one thread at a time.
 * Fails:   never. A piece is shorter than 4 GiB.
 */
#ifndef DETECTION_TOKENIZER_BPE_MERGE_H
#define DETECTION_TOKENIZER_BPE_MERGE_H

#include "base/util.h"
#include "detection/tokenizer/bpe_vocabulary.h"

typedef struct bpe_part { /* known by the byte that it begins at */
    uint32_t next;        /* where the next one begins: this one's end */
    uint32_t previous;    /* where the one before it begins */
    uint32_t rank;        /* its own; BPE_NO_RANK: no part begins here any more */
    uint32_t joint;       /* the rank with the next one */
} bpe_part;

typedef struct bpe_merger {
    bpe_part *parts;
    size_t part_capacity;
    uint64_t *joints;
    size_t joint_capacity;
} bpe_merger;

void bpe_merger_deinit(bpe_merger *m);

/* The parts that are left: from `parts[0]` on by `next`, until it is the piece's length. They stay
 * until the next call. */
const bpe_part *bpe_merge(bpe_merger *m, const bpe_vocabulary *v, slice piece) MUST_USE;

#endif
