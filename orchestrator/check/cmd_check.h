/* `decon-orchestrator check`: checks everything that a run needs.
 *
 * What:    takes the options of a run and prints a line for each check: OK, or what to fix. It
 *          processes no file; a probe object is written and removed.
 * Owner:   nothing outlives the call.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 0 no fault, 1 something has to be fixed, 2 usage or configuration.
 */
#ifndef ORCHESTRATOR_CHECK_CMD_CHECK_H
#define ORCHESTRATOR_CHECK_CMD_CHECK_H

#include <stdio.h>

#include "base/util.h"
#include "orchestrator/runtime/store_session.h"

/* argv[0] is the command's own name, "check". */
int cmd_check(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);

/* All checks over any transport; the exit status. `file_limit`: open files, 0: not known. */
int check_all(const config *c, const store_session_env *env, unsigned file_limit, FILE *out)
    MUST_USE;

#endif
