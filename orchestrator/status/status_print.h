/* The state of a fleet as text and as one JSON object.
 *
 * What:    prints the content of status_sums and status_runs.
 * Owner:   everything in status_view is borrowed.
 * Threads: any.
 * Fails:   as the buf does (overflow); docs/records.md describes the members of the object.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_PRINT_H
#define ORCHESTRATOR_STATUS_STATUS_PRINT_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "orchestrator/status/status_slices.h"
#include "orchestrator/status/status_sums.h"

typedef struct status_view {
    const places *places;
    const status_sums *sums;
    const status_runs *runs;
    const status_slices *slices;
    int64_t now_s;
} status_view;

void status_print_text(const status_view *v, buf *out);
void status_print_json(const status_view *v, buf *out); /* with its line end */

#endif
