/* The part of indexing a record that can be computed without the other records.
 *
 * What:    normal forms, tokens, hashes of n-grams, facts for the filters, the digest.
 * Owner:   a preparer is one thread's memory, _init / _deinit; a prepared record borrows the input's strings, and
 *          the rest from the arena it was made in.
 * Threads: one at a time; the index is only read, so that several threads prepare records of one index at the same
 *          time if its tokenizer is closed.
 * Fails:   prepare_record when a text is too long (ERR_LIMIT).
 *
 * Numbers of tokens of a tokenizer that learns depend on the order and on what the filters drop: its records
 * are prepared one by one, and prepare_tokens follows when a record is kept.
 */
#ifndef DETECTION_INDEX_PREPARE_H
#define DETECTION_INDEX_PREPARE_H

#include "base/util.h"
#include "detection/index/eval_filter.h"
#include "detection/index/index.h"
#include "detection/table/arena.h"

typedef struct prepared_text { /* a question, an answer or a passage */
    slice snippet;             /* data NULL: it is not indexed */
    uint32_t *tokens;          /* in order */
    uint32_t *distinct;        /* ascending */
    uint64_t *ngrams;          /* hashes, in order */
    uint32_t token_count, distinct_count, ngram_count;
} prepared_text;

typedef struct prepared_record {
    eval_input in; /* without the parts that are not indexed */
    eval_facts facts;
    bool has_tokens;
    prepared_text question, answer, passage;
    uint8_t digest[SHA256_BYTES];
} prepared_record;

typedef struct preparer {
    /* Normal forms of the current record, as the tokenizer takes them. */
    buf question, answer, passage, combined;
    token_list tokens;
    uint32_t *ids, *spare;
    size_t id_capacity, spare_capacity;
    word_set words;
} preparer;

void preparer_init(preparer *p);
void preparer_deinit(preparer *p);
DEFINE_AUTO(preparer, preparer_deinit)

bool prepare_record(preparer *p, ngram_index *x, const eval_input *in, arena *a,
                    prepared_record *out, err *e) MUST_USE;
/* The tokens of the record that was prepared last; the tokenizer learns. */
void prepare_tokens(preparer *p, ngram_index *x, arena *a, prepared_record *out);

#endif
