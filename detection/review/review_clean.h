/* Whether the reports can say which questions are clean.
 *
 * What:    review_clean_begin notes the records of the folders before the reports are read;
 *          review_clean_check compares the scans of these records with evaluation files, and marks the
 *          questions that a scan has not searched for.
 * Owner:   review_clean_deinit. Threads: one.
 * Fails:   ERR_USAGE, where a question without a match need not be clean.
 */
#ifndef DETECTION_REVIEW_REVIEW_CLEAN_H
#define DETECTION_REVIEW_REVIEW_CLEAN_H

#include "detection/audit/scan_questions.h"
#include "detection/review/review_read.h"

typedef struct review_clean {
    char *const *dirs; /* the folders of reports, NULL-terminated */
    scan_evals evals;
    bool assume_searched; /* where a folder has no record of its scan */
    buf state;            /* of the records, before the reports were read */
} review_clean;

void review_clean_begin(review_clean *c, const report_store *store);
void review_clean_deinit(review_clean *c);
DEFINE_AUTO(review_clean, review_clean_deinit)

/* The table is not sorted yet. */
bool review_clean_check(const review_clean *c, const review *r, err *e) MUST_USE;

#endif
