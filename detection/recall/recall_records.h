/* The evaluation records that a self-test injects, with their original texts.
 *
 * What:    recall_records_read chooses records of each set, evenly over the set, and reads their texts
 *          again: the index has only normalised beginnings.
 * Owner:   recall_records_deinit. The index is borrowed.
 * Threads: one.
 * Fails:   as reading the files does.
 */
#ifndef DETECTION_RECALL_RECALL_RECORDS_H
#define DETECTION_RECALL_RECALL_RECORDS_H

#include "base/util.h"
#include "detection/index/index.h"
#include "detection/recall/alter.h"

typedef struct recall_record {
    const eval_record *record;
    char *texts[3]; /* question, answer, passage; NULL: absent */
    alter_input input;
} recall_record;

typedef struct recall_records {
    recall_record *each; /* by set, then in reading order */
    size_t count;
} recall_records;

/* `per_set`: maximum number of records of each set; 0: all. */
bool recall_records_read(recall_records *r, const ngram_index *x, const char *evals_dir,
                         size_t per_set, uint64_t max_line_bytes, err *e) MUST_USE;
void recall_records_deinit(recall_records *r);
DEFINE_AUTO(recall_records, recall_records_deinit)

#endif
