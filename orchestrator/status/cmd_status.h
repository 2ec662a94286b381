/* `decon-orchestrator status`: progress of a fleet, read from the store only.
 *
 * What:    lists inputs and outputs, reads the records of runs, the ledger and the failures, and
 *          prints sums as text or JSON; with --watch repeatedly. It writes nothing.
 * Owner:   nothing outlives the call.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 0 all is done, 3 files are left or failed, 1 the store cannot be
 *          read, 2 usage.
 */
#ifndef ORCHESTRATOR_STATUS_CMD_STATUS_H
#define ORCHESTRATOR_STATUS_CMD_STATUS_H

#include <stdio.h>

#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/runtime/store_session.h"
#include "orchestrator/status/store_command.h"

typedef struct status_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    bool json, watch;
    uint64_t interval_ms;
    int64_t head_limit;
} status_config;

/* argv[0] is the command's own name, "status". */
int cmd_status(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);
/* The options, into STORE_COMMAND_ROWS_MAX rows of the caller. */
option_set cmd_status_options(option *rows);

/* One status; returns the exit status. */
int status_look(const status_config *c, store_session *session, FILE *out) MUST_USE;

#endif
