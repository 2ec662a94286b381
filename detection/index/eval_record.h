/* One evaluation record: as it was read, and as the index holds it.
 *
 * What:    values.
 * Owner:   strings of an eval_input are borrowed; an eval_record is in the index's memory.
 * Threads: constant in a frozen index.
 * Fails:   nothing here can fail.
 */
#ifndef DETECTION_INDEX_EVAL_RECORD_H
#define DETECTION_INDEX_EVAL_RECORD_H

#include "decon/base/buf.h"
#include "base/util.h"

/* One line of a reference file, as it was read. Absent strings have data NULL. */
typedef struct eval_input { /* record_digest_of covers what can change a result */
    uint32_t doc_id;
    slice question, answer, passage;
    slice eval_key, split, fingerprint, reference_file;
    uint64_t instance, line;
    int is_correct; /* -1: not said */
} eval_input;

/* An answer or a passage. */
typedef struct eval_part {
    slice text;         /* snippet, data NULL where the raw text is empty or not indexed */
    uint32_t *tokens;   /* of a short answer, in order; NULL otherwise */
    uint32_t *distinct; /* ascending */
    uint32_t *ngrams;   /* ids, distinct, ascending; none for short answers and passages */
    uint32_t token_count, distinct_count, ngram_count;
    /* Of the IDF of `ngrams`, ascending id; of `distinct`, in tokens that occur once, if recall is high. */
    float ngram_sum, rare_tokens;
} eval_part;

typedef struct eval_record {
    uint32_t doc_id;
    uint32_t question_tokens;
    uint32_t question_ngrams; /* distinct */
    float question_sum;       /* of their IDF, ascending id */
    eval_part answer, passage;
    uint64_t instance, line;
    /* In the index's memory; may contain a NUL, and one follows. Records in a row share equal names.
     * split, fingerprint: data NULL: absent. */
    slice question_text, eval_key, split, fingerprint, reference_file;
    int is_correct;
    bool is_reported;       /* its set is one of report_sets */
    uint32_t sequence;      /* which one it was in reading order */
    uint32_t *question_ids; /* until index_freeze */
    uint32_t question;      /* its number in `questions`, or ALIGN_NO_TEXT */
} eval_record;

#endif
