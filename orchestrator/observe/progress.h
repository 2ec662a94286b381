/* Output of a run: the progress line, the plan of a dry run, the closing lines.
 *
 * What:    on a terminal a status line once a second, else a log line once a minute, also while
 *          nothing moves: then it names what the run waits for. The SUMMARY line (watchers of the
 *          reference script know its first five fields), one line for each failure, what is left,
 *          WORK COMPLETE EXITING.
 * Owner:   progress_new / progress_free; the observed objects outlive it.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_OBSERVE_PROGRESS_H
#define ORCHESTRATOR_OBSERVE_PROGRESS_H

#include "base/util.h"
#include "orchestrator/flow/flow.h"
#include "orchestrator/observe/recorder.h"

typedef struct progress progress;

progress *progress_new(transport *t) MUST_USE;
void progress_free(progress *p); /* NULL is allowed */
/* Before the flow: "the list of s3://bucket/in/"; NULL: no wait. */
void progress_wait(progress *p, const char *what);
/* `records` may be NULL: its requests do not count as progress. */
void progress_follow(progress *p, const flow *f, const s3_client *s3, const plan *work,
                     const recorder *records);

typedef struct progress_now {
    flow_progress flow;
    size_t file_count;
    uint64_t total_bytes;
    uint64_t moved_bytes; /* received and sent, without records */
    double rate;          /* bytes a second that are received; 0: not known */
    uint64_t left_ms;     /* PROGRESS_UNKNOWN: no estimate yet */
    uint64_t still_ms;    /* since any number changed */
} progress_now;

/* The line's text: pure, for tests. PROGRESS_ANY_WIDTH columns: all parts, no bar. */
void progress_describe(const progress_now *now, size_t columns, buf *out);

void progress_plan(const plan *p, const config *c); /* files to process, skipped files, and why */
/* The same, and each input with its planned outcome. */
void progress_dry_run(const plan *p, const config *c);

typedef struct run_summary {
    flow_totals totals;
    const flow *flow; /* for the failures; NULL: none began */
    const plan *plan; /* for refused and skipped files */
    uint64_t elapsed_ms;
    const char *again; /* the command, for a shell; NULL: not known */
    bool complete;     /* the run ended by itself: WORK COMPLETE EXITING */
} run_summary;
void progress_summary(const run_summary *s);

#endif
