/* The compare command: `decon compare A B`.
 *
 * What:    shows what two folders of reports have in common and how they differ.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_COMPARE_COMPARE_COMMAND_H
#define DETECTION_COMPARE_COMPARE_COMMAND_H

#include "base/options/options.h"
#include "detection/reports/report_store.h"

extern const option_set compare_command_options;
int compare_command(const report_store *reports, int argc, char **argv);

#endif
