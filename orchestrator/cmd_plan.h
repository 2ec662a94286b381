/* The command `plan`: lists the inputs once, for many hosts.
 *
 * What:    lists the input folder, writes keys, sizes and ETags to a file or object (input_list.h), and
 *          prints its name on standard output. Hosts read it by --input-list.
 * Owner:   argv stays the caller's. Threads: the main thread. Fails: by the exit status, after one line
 *          on standard error.
 */
#ifndef ORCHESTRATOR_CMD_PLAN_H
#define ORCHESTRATOR_CMD_PLAN_H

#include <stdio.h>

#include "base/options/options.h"

#define CMD_PLAN_ROWS_MAX 64
/* The options of the command in `rows`, of CMD_PLAN_ROWS_MAX. */
option_set cmd_plan_options(option *rows);

int cmd_plan(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);

#endif
