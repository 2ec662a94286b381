/* The numbers of the detection: IDF, thresholds by length, weights, final score.
 *
 * What:    pure functions in binary32, every operation rounded, in the stated order: whether a
 *          score is exactly 1 decides about short records. Built with -ffp-contract=off.
 * Owner:   nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DETECTION_INDEX_SCORE_H
#define DETECTION_INDEX_SCORE_H

#include "base/util.h"

/* Up to `start` tokens a perfect match is required, from `end` on the target; between them the
 * threshold falls linearly. */
typedef struct score_decay {
    bool has_start, has_end;
    size_t start, end;
} score_decay;

float score_idf(size_t documents, size_t frequency); /* ln(documents / frequency) */
float score_threshold(size_t len, float target, const score_decay *decay);
/* The smallest question overlap that can still lead to a score of `threshold`. */
float score_question_floor(float threshold);

typedef struct score_input {
    float question, answer, passage; /* overlaps, 0 where nothing was found */
    bool has_answer, has_passage;    /* of the record, found or not */
    size_t question_ngrams;          /* distinct */
    size_t question_tokens;
    size_t answer_distinct; /* tokens */
    size_t passage_tokens;
    bool compatible; /* weights of three parts may add up to 0.99999994, as in the reference */
} score_input;

float score_base(const score_input *in);
float score_final(const score_input *in, float threshold, const score_decay *decay);

#endif
