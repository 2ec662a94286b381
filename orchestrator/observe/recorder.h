/* Records of a run in the store: its run record, its ledger, its failures.
 *
 * What:    the record is written at the start, renewed every minute and closed at the end; each
 *          committed file gets a line in the ledger, each file that failed one in failure_log.h.
 * Owner:   recorder_new / recorder_free; objects in the options outlive it.
 * Threads: loop.
 * Fails:   never: results do not depend on records. A failed write is a warning, once.
 */
#ifndef ORCHESTRATOR_OBSERVE_RECORDER_H
#define ORCHESTRATOR_OBSERVE_RECORDER_H

#include "base/util.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/flow/flow.h"
#include "orchestrator/observe/tally.h"

typedef struct recorder recorder;

typedef struct recorder_options {
    transport *transport;
    s3_client *s3;
    const config *config;
    const server_facts *server;
    const plan *plan;
    const workdir *workdir;
    run_name run;
    int64_t started_s; /* seconds since 1970 UTC */
} recorder_options;

recorder *recorder_new(const recorder_options *options) MUST_USE;
/* A flow_watcher: called for each change of an item's state. */
void recorder_note(recorder *r, const item *it, item_state last, uint64_t spent_ms);
/* The flow outlives the recorder. The first record is written now. */
void recorder_follow(recorder *r, const flow *f);
/* Writes the rest, within 30 seconds. `on_done` is called once, possibly at once. */
void recorder_close(recorder *r, int exit_status, void (*on_done)(void *ctx), void *ctx);
void recorder_free(recorder *r); /* cancels what is in flight; NULL is allowed */

/* Bytes of its finished requests, which do not count as progress of the run. 0 for NULL. */
uint64_t recorder_sent_bytes(const recorder *r);
const tally *recorder_tally(const recorder *r);

#endif
