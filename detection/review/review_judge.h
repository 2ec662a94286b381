/* Asks for verdicts on matches on the terminal.
 *
 * What:    review_judge shows the examples that have no verdict yet, the lowest scores first, and
 *          appends each answer to the file of suppressions at once.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   if the file cannot be written. The end of the input ends the questions.
 */
#ifndef DETECTION_REVIEW_REVIEW_JUDGE_H
#define DETECTION_REVIEW_REVIEW_JUDGE_H

#include "detection/audit/suppressions.h"
#include "detection/review/review_read.h"
#include "detection/review/review_terminal.h"

bool review_judge(const review *r, const review_look *look, const suppressions *known,
                  const char *path, FILE *in, FILE *out, err *e) MUST_USE;

#endif
