/* `decon-orchestrator clean-state`: removes old records of runs.
 *
 * What:    objects of a report folder that are older than --older-than: those below `_decon/runs/`,
 *          `_decon/ledger/`, `_decon/failures/` and `_decon/inputs/`; below `_decon/claims/` those of
 *          other rounds than the last one; below `_decon/crashes/` those whose input is gone or was
 *          replaced. Everything else stays.
 * Owner:   nothing outlives the call.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 0 all old records were removed, 1 some could not be removed, 2
 *          usage.
 */
#ifndef ORCHESTRATOR_STATUS_CMD_CLEAN_STATE_H
#define ORCHESTRATOR_STATUS_CMD_CLEAN_STATE_H

#include <stdio.h>

#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/status/store_command.h"

typedef struct clean_state_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    uint64_t older_than_ms;
} clean_state_config;

/* argv[0] is the command's own name, "clean-state". */
int cmd_clean_state(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);
/* The options, into STORE_COMMAND_ROWS_MAX rows of the caller. */
option_set cmd_clean_state_options(option *rows);

/* The command over any transport; the exit status. */
int clean_state(const clean_state_config *c, store_session *session, FILE *out) MUST_USE;

#endif
