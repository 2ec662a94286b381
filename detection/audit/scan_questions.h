/* Which questions of evaluation files the scans of a folder have searched for.
 *
 * What:    scan_questions_check builds the index of the files as each scan did, compares its records
 *          with those of the scan's record, and marks the questions that were not searched for: those
 *          the index drops or cannot find, and sets that are not in report_sets.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   ERR_USAGE, where a scan had other records; as reading evaluation files does.
 */
#ifndef DETECTION_AUDIT_SCAN_QUESTIONS_H
#define DETECTION_AUDIT_SCAN_QUESTIONS_H

#include "detection/audit/question_table.h"
#include "detection/audit/scan_records.h"

typedef struct scan_evals {
    const char *dir;
    const char *vocabulary_dir; /* NULL: as recorded */
} scan_evals;

/* `scans` has a record at least. The table is not sorted yet. */
bool scan_questions_check(question_table *t, const scan_records *scans, const scan_evals *evals,
                          err *e) MUST_USE;
/* Marks the questions of sets that fit none of the patterns: their matches are not in the reports. */
void scan_questions_leave_out(question_table *t, char *const *patterns);
/* Questions of the files that are marked. */
uint64_t scan_questions_left_out(const question_table *t);

#endif
