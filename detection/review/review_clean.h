/* Whether the reports can say which questions are clean.
 *
 * What:    review_clean_check compares the scan's records in the report folders with evaluation
 *          files, and marks the questions that the scan has not searched for.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   ERR_USAGE, where a question without a match need not be clean.
 */
#ifndef DETECTION_REVIEW_REVIEW_CLEAN_H
#define DETECTION_REVIEW_REVIEW_CLEAN_H

#include "detection/review/review_read.h"

/* `dirs`: the folders of reports, NULL-terminated. The table is not sorted yet. */
bool review_clean_check(const review *r, char *const *dirs, const char *evals_dir, err *e) MUST_USE;

#endif
