/* The rejudge command: `decon rejudge FOLDER|s3://...`.
 *
 * What:    applies another threshold, manual verdicts, or a choice of evaluation sets to reports,
 *          without a scan.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_COMMAND_H
#define DETECTION_REJUDGE_REJUDGE_COMMAND_H

#include "base/options/options.h"
#include "detection/reports/report_store.h"

extern const option_set rejudge_command_options;
int rejudge_command(const report_store *reports, int argc, char **argv);

#endif
