/* The state machine of items: from the plan to the commit.
 *
 * What:    flow.c begins with the table of states and contains the only switch that moves items;
 *          the operations that it starts (download, job, result check, upload, cleanup) never
 *          choose the next state.
 * Owner:   flow_start / flow_free; everything in flow_options is borrowed and outlives the flow,
 *          the pool's running tasks too.
 * Threads: loop.
 * Fails:   an item's failure stays with the item (item.error); an error of class RUN ends the run:
 *          no new items; those at the server and in upload finish; see flow_run_error.
 */
#ifndef ORCHESTRATOR_FLOW_FLOW_H
#define ORCHESTRATOR_FLOW_FLOW_H

#include "base/util.h"
#include "orchestrator/config/config.h"
#include "orchestrator/detect/detect_client.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/transfer/verify_task.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/local/workdir.h"

typedef struct flow flow;

/* Observer of each change of an item's state: `it->state` is the new one and its entry action
 * is not begun yet; `spent_ms` in `last`. The item is borrowed. */
typedef struct flow_watcher {
    void (*on_state)(void *ctx, const item *it, item_state last, uint64_t spent_ms); /* or NULL */
    void *ctx;
} flow_watcher;

/* A host that claims its work gets more rows while the flow runs. */
typedef struct flow_feed {
    void (*want)(void *ctx); /* more rows could be begun; called again and again */
    /* Before a commit: may the item still be committed? The operation reports to on_done(it), or
     * never if flow_drop cancels it. */
    op *(*confirm)(void *ctx, item *it, void (*on_done)(void *ctx, const err *error));
    void (*ended)(void *ctx, const item *it); /* it is DONE or FAILED */
    void *ctx;
} flow_feed;

typedef struct flow_options {
    transport *transport;
    s3_client *s3;
    pool *pool;
    codec_memory *codec_memory;
    verifier *verifier;
    detect_client *jobs;
    workdir *workdir;
    const result_dirs *result_dirs;
    result_jobs *result_jobs; /* NULL: nothing is removed */
    const config *config;
    const server_facts *server;
    unsigned max_jobs;  /* open at the server */
    unsigned max_ahead; /* items that download or wait for a job slot */
    unsigned max_live;  /* items in any state except the pause before clean-up */
    const plan *plan;
    flow_watcher watcher;
    const flow_feed *feed; /* NULL: the plan is complete */
    bool *finished;        /* set when nothing is in progress and nothing more will begin */
} flow_options;

flow *flow_start(const flow_options *options) MUST_USE;
/* No new items. Those that the server works on, or that are after it, finish; the others are left
 * to the next run with their files on the disk. */
void flow_drain(flow *f);
void flow_abort(flow *f); /* cancels all operations; uploads are aborted in the store */
void flow_free(flow *f);  /* NULL is allowed */

/* --- with a feed --- */

void flow_add_rows(flow *f,
                   size_t count); /* the last `count` of the plan are new; 0: looks for work */
void flow_end_feed(flow *f);      /* no more rows will come */
/* Selects keys. */
typedef bool flow_key_test(void *ctx, const char *key);
typedef struct flow_dropped {
    size_t rows, items;
    uint64_t size_bytes;
} flow_dropped;
/* Skips the rows that have not begun, and reports nothing; with `begun`, also cancels items
 * before their commit. The work belongs to another host: nothing counts as left. */
flow_dropped flow_drop(flow *f, flow_key_test *test, void *ctx, bool begun);
/* Calls `each` for the keys of rows that have not begun, or of items that have. */
void flow_each_key(const flow *f, bool begun, void (*each)(void *ctx, const char *key), void *ctx);

typedef struct flow_totals {
    size_t clean, contaminated, failed;
    size_t downloading, jobs, uploading, waiting;
    size_t finishing; /* at the server or after it, and not confirmed */
    uint64_t bytes;   /* inputs of the clean and contaminated ones */
    uint64_t failed_bytes;
} flow_totals;
flow_totals flow_count(const flow *f);

/* The resource that limits the run at the moment. */
typedef enum flow_limit {
    FLOW_LIMIT_NONE,         /* the last pauses and removals */
    FLOW_LIMIT_NETWORK,      /* bytes of the store */
    FLOW_LIMIT_VERIFICATION, /* most downloaded bytes wait for it */
    FLOW_LIMIT_SERVER,       /* its job slots are taken, or only jobs are left */
    FLOW_LIMIT_UPLOAD,
    FLOW_LIMIT_DISK,  /* no download, since the next file does not fit yet */
    FLOW_LIMIT_HOSTS, /* all that is left is claimed by other hosts */
} flow_limit;

typedef struct flow_progress {
    flow_totals totals;
    size_t in_flight;        /* begun, and neither done nor failed */
    size_t verifying;        /* downloads whose bytes wait for the verification */
    uint64_t done_bytes;     /* of inputs that are done or failed */
    uint64_t received_bytes; /* of inputs, those of done_bytes included */
    bool stopping;           /* no more files are started */
    flow_limit limit;
} flow_progress;
flow_progress flow_progress_of(const flow *f);
/* Calls back for each item in flight, or in the pause before its clean-up. */
void flow_each_live(const flow *f, void (*each)(void *ctx, const item *it), void *ctx);
const err *flow_run_error(const flow *f); /* NULL: none */
/* Messages for the failed items, one each; owned by the flow. */
const char *const *flow_failures(const flow *f, size_t *count);

#endif
