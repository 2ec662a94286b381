/* The inputs of a report folder and their states, for commands that only read the store.
 *
 * What:    status_find_places completes the command line by the newest run's record; status_gather
 *          lists the folders, or reads the lists of inputs, and determines the state of each input.
 * Owner:   places_deinit, status_table_deinit.
 * Threads: loop.
 * Fails:   ERR_PLAN if no input folder is known, or it has no training file; otherwise as a
 *          listing does.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_GATHER_H
#define ORCHESTRATOR_STATUS_STATUS_GATHER_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/config/config.h"
#include "orchestrator/runtime/store_session.h"
#include "orchestrator/status/status_runs.h"
#include "orchestrator/status/status_table.h"

/* Also uses the run's input_suffixes, if the command line gives none. */
bool status_find_places(const config *given, const status_runs *runs, places *out, err *e) MUST_USE;
/* Fills an empty table. Its inputs are those of the given lists; with the report folder alone,
 * those of the newest run's lists in the store; otherwise those of the folder. */
bool status_gather(store_session *s, const config *c, const status_runs *runs, const places *where,
                   status_table *table, err *e) MUST_USE;

#endif
