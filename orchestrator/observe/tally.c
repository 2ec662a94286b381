#include "orchestrator/observe/tally.h"

#include "base/util.h"

bool tally_is_commit(const item *it)
{
    return it->state == ITEM_COOLING;
}

void tally_note(tally *t, const item *it, item_state last, uint64_t spent_ms)
{
    if (last != ITEM_WAITING) {
        t->left_count[last]++;
        t->spent_ms[last] += spent_ms;
    }
    if (!tally_is_commit(it))
        return;
    t->lines += it->local.lines_known ? it->local.verdict.lines : 0;
    t->contaminated_lines += it->result.contaminated_lines;
    set_counts_add_all(&t->sets, &it->result.sets);
}

void tally_deinit(tally *t)
{
    set_counts_deinit(&t->sets);
    *t = (tally){0};
}
