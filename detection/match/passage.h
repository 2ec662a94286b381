/* Whether a record's passage precedes the question in a document.
 *
 * What:    goes backwards from the question over n-grams of the passage.
 * Owner:   passage_found is the caller's, kept from search to search; passage_found_deinit.
 * Threads: the index is constant; passage_found belongs to one thread at a time.
 * Fails:   never.
 */
#ifndef DETECTION_MATCH_PASSAGE_H
#define DETECTION_MATCH_PASSAGE_H

#include "detection/match/answer.h"

typedef struct passage_found {
    float overlap; /* 0 where nothing was found */
    float ratio;   /* of passage_ratio */
    bool found;
    token_range range;
    id_set seen;
    ngram_memo memo; /* of the document */
} passage_found;

void passage_found_deinit(passage_found *f);

/* `question_start`: the question's first token. Replaces the content of `out`. */
void passage_search(const ngram_index *x, const eval_record *r, const token_list *document,
                    size_t question_start, passage_found *out);
/* For display, as answer_ratio. */
void passage_ratio(const eval_record *r, const token_list *document, passage_found *out);

#endif
