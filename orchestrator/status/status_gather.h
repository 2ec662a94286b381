/* The inputs of a report folder and how far each is, for commands that read the store alone.
 *
 * What:    status_find_places takes from the newest run's record what the command line does not say;
 *          status_gather lists the folders, or reads the lists of
 *          inputs, and judges each input.
 * Owner:   places_deinit, status_table_deinit.
 * Threads: loop.
 * Fails:   ERR_PLAN where no input folder is known, or it has no training file; otherwise as a
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

/* Also takes the run's input_suffixes, where the command line gives none. */
bool status_find_places(const config *given, const status_runs *runs, places *out, err *e) MUST_USE;
/* Fills an empty table. Its inputs are those of the lists that are given; with the report folder alone
 * those of the newest run's lists that are in the store; otherwise those of the folder. */
bool status_gather(store_session *s, const config *c, const status_runs *runs, const places *where,
                   status_table *table, err *e) MUST_USE;

#endif
