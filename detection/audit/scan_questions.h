/* Which questions of evaluation files a scan has searched for.
 *
 * What:    scan_questions_check builds the index of the files as the scan did, compares its records
 *          with those of the scan's record, and marks the questions that are not searched for:
 *          those that the index drops, and sets that are not in report_sets.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   ERR_USAGE, where the scan had other records; as reading evaluation files does.
 */
#ifndef DETECTION_AUDIT_SCAN_QUESTIONS_H
#define DETECTION_AUDIT_SCAN_QUESTIONS_H

#include "detection/audit/question_table.h"
#include "detection/audit/run_settings.h"

/* `scan` has settings. The table is not sorted yet. */
bool scan_questions_check(question_table *t, const run_settings *scan, const char *evals_dir,
                          err *e) MUST_USE;
/* Questions of the files that are marked. */
uint64_t scan_questions_left_out(const question_table *t);

#endif
