/* The review command: `decon review DIR|s3://...`.
 *
 * What:    shows reports on the terminal or as a web page.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_REVIEW_REVIEW_H
#define DETECTION_REVIEW_REVIEW_H

#include "base/options/options.h"
#include "detection/reports/report_store.h"

extern const option_set review_command_options;
int review_command(const report_store *reports, int argc, char **argv);

#endif
