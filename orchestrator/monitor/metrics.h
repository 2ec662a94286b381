/* The numbers of a run as Prometheus text.
 *
 * What:    a pure function of metrics_now. Names and labels are in docs/metrics.md.
 * Owner:   everything in metrics_now is borrowed.
 * Threads: loop.
 * Fails:   as the buf does (overflow).
 */
#ifndef ORCHESTRATOR_MONITOR_METRICS_H
#define ORCHESTRATOR_MONITOR_METRICS_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/s3/s3.h"
#include "orchestrator/config/config.h"
#include "orchestrator/flow/flow.h"
#include "orchestrator/observe/tally.h"

#define METRICS_MAX_BYTES ((size_t)4 << 20)

typedef struct metrics_now {
    const char *run;
    const char *machine; /* its name */
    const config *config;
    const flow *flow; /* NULL: no file has begun yet */
    const plan *plan; /* with `flow` */
    const tally *tally;
    s3_stats store;
    int64_t started_s; /* seconds since 1970 UTC */
} metrics_now;

void metrics_text(const metrics_now *n, buf *out);
const char *metrics_limit_name(flow_limit limit); /* "network"; "none" */

#endif
