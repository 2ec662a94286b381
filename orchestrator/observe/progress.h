/* What people and scripts see: the progress line, the plan of a dry run, the closing words.
 *
 * What:    a line on a terminal once a second; the SUMMARY line (watchers of the reference script
 *          know its first five fields), one line for each failure, WORK COMPLETE EXITING.
 * Owner:   progress_start / progress_stop. The rest only reads.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_OBSERVE_PROGRESS_H
#define ORCHESTRATOR_OBSERVE_PROGRESS_H

#include "base/util.h"
#include "orchestrator/flow/flow.h"

typedef struct progress progress;

/* `f` and `s3` are asked once a second until progress_stop. */
progress *progress_start(transport *t, const flow *f, const s3_client *s3, size_t file_count)
    MUST_USE;
void progress_stop(progress *p); /* NULL is fine */

/* One line of the state of things; for tests too. */
void progress_describe(const flow_totals *now, size_t file_count, const s3_stats *s3,
                       uint64_t elapsed_ms, buf *out);

void progress_plan(const plan *p, const config *c); /* what is to be done, what is skipped, why */
/* The same, and each input with what would become of it. */
void progress_dry_run(const plan *p, const config *c);

typedef struct run_summary {
    flow_totals totals;
    const flow *flow; /* for the failures; NULL: none began */
    const plan *plan; /* for what was refused and skipped */
    uint64_t elapsed_ms;
    bool complete; /* the run came to its own end: WORK COMPLETE EXITING */
} run_summary;
void progress_summary(const run_summary *s);

#endif
