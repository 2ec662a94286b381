/* Which evaluation records are worth indexing.
 *
 * What:    too few tokens, too few different words, seen before: asked in this order, the first
 *          that fires drops the record. A record without a question is dropped for that reason.
 * Owner:   eval_filter_init / _deinit; remembers pairs of (eval_key, fingerprint).
 * Threads: one.
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

typedef struct eval_filter {
    const detect_settings *settings;
    struct eval_pair *pairs; /* open addressing */
    size_t pair_slots, pair_count;
    uint64_t *words; /* hashes of one text's words */
    size_t word_capacity;
} eval_filter;

void eval_filter_init(eval_filter *f, const detect_settings *settings);
void eval_filter_deinit(eval_filter *f);
/* `combined`: normalised passage, question and answer in a row, those that are indexed, as the
 * tokenizer takes them. */
eval_verdict eval_filter_judge(eval_filter *f, const eval_input *input, slice combined,
                               tokenizer *tokens);
size_t count_unique_words(eval_filter *f, slice normal);

#endif
