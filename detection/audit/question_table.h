/* The questions of evaluation sets, and which of them were found.
 *
 * What:    a table by evaluation set, split and instance; question_table_find adds new ones.
 *          question_table_read adds all questions of evaluation files. question_table_count adds up
 *          by set and split.
 * Owner:   embedded; question_table_deinit.
 * Threads: one.
 * Fails:   question_table_read as reading files does; a line that is not a record is skipped.
 */
#ifndef DETECTION_AUDIT_QUESTION_TABLE_H
#define DETECTION_AUDIT_QUESTION_TABLE_H

#include "decon/base/err.h"
#include "base/util.h"
#include "detection/table/name_table.h"

typedef struct audit_question {
    uint32_t set, split; /* numbers of names */
    uint64_t instance;
    bool is_known;      /* evaluation files have it */
    bool is_searched;   /* by the scan that was checked last (scan_questions.h) */
    bool is_left_out;   /* by a scan, so a missing match is not evidence */
    uint64_t documents; /* that contain it; 0: it was not found */
    uint64_t last_document;
    float best_score;
} audit_question;

typedef struct question_table {
    name_table sets, splits;
    audit_question *each;
    uint32_t *slots;
    size_t count, capacity, slot_count;
} question_table;

typedef struct question_count {
    const char *set, *split;
    uint64_t known, found; /* found: of those that are known, or of all where none is */
} question_count;

void question_table_deinit(question_table *t);
DEFINE_AUTO(question_table, question_table_deinit)

/* Valid until the next call. */
audit_question *question_table_find(question_table *t, const char *set, const char *split,
                                    uint64_t instance);
bool question_table_read(question_table *t, const char *evals_dir, err *e) MUST_USE;

/* By set and split, in the order of their names; malloc'ed. */
question_count *question_table_count(question_table *t, size_t *count);
/* Sorts; the table can only be read afterwards. */
void question_table_sort(question_table *t);

#endif
