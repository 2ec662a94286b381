/* The record of a run, `_decon/runs/<run>.json`: all information on a host that is in the store.
 *
 * What:    one JSON object of format 1: counts, bytes, lines, contaminated lines by evaluation set,
 *          time in each state, requests, configuration without secrets, versions.
 * Owner:   everything in run_facts is borrowed for the length of the call.
 * Threads: loop.
 * Fails:   never; docs/records.md describes the members.
 */
#ifndef ORCHESTRATOR_OBSERVE_RUN_RECORD_H
#define ORCHESTRATOR_OBSERVE_RUN_RECORD_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/s3/s3.h"
#include "orchestrator/config/config.h"
#include "orchestrator/detect/detect_client.h"
#include "orchestrator/flow/flow.h"
#include "orchestrator/observe/tally.h"
#include "orchestrator/plan/plan.h"

#define RUN_RECORD_MAX_BYTES ((size_t)4 << 20)

typedef struct run_facts {
    const char *run;       /* its name */
    const char *host_name; /* of the machine; or NULL */
    const char *work_dir;  /* of this share, absolute */
    const config *config;
    const server_facts *server;
    const plan *plan;
    const tally *tally;
    flow_progress progress;
    s3_stats store;
    int64_t started_s, now_s; /* seconds since 1970 UTC */
    uint64_t elapsed_ms;
    double bytes_per_s; /* of inputs, over the last minutes; 0: unknown */
    bool closed;        /* this is the last record of the run */
    int exit_status;    /* if it is closed */
} run_facts;

/* One JSON object and a line end. */
void run_record_write(const run_facts *f, buf *out);

/* "running"; of a closed run "complete", "failed files" (exit status 3), "interrupted" (by a signal)
 * or "stopped". */
const char *run_record_state(bool closed, int exit_status);

#endif
