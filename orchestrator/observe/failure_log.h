/* The failures of a run in the store: `_decon/failures/<run>.jsonl`, one line for each file.
 *
 * What:    lines are collected in memory; the whole object is rewritten when it has new lines and
 *          the owner requests it, and at the end. Without failures there is no object.
 * Owner:   failure_log_new / failure_log_free; objects in the options outlive it.
 * Threads: loop.
 * Fails:   never: results do not depend on it. A failed write is a warning, once. Lines beyond
 *          FAILURE_LOG_MAX_BYTES are dropped, with a warning.
 */
#ifndef ORCHESTRATOR_OBSERVE_FAILURE_LOG_H
#define ORCHESTRATOR_OBSERVE_FAILURE_LOG_H

#include "base/util.h"
#include "decon/s3/s3.h"
#include "orchestrator/fleet/failure_line.h"

#define FAILURE_LOG_MAX_BYTES ((size_t)64 << 20)

typedef struct failure_log failure_log;

typedef struct failure_log_options {
    s3_client *s3;
    const char *bucket, *report_prefix, *run, *host; /* borrowed */
} failure_log_options;

failure_log *failure_log_new(const failure_log_options *options) MUST_USE;
void failure_log_add(failure_log *l, const failure_line *line);
void failure_log_flush(failure_log *l); /* writes new lines; while a write is in flight, later */
/* Writes remaining lines; `on_done` is called once, possibly at once. */
void failure_log_close(failure_log *l, void (*on_done)(void *ctx), void *ctx);
void failure_log_free(failure_log *l); /* cancels what is in flight; NULL is allowed */

#endif
