/* The merge command: `decon merge --output DIR OLD NEW`.
 *
 * What:    adds the reports of new evaluation sets (a scan with --report-sets) to those of an
 *          earlier scan.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_MERGE_MERGE_COMMAND_H
#define DETECTION_MERGE_MERGE_COMMAND_H

#include "base/options/options.h"
#include "detection/reports/report_store.h"

extern const option_set merge_command_options;
int merge_command(const report_store *reports, int argc, char **argv);

#endif
