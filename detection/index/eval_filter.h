/* Which evaluation records are worth indexing.
 *
 * What:    too few tokens, too few different words, duplicate: applied in this order; the first
 *          that applies drops the record. A record without a question is dropped for that reason.
 * Owner:   eval_filter_init / _deinit; remembers pairs of (eval_key, fingerprint).
 * Threads: facts by any, the filter by one.
 * Fails:   never.
 */
#ifndef DETECTION_INDEX_EVAL_FILTER_H
#define DETECTION_INDEX_EVAL_FILTER_H

#include "detection/index/index.h"

typedef enum eval_verdict {
    EVAL_KEEP,
    EVAL_FEW_TOKENS,
    EVAL_FEW_WORDS,
    EVAL_DUPLICATE,
    EVAL_EMPTY,
} eval_verdict;

/* Facts about one record for the filters. */
typedef struct eval_facts {
    size_t filled_tokens; /* of passage, question and answer together, those that are indexed */
    bool few_words;
    bool has_pair; /* it has a fingerprint, and duplicates are dropped */
    uint8_t pair[SHA256_BYTES];
} eval_facts;

/* Hashes of one text's words; one thread's memory. */
typedef struct word_set {
    uint64_t *slots; /* 0: free */
    size_t slot_count;
} word_set;
void word_set_deinit(word_set *w);

/* `combined`: normalised passage, question and answer, concatenated. */
void eval_facts_of_text(const detect_settings *settings, slice combined, word_set *words,
                        eval_facts *out);
void eval_facts_of_names(const detect_settings *settings, const eval_input *input, eval_facts *out);
/* Whether the text has at least `least` different words. */
bool word_set_reaches(word_set *w, slice normal, size_t least);

typedef struct eval_filter {
    const detect_settings *settings;
    struct eval_pair *pairs; /* open addressing */
    size_t pair_slots, pair_count;
} eval_filter;

void eval_filter_init(eval_filter *f, const detect_settings *settings);
void eval_filter_deinit(eval_filter *f);
eval_verdict eval_filter_judge(eval_filter *f, const eval_facts *facts, bool has_question);

#endif
