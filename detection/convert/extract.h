/* Converts a benchmark's row to evaluation records, according to its entry in evals.yaml.
 *
 * What:    extract_row extracts question, passage and answers from a row and passes on a record for
 *          each pair of question and answer.
 * Owner:   texts of a record are valid during the call of `record`.
 * Threads: any.
 * Fails:   errors set by `record`. A row without a question gives no record.
 */
#ifndef DETECTION_CONVERT_EXTRACT_H
#define DETECTION_CONVERT_EXTRACT_H

#include "base/json/json_tree.h"

typedef struct extract_record {
    slice question, answer, passage; /* answer, passage: data NULL where absent */
    int is_correct;                  /* -1: not known */
    int64_t sub_index;               /* -1: the row gives one record, or one for each choice */
} extract_record;

typedef struct extract_entry {
    const json_tree *config;
    const json_node *node; /* of the entry */
    bool has_answers;      /* false in splits without answers */
} extract_entry;

/* *count becomes the number of records. */
bool extract_row(const extract_entry *entry, const json_tree *row,
                 bool (*record)(void *ctx, const extract_record *r, err *e), void *ctx,
                 uint64_t *count, err *e) MUST_USE;

#endif
