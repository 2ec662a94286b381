/* The state of a run over HTTP: feeds the metrics server.
 *
 * What:    renders the numbers once a second and publishes them. A run is ready if its flow has
 *          begun and is not stopping.
 * Owner:   monitor_new / monitor_free; the observed objects outlive it.
 * Threads: loop.
 * Fails:   monitor_new by err if listening on metrics_listen fails.
 */
#ifndef ORCHESTRATOR_MONITOR_MONITOR_H
#define ORCHESTRATOR_MONITOR_MONITOR_H

#include "base/util.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/observe/recorder.h"

typedef struct monitor monitor;

typedef struct monitor_options {
    transport *transport;
    const config *config; /* metrics_listen is set */
    run_name run;
    int64_t started_s; /* seconds since 1970 UTC */
} monitor_options;

monitor *monitor_new(const monitor_options *options, err *e) MUST_USE;
/* `records` may be NULL: then lines and stages are 0. */
void monitor_follow(monitor *m, const flow *f, const s3_client *s3, const plan *work,
                    const recorder *records); /* NULL is allowed */
/* With each change of an item's state. NULL is allowed. */
void monitor_note(monitor *m, const item *it);
void monitor_free(monitor *m); /* NULL is allowed */

#endif
