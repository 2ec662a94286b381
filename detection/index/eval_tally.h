/* What happened to the lines of evaluation files: for messages, and for /health.
 *
 * What:    counts by reason; records by set (eval_key); the keys of records without a question.
 * Owner:   an eval_tally is embedded in the index; eval_tally_deinit. Names are copied.
 * Threads: one, while the index is built.
 * Fails:   never.
 */
#ifndef DETECTION_INDEX_EVAL_TALLY_H
#define DETECTION_INDEX_EVAL_TALLY_H

#include "decon/base/buf.h"

typedef struct index_counts {
    uint64_t lines;          /* of the files that were read */
    uint64_t no_records;     /* blank lines and comments */
    uint64_t after_bad_line; /* bad_eval_line end-file: the bad line and all after it */
    uint64_t read, few_tokens, few_words, duplicates, empty, indexed;
    uint64_t passed_over; /* of those indexed: not counted for the limit of hot n-grams */
    uint64_t unfindable;  /* questions shorter than an n-gram */
} index_counts;

/* The difference of the counts since `before` was copied. */
index_counts index_counts_since(const index_counts *now, const index_counts *before);

typedef struct eval_set {
    char *name;
    uint64_t read, indexed;
    uint64_t file;   /* number of the last file with a record of it */
    bool from_mixed; /* a file with a record of it has others that were indexed */
} eval_set;

#define EVAL_KEYS_MOST 32 /* different ones that are counted */

typedef struct eval_keys {
    struct {
        char *name;
        uint64_t times;
    } each[EVAL_KEYS_MOST];
    size_t count;
} eval_keys;

typedef struct eval_tally {
    eval_set *sets;
    size_t set_count, set_capacity;
    uint32_t *slots; /* hash table: set number + 1; 0 is free */
    size_t slot_count;
    uint64_t file; /* number of the current file, from 1 */
    index_counts file_before;
    eval_keys keys, file_keys; /* of records without a question: all, of the current file */
} eval_tally;

void eval_tally_deinit(eval_tally *t);

void eval_tally_begin_file(eval_tally *t, const index_counts *counts);
void eval_tally_record(eval_tally *t, slice set, bool indexed);
/* A record without a question: `line` is a JSON object that was read without a fault. */
void eval_tally_no_question(eval_tally *t, slice line);
/* Yields the counts since eval_tally_begin_file. */
index_counts eval_tally_end_file(eval_tally *t, const index_counts *counts);

/* Sets with an indexed record. */
size_t eval_tally_sets(const eval_tally *t);

/* "300 of fewer than eval_min_token_length tokens, 12 without a question (keys: prompt, id)". */
void eval_tally_reasons(const index_counts *n, const eval_keys *keys, buf *out);

#endif
