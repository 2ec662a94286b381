/* Internals shared by the files of the flow.
 *
 * What:    the flow itself and the table of entry actions.
 * Owner:   flow.c.
 * Threads: loop.
 * Fails:   an entry action that fails at once yields false and sets err; later, flow_operation_done.
 */
#ifndef ORCHESTRATOR_FLOW_FLOW_PRIVATE_H
#define ORCHESTRATOR_FLOW_FLOW_PRIVATE_H

#include "base/list.h"
#include "base/util.h"
#include "orchestrator/flow/flow.h"

/* Local files of failed items; they count toward the disk budget. */
typedef struct kept_file {
    char *key;
    uint64_t size_bytes;
} kept_file;

typedef struct kept_files {
    kept_file *files; /* the oldest is at `first` */
    size_t first, count;
    uint64_t size_bytes;
    op *evicting; /* the removal of the oldest; or NULL */
} kept_files;

typedef enum trial_mode {
    TRIAL_NONE,
    TRIAL_START, /* one file at a time, until one succeeds or some have failed */
    TRIAL_ALONE, /* after equal failures: one is tried when all others have ended or wait */
} trial_mode;

/* flow_trial.c */
typedef struct flow_trial {
    trial_mode mode;
    const item *tried; /* TRIAL_ALONE: it; NULL: not begun; only compared */
    timer *start;      /* TRIAL_START: its end */
    bool succeeded;    /* a file of this run has */
    unsigned failures; /* in TRIAL_START */
    unsigned alike;    /* consecutive failures with this cause */
    err cause;
} flow_trial;

struct flow {
    flow_options o;
    bool debug;
    uint32_t *order; /* rows of the plan: files already on the disk, then as planned */
    size_t whole_first, whole_count; /* in `order`: already on the disk, and admitted */
    size_t row_count;                /* of `order` */
    size_t cursor;
    item *next_item;   /* waits for admission; or NULL */
    linked_list again; /* items that start over: their inputs were replaced */
    linked_list live;  /* all other unfinished items */
    linked_list ready; /* items in READY, which are in `live` too */
    char **failures;   /* messages */
    size_t failure_count;
    size_t count[ITEM_STATE_COUNT];
    flow_totals totals;
    bool draining, aborted, pumping;
    bool feeding; /* more rows may come */
    flow_trial trial;
    kept_files kept;
    bool told_metadata; /* that the store drops it */
    err run_error;
};

/* The entry action of each state; it sets item.operation. False: it failed at once. NULL: none. */
typedef bool (*flow_entry)(flow *f, item *it, err *e);
extern const flow_entry flow_enter[ITEM_STATE_COUNT];

/* --- flow.c --- */

/* Moves the item on; `error` NULL: its action succeeded. May free it. */
void flow_step(flow *f, item *it, const err *error);

/* --- flow_end.c: each takes the item out of the flow, all but flow_requeue free it --- */
/* It waits again: RENEWING with the current size of the input, RETRYING unchanged. */
void flow_requeue(flow *f, item *it, item_state last);
void flow_finish(flow *f, item *it); /* DONE or FAILED; the message of a failure is kept */
/* Cancels it and leaves its files to the next run. */
void flow_leave(flow *f, item *it);
/* Cancels it, since it belongs to another host; its file counts as kept. */
void flow_forsake(flow *f, item *it);
void flow_item_free(item *it);

/* --- flow_queue.c --- */
/* Advances items for which there is now space. */
void flow_pump(flow *f);
/* The smallest file goes first, then complete files of an earlier run, which already use disk
 * space. */
void flow_order_rows(flow *f);
void flow_put_back(flow *f); /* the next item is chosen again */

/* --- flow_retry.c --- */
/* The failure is transient, and the file has attempts left. */
bool flow_may_retry(const flow *f, const item *it, const err *error);
op *flow_pause_start(flow *f, item *it, uint64_t delay_ms) MUST_USE;
bool flow_enter_retrying(flow *f, item *it, err *e);

/* --- flow_trial.c --- */
void flow_check_failures(flow *f); /* ends the run if more failed than max_failures allows */
void flow_trial_begin(flow *f);
void flow_trial_end(flow *f); /* of the flow */
/* No item may begin now; `busy` are in progress. */
bool flow_trial_holds(const flow *f, size_t busy);
/* The next item is the one that is tried alone. */
bool flow_trial_picks(const flow *f);
void flow_trial_take(flow *f, const item *it);          /* before it begins */
void flow_trial_forget(flow *f, const item *it);        /* it starts over */
bool flow_trial_submits(const flow *f, const item *it); /* it may go to the server now */
void flow_trial_success(flow *f);
void flow_trial_failure(flow *f, const item *it);

/* --- flow_disk.c --- */
/* Whether the item may be downloaded now; `idle`: nothing else is in progress. */
bool flow_admit(flow *f, item *it, bool idle);
void flow_keep(flow *f, item *it); /* a failed item, before it is freed */
void flow_free_kept(flow *f);

/* --- flow_store.c: the states that write to the store --- */
bool flow_enter_uploading(flow *f, item *it, err *e);
bool flow_enter_copying(flow *f, item *it, err *e);
bool flow_enter_proving(flow *f, item *it, err *e);
bool flow_enter_rechecking(flow *f, item *it, err *e);
bool flow_enter_committing(flow *f, item *it, err *e);
bool flow_enter_confirming(flow *f, item *it, err *e);
bool flow_enter_superseding(flow *f, item *it, err *e);
bool flow_enter_probing(flow *f, item *it, err *e);
bool flow_enter_marking(flow *f, item *it, err *e);
/* SUPERSEDING has something to remove: stale outputs, and the marks of earlier crashes. */
bool flow_has_stale(const item *it);

/* Every operation reports here; ctx is the item, error NULL on success. */
void flow_operation_done(void *ctx, const err *error);

/* --- flow_results.c --- */
bool flow_enter_checking(flow *f, item *it, err *e);
bool flow_enter_cleaning(flow *f, item *it, err *e);
bool flow_enter_discarding(flow *f, item *it, err *e);
bool flow_enter_renewing(flow *f, item *it, err *e);
/* Otherwise ERR_RESULT: only checked files are uploaded. */
bool flow_result_unchanged(const result_file *file, err *e) MUST_USE;
/* Before an item is submitted again: removes the files of the last job. */
void flow_prepare_again(flow *f, item *it, const err *error);

const char *flow_input_bucket(const flow *f);

#endif
