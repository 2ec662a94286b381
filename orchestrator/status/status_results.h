/* The results of done inputs: lines of the ledger, and HEAD for missing ones.
 *
 * What:    a line of the ledger counts if its input is done according to the table, and key, size,
 *          ETag and verdict agree; of several lines the one of the newest run. For the others the
 *          commit objects are requested, whose metadata has the numbers of lines, but no evaluation
 *          sets. If a commit object is of another version of its input, the input counts as left, and
 *          likewise if it is of other settings and the newest run makes such results again.
 * Owner:   everything is the caller's.
 * Threads: loop.
 * Fails:   by err if the ledger cannot be listed. A part that cannot be read is skipped: HEAD
 *          fills the gap.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_RESULTS_H
#define ORCHESTRATOR_STATUS_STATUS_RESULTS_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/runtime/store_session.h"
#include "orchestrator/status/status_sums.h"
#include "orchestrator/status/status_table.h"

typedef struct status_results {
    store_session *session;
    status_table *table;
    status_sums *sums;
    const char *settings; /* fingerprint of the newest run; or NULL */
    bool redoes;          /* the newest run makes results of other settings again */
} status_results;

bool status_results_read_ledger(const status_results *r, err *e) MUST_USE;
/* Marks inputs that are not done and whose failure counts (docs/records.md); after the ledger and the requests. */
bool status_results_read_failures(const status_results *r, err *e) MUST_USE;
/* At most `limit` requests. */
void status_results_ask(const status_results *r, uint64_t limit);

#endif
