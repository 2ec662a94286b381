/* The figures of a review: how much was checked, and the share of each set that was found.
 *
 * What:    review_audit_fill joins the questions that reports name with those of evaluation files or of
 *          the record of a batch; review_audit_print writes tables for the terminal.
 * Owner:   review_audit_deinit. The table is borrowed.
 * Threads: one. Fails: never.
 */
#ifndef DETECTION_REVIEW_REVIEW_AUDIT_H
#define DETECTION_REVIEW_REVIEW_AUDIT_H

#include "detection/audit/question_table.h"
#include "detection/audit/run_facts.h"
#include "detection/review/review_read.h"
#include "detection/review/terminal_text.h"

typedef struct review_audit {
    question_table *questions;
    question_count *counts; /* by set and split */
    size_t count;
    uint64_t files, lines; /* that were checked; 0: not known */
    char *const *evals;    /* patterns of sets that are listed without a match; empty: all */
} review_audit;

/* `dirs`: the folders of reports, NULL-terminated. Sorts the table. `a->evals` is set before. */
void review_audit_fill(review_audit *a, question_table *questions, const report_store *store,
                       char *const *dirs);
void review_audit_deinit(review_audit *a);
DEFINE_AUTO(review_audit, review_audit_deinit)

void review_audit_print(const review_audit *a, const review *r, painter *p);
/* Members of an object: checked_files, checked_lines, questions. */
void review_audit_json(const review_audit *a, buf *json);

#endif
