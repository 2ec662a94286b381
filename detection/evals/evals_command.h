/* The evals command: `decon evals DIR`.
 *
 * What:    shows the records of evaluation sets, names faulty lines, converts benchmarks to
 *          records.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_EVALS_EVALS_COMMAND_H
#define DETECTION_EVALS_EVALS_COMMAND_H

#include "base/options/options.h"

extern const option_set evals_command_options;
int evals_command(int argc, char **argv);

#endif
