/* The lines of the input that a report names, and the evaluation sets that they matched.
 *
 * What:    each line of a report is a JSON object with `training_line`, a line number from 0. A
 *          line may be named several times, and in any order. `eval_key`, else `eval_dataset`,
 *          names the evaluation set.
 * Owner:   reported_lines_deinit.
 * Threads: a worker's (blocking).
 * Fails:   ERR_RESULT: a line that is not JSON or names no line of the input, or an empty report;
 *          errors of reading the text.
 * Memory:  8 bytes per line of the report.
 */
#ifndef ORCHESTRATOR_TRANSFER_RESULT_REPORT_H
#define ORCHESTRATOR_TRANSFER_RESULT_REPORT_H

#include "base/util.h"
#include "orchestrator/fleet/set_counts.h"
#include "orchestrator/transfer/result_lines.h"

typedef struct reported_lines {
    uint64_t *numbers; /* ascending, each once */
    size_t count;
    set_counts sets; /* distinct lines of each evaluation set */
} reported_lines;

void reported_lines_deinit(reported_lines *r);
DEFINE_AUTO(reported_lines, reported_lines_deinit)

bool result_report_read(const text_reader *report, const char *path, uint64_t input_lines,
                        reported_lines *out, err *e) MUST_USE;

#endif
