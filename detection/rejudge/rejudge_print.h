/* The output of `decon rejudge`.
 *
 * What:    rejudge_print: a line for each file that needs cleaning again, and the totals;
 *          rejudge_print_json: the same as one object.
 * Owner:   nothing is kept. Threads: one. Fails: as `out` does.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_PRINT_H
#define DETECTION_REJUDGE_REJUDGE_PRINT_H

#include <stdio.h>

#include "detection/rejudge/rejudge_run.h"

void rejudge_print(const rejudge_rules *rules, const rejudge_result *r, FILE *out);
void rejudge_print_json(const rejudge_rules *rules, const rejudge_result *r, FILE *out);

/* Whether the contaminated lines of the file have changed. */
bool rejudge_needs_cleaning(const rejudge_change *c);

#endif
