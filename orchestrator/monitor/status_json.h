/* The numbers of a run for the status page, as one JSON object.
 *
 * What:    progress, throughput of the last hour, items in flight with state and age, the newest
 *          contaminated files and failures. Keys and counts only, never text of documents.
 * Owner:   status_json_new / _free; the observed objects outlive it.
 * Threads: loop.
 * Fails:   as the buf does (overflow).
 */
#ifndef ORCHESTRATOR_MONITOR_STATUS_JSON_H
#define ORCHESTRATOR_MONITOR_STATUS_JSON_H

#include "base/util.h"
#include "orchestrator/monitor/metrics.h"

#define STATUS_ITEMS_MAX 200 /* in flight, shown */
#define STATUS_FILES_MAX 100 /* contaminated, and failures, shown */

typedef struct status_json status_json;

status_json *status_json_new(void) MUST_USE;
/* With each change of an item's state, as a flow_watcher. */
void status_json_note(status_json *s, const item *it);
/* A sample of the throughput, every ten seconds. */
void status_json_sample(status_json *s, const flow *f, uint64_t now_ms);
void status_json_write(const status_json *s, const metrics_now *n, uint64_t now_ms, buf *out);
void status_json_free(status_json *s); /* NULL is allowed */

#endif
