/* The records whose questions contain an n-gram, as ascending lists of record numbers; and the
 * number of answers and passages that contain it.
 *
 * What:    n-grams that occur in the same records share a list: words of one record, or of a
 *          template. Most n-grams occur in only one text; their list follows from the id, because
 *          n-grams that first occurred in one record have adjacent ids. Only the others take
 *          memory.
 * Owner:   an embedded value; record_lists_make / record_lists_deinit.
 * Threads: making by one, while the index is frozen; then all may read.
 * Fails:   never.
 *
 * List 0 is empty, list r + 1 has record r only; those with more records follow.
 */
#ifndef DETECTION_INDEX_RECORD_LISTS_H
#define DETECTION_INDEX_RECORD_LISTS_H

#include "base/util.h"
#include "detection/table/ngram_numbers.h"
#include "detection/table/rank_bits.h"

struct ngram_index;

typedef struct record_list { /* ascending record numbers */
    const uint32_t *records;
    size_t count;
} record_list;

/* Of an n-gram in several texts. */
typedef struct ngram_holders {
    uint32_t list;
    uint32_t answers, passages; /* number of those that contain it */
} ngram_holders;

/* The n-grams that occurred first in a record: ids from `first` on, of its question, then of its
 * other texts. */
typedef struct ngram_owner {
    uint32_t first, question; /* question: how many ids are those of the question */
    uint32_t record;
} ngram_owner;

typedef struct record_lists {
    rank_bits shared;       /* by id: the n-gram is in several texts */
    ngram_holders *holders; /* of those, in their order */
    ngram_owner *owners;    /* in reading order */
    uint32_t *
        owner_at; /* by id / OWNER_STEP, and one more: an index into `owners`, at most that of the id */
    uint32_t *posts;  /* all record numbers, then the longer lists */
    uint32_t *starts; /* of the longer lists, and one more: index into `posts` */
    size_t record_count, long_count;
} record_lists;

#define OWNER_STEP 64

/* Texts have the numbers of places as their numbers of n-grams; their places are still there. */
void record_lists_make(struct ngram_index *x, const ngram_numbers *numbers);
void record_lists_deinit(record_lists *l);

/* The list of an n-gram that is in one text only. */
uint32_t record_lists_own(const record_lists *l, uint32_t id);

/* NULL: the n-gram is in one text only. */
static inline const ngram_holders *record_lists_holders(const record_lists *l, uint32_t id)
{
    return rank_bits_has(&l->shared, id) ? &l->holders[rank_bits_below(&l->shared, id)] : NULL;
}
static inline uint32_t record_lists_of(const record_lists *l, uint32_t id)
{
    const ngram_holders *h = record_lists_holders(l, id);
    return h ? h->list : record_lists_own(l, id);
}
static inline record_list record_lists_get(const record_lists *l, uint32_t list)
{
    if (list <= l->record_count)
        return (record_list){.records = l->posts + list - (list > 0), .count = list > 0};
    const uint32_t *start = &l->starts[list - l->record_count - 1];
    return (record_list){.records = l->posts + start[0], .count = start[1] - start[0]};
}

#endif
