/* Report lines that exceed the memory limit until they are written.
 *
 * What:    an unnamed file in the report folder, for the lines of one batch.
 * Owner:   an embedded value; report_spill_init / _deinit.
 * Threads: one at a time.
 * Fails:   ERR_IO, ERR_NO_SPACE.
 */
#ifndef DETECTION_OUTPUT_REPORT_SPILL_H
#define DETECTION_OUTPUT_REPORT_SPILL_H

#include "base/util.h"
#include "detection/output/job_results.h"

typedef struct report_spill {
    int fd; /* -1: nothing was spilled */
    uint64_t len;
} report_spill;

void report_spill_init(report_spill *s);
void report_spill_deinit(report_spill *s); /* may be initialised again */
bool report_spill_add(report_spill *s, const result_place *place, slice lines, err *e) MUST_USE;

#endif
