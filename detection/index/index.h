/* The index of evaluation records, with which training documents are compared.
 *
 * What:    index_add adds records (filters are applied), index_freeze builds postings and sums;
 *          afterwards the index is read-only.
 * Owner:   index_new / index_free; the index owns records, tokenizer and normalizer. Arguments of
 *          index_add are copied.
 * Threads: index_add and index_freeze by one thread; a frozen index is constant and shared by all.
 * Fails:   index_new for inconsistent settings; index_add when a text is too long.
 *
 * Records are numbered by ascending doc_id once frozen; n-grams in the order of their first
 * insertion, which is the order in which IDF values are added up (the sums' last bits depend on
 * it).
 */
#ifndef DETECTION_INDEX_INDEX_H
#define DETECTION_INDEX_INDEX_H

#include "base/util.h"
#include "detection/align/align_set.h"
#include "detection/align/lead_pairs.h"
#include "detection/table/arena.h"
#include "detection/table/ngram_table.h"
#include "detection/table/text_store.h"
#include "detection/text/normalize.h"
#include "detection/index/eval_record.h"
#include "detection/index/eval_tally.h"
#include "detection/index/record_digest.h"
#include "detection/index/record_lists.h"
#include "detection/index/score.h"
#include "detection/tokenizer/tokenizer.h"

typedef struct detect_settings { /* constant after start */
    const char *tokenizer;
    bool compatible;            /* with the reference server, where this one differs */
    const char *vocabulary_dir; /* searched first; may be NULL */
    const char *punctuation;
    bool extended_normal; /* texts are folded before they are compared */
    bool recall_high;     /* copies with changed words are found too */
    size_t ngram_size;
    size_t sample_every_m_tokens;
    size_t question_max_misses;
    float threshold;
    float report_threshold;         /* lower scores down to this are kept separately; 0: none */
    const char *const *report_sets; /* NULL-terminated; empty or NULL: all sets */
    score_decay decay;
    size_t short_answer_tokens;
    size_t short_answer_window;
    size_t answer_ngram_size;
    size_t min_long_answer_window;
    size_t min_passage_distance;
    size_t passage_ngram_size;
    size_t passage_max_misses;
    bool eval_dedup;
    size_t eval_min_tokens;
    size_t eval_min_unique_words;
    bool index_answers;
    bool index_passages;
} detect_settings;

/* The defaults of the options. */
detect_settings detect_settings_default(void);

typedef struct ngram_index {
    const detect_settings *settings;
    normalizer normal;
    tokenizer *tokens;
    ngram_table table;
    eval_record *records;
    size_t record_count, record_capacity;
    size_t question_count; /* N: records with a question that is not empty when normalised */
    record_lists lists;
    float single_idf; /* of an n-gram in one text */
    float *long_idf;  /* by long list: of the n-grams in those questions */
    ngram_filter in_questions;
    lead_pairs short_leads; /* of questions that may lie between two look-ups; extended only */
    uint32_t *token_df;     /* by token: distinct in questions + answers + passages */
    size_t token_capacity;
    size_t hot_limit;
    size_t longest_answer, longest_passage; /* tokens */
    float question_floor, near_floor;       /* near_floor: of report_threshold */
    index_counts counts;
    record_digest kept;      /* of the records that the filters kept */
    record_digest instances; /* the same, with the numbers of their questions */
    eval_tally tally;
    align_set *questions;      /* NULL unless recall is high */
    arena memory;              /* of the records */
    text_store texts;          /* of the records */
    struct index_build *build; /* until index_freeze */
} ngram_index;

ngram_index *index_new(const detect_settings *settings, err *e) MUST_USE;
bool index_add(ngram_index *x, const eval_input *input, err *e) MUST_USE;
void index_freeze(ngram_index *x);
void index_free(ngram_index *x); /* NULL is allowed */
DEFINE_AUTO_PTR(ngram_index, index_free)

static inline record_list index_docs(const ngram_index *x, uint32_t ngram)
{
    if (ngram == NGRAM_UNKNOWN)
        return (record_list){0};
    return record_lists_get(&x->lists, record_lists_of(&x->lists, ngram));
}
/* Equal for n-grams that occur in the same records. */
static inline uint32_t index_list(const ngram_index *x, uint32_t ngram)
{
    return record_lists_of(&x->lists, ngram);
}
/* Of an n-gram that occurs in a question. */
static inline float index_question_idf(const ngram_index *x, uint32_t ngram)
{
    const ngram_holders *h = record_lists_holders(&x->lists, ngram);
    return h && h->list > x->lists.record_count ? x->long_idf[h->list - x->lists.record_count - 1]
                                                : x->single_idf;
}
/* Of an n-gram that occurs in an answer, a passage. */
float index_answer_idf(const ngram_index *x, uint32_t ngram);
float index_passage_idf(const ngram_index *x, uint32_t ngram);
float index_token_idf(const ngram_index *x, uint32_t token);
/* Borrowed from the frozen index. */
record_texts index_texts(const ngram_index *x, const eval_record *r);
/* The share of a part's n-grams that a search found: `count` distinct ones, with an IDF sum of `sum`.
 * Exactly 1 for all of them: `sum` was added in another order than the part's total and may differ
 * in the last bit. In compatible mode the quotient, as in the reference. */
bool index_part_can_match(const ngram_index *x, const eval_part *part);
float index_part_overlap(const ngram_index *x, const eval_part *part, size_t count, float sum);

/* Whether ascending `values` contain `value`. */
bool sorted_contains(const uint32_t *values, size_t count, uint32_t value);

#endif
