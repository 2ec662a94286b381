/* Whether a record's answer follows the question in a document.
 *
 * What:    short answers are searched as exact text, long ones by n-grams, in a window after the
 *          question's end.
 * Owner:   answer_found is the caller's, kept from search to search; answer_found_deinit.
 * Threads: the index is constant; answer_found belongs to one thread at a time.
 * Fails:   never.
 */
#ifndef DETECTION_MATCH_ANSWER_H
#define DETECTION_MATCH_ANSWER_H

#include "detection/match/ngram_memo.h"

typedef struct token_range {
    size_t first, last; /* inclusive */
} token_range;

typedef struct id_set { /* small, for ids that were seen in one search */
    uint32_t *ids;      /* ascending */
    size_t count, capacity;
} id_set;
bool id_set_add(id_set *s, uint32_t id); /* false if it was present */

typedef struct answer_found {
    float overlap; /* 0 where nothing was found */
    float ratio;   /* of answer_ratio */
    token_range *ranges;
    size_t range_count, range_capacity;
    id_set seen;
    size_t from, end; /* positions that were searched */
    ngram_memo memo;  /* of the document */
} answer_found;

void answer_found_deinit(answer_found *f);

/* `from`: the first position after the question. Replaces the content of `out`. */
void answer_search(const ngram_index *x, const eval_record *r, const token_list *document,
                   size_t from, answer_found *out);
/* For display: the share of the answer's distinct tokens that occur. Call after answer_search for
 * the same record, whose result is kept. */
void answer_ratio(const eval_record *r, const token_list *document, answer_found *out);

#endif
