/* What flow.c (which state comes next) and flow_actions.c (what is done there) share.
 *
 * What:    the flow itself and the table of entry actions.
 * Owner:   flow.c.
 * Threads: loop.
 * Fails:   an entry action that fails at once yields false and sets err; later, flow_leaf_done.
 */
#ifndef ORCHESTRATOR_FLOW_FLOW_PRIVATE_H
#define ORCHESTRATOR_FLOW_FLOW_PRIVATE_H

#include "orchestrator/flow/flow.h"

struct flow {
    flow_options o;
    bool debug;
    uint32_t *order;    /* rows of the plan: files that are on the disk already, then as planned */
    size_t whole_count; /* at the front of `order`: on the disk already, and admitted */
    size_t cursor;
    item *next_item; /* made of the row at the cursor, waits to be let in; or NULL */
    item *live;      /* all others that are not at their end */
    char **failures; /* messages */
    size_t failure_count;
    item *ready, **ready_tail;
    size_t count[ITEM_STATE_COUNT];
    flow_totals totals;
    bool draining, aborted, pumping;
    err run_error;
};

typedef struct flow_state_row {
    bool (*enter)(flow *f, item *it, err *e); /* NULL: nothing to do; false: failed at once */
    void (*cancel)(flow *f, item *it);        /* ends what `enter` began */
} flow_state_row;
extern const flow_state_row flow_states[ITEM_STATE_COUNT];

/* How every leaf reports; ctx is the item, error NULL on success. */
void flow_leaf_done(void *ctx, const err *error);

/* Before an item goes to the server once more: what the last job left is removed. */
void flow_prepare_again(flow *f, item *it, const err *error);

const char *flow_input_bucket(const flow *f);

#endif
