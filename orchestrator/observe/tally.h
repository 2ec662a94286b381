/* The sums of a run: time in each state, lines, contaminated lines by evaluation set.
 *
 * What:    fed with each change of an item's state (flow_watcher).
 * Owner:   tally_deinit.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_OBSERVE_TALLY_H
#define ORCHESTRATOR_OBSERVE_TALLY_H

#include "base/util.h"
#include "orchestrator/fleet/set_counts.h"
#include "orchestrator/plan/item.h"

typedef struct tally {
    uint64_t left_count[ITEM_STATE_COUNT]; /* number of times that an item left this state */
    uint64_t spent_ms[ITEM_STATE_COUNT];   /* by all of these together */
    uint64_t lines, contaminated_lines;    /* of committed files */
    set_counts sets;
} tally;

/* The commit object of the item has been confirmed with this change. */
bool tally_is_commit(const item *it);
void tally_note(tally *t, const item *it, item_state last, uint64_t spent_ms);
void tally_deinit(tally *t);
DEFINE_AUTO(tally, tally_deinit)

#endif
