/* What flow.c (which state comes next) and flow_actions.c (what is done there) share.
 *
 * What:    the flow itself and the table of entry actions.
 * Owner:   flow.c.
 * Threads: loop.
 * Fails:   an entry action that fails at once yields false and sets err; later, flow_leaf_done.
 */
#ifndef ORCHESTRATOR_FLOW_FLOW_PRIVATE_H
#define ORCHESTRATOR_FLOW_FLOW_PRIVATE_H

#include "base/util.h"
#include "orchestrator/flow/flow.h"

struct flow {
    flow_options o;
    bool debug;
    uint32_t *order;    /* rows of the plan: files that are on the disk already, then as planned */
    size_t whole_count; /* at the front of `order`: on the disk already, and admitted */
    size_t cursor;
    item *next_item; /* waits to be let in; or NULL */
    item *again;     /* these start over: their inputs were replaced */
    item *live;      /* all others that are not at their end */
    char **failures; /* messages */
    size_t failure_count;
    item *ready, **ready_tail;
    size_t count[ITEM_STATE_COUNT];
    flow_totals totals;
    bool draining, aborted, pumping;
    bool told_metadata; /* that the store drops it */
    err run_error;
};

typedef struct flow_state_row {
    bool (*enter)(flow *f, item *it, err *e); /* NULL: nothing to do; false: failed at once */
    void (*cancel)(flow *f, item *it);        /* ends what `enter` began */
} flow_state_row;
extern const flow_state_row flow_states[ITEM_STATE_COUNT];

/* --- flow.c --- */

/* Moves the item on; `error` NULL: its action succeeded. May free it. */
void flow_step(flow *f, item *it, const err *error);
/* It is cancelled, and left to the next run with what it has on the disk. */
void flow_leave(flow *f, item *it);

/* --- flow_queue.c --- */

/* Lets items go on for which there is room now. */
void flow_pump(flow *f);
/* Whole files that an earlier run left go first: they hold disk space already. */
void flow_order_rows(flow *f);

/* --- flow_store.c: the states that write to the store --- */

bool flow_enter_uploading(flow *f, item *it, err *e);
bool flow_enter_copying(flow *f, item *it, err *e);
bool flow_enter_proving(flow *f, item *it, err *e);
bool flow_enter_rechecking(flow *f, item *it, err *e);
bool flow_enter_committing(flow *f, item *it, err *e);
bool flow_enter_confirming(flow *f, item *it, err *e);
bool flow_enter_retiring(flow *f, item *it, err *e);
bool flow_enter_probing(flow *f, item *it, err *e);
void flow_cancel_upload(flow *f, item *it);
void flow_cancel_op(flow *f, item *it);
/* The key of an output that RETIRING has to remove; NULL: none is left. */
const char *flow_stale_output(const flow *f, const item *it);

/* How every leaf reports; ctx is the item, error NULL on success. */
void flow_leaf_done(void *ctx, const err *error);

/* --- flow_results.c --- */
bool flow_enter_checking(flow *f, item *it, err *e);
void flow_cancel_checking(flow *f, item *it);
bool flow_enter_cleaning(flow *f, item *it, err *e);
bool flow_enter_discarding(flow *f, item *it, err *e);
bool flow_enter_renewing(flow *f, item *it, err *e);
void flow_cancel_cleanup(flow *f, item *it);
/* Else ERR_RESULT: what goes up is what was checked. */
bool flow_result_unchanged(const result_file *file, err *e) MUST_USE;
/* Before an item goes to the server once more: what the last job left is removed. */
void flow_prepare_again(flow *f, item *it, const err *error);

const char *flow_input_bucket(const flow *f);

#endif
