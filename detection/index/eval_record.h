/* One evaluation record: as read, and as stored in the index.
 *
 * What:    values.
 * Owner:   strings of an eval_input are borrowed; an eval_record is in the index's memory.
 * Threads: constant in a frozen index.
 * Fails:   never.
 */
#ifndef DETECTION_INDEX_EVAL_RECORD_H
#define DETECTION_INDEX_EVAL_RECORD_H

#include "decon/base/buf.h"
#include "base/util.h"

/* One line of an evaluation file, as read. Absent strings have data NULL. */
typedef struct eval_input { /* record_digest_of covers what can change a result */
    uint32_t doc_id;
    slice question, answer, passage;
    slice eval_key, split, fingerprint, reference_file;
    uint64_t instance, line;
    int is_correct; /* -1: unknown */
} eval_input;

/* An answer or a passage. */
typedef struct eval_part {
    uint32_t *distinct; /* tokens, ascending */
    union {
        uint32_t *tokens; /* of a short answer, in order */
        uint32_t *ngrams; /* of others: ids, distinct, ascending; from index_freeze on */
    };
    uint32_t token_count, distinct_count;
    uint32_t ngram_count; /* until index_freeze all, repeated ones too; 0: short */
    /* Of the IDF of `ngrams`, ascending id; of `distinct`, in tokens that occur once, if recall is high. */
    float ngram_sum, rare_tokens;
} eval_part;

/* Names of a record; they may contain a NUL, and one follows. Consecutive records share it. */
typedef struct eval_origin {
    slice eval_key, reference_file;
    slice split; /* data NULL: absent */
} eval_origin;

typedef struct eval_record {
    const eval_origin *origin;
    uint32_t doc_id;
    uint32_t question_tokens;
    uint32_t question_ngrams; /* distinct; until index_freeze all */
    float question_sum;       /* of their IDF, ascending id */
    eval_part answer, passage;
    uint64_t instance, line;
    uint64_t texts;    /* place in the index's texts */
    uint32_t sequence; /* its position in reading order */
    uint32_t question; /* its number in `questions`, or ALIGN_NO_TEXT */
    int8_t is_correct;
    bool is_reported; /* its set is one of report_sets */
} eval_record;

/* What reports show of a record; a NUL follows each. data NULL: absent, or not indexed. */
typedef struct record_texts {
    slice question, answer, passage; /* beginnings of normal forms */
    slice fingerprint;
} record_texts;

#endif
