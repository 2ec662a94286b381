/* Where an item leaves the flow: it starts over, ends, is left to the next run, or belongs to another
 * host now. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

void flow_item_free(item *it)
{
    if (it)
        line_hashes_unref(it->local.lines);
    item_free(it);
}

static void unlink_live(flow *f, item *it)
{
    *(it->live_previous ? &it->live_previous->live_next : &f->live) = it->live_next;
    if (it->live_next)
        it->live_next->live_previous = it->live_previous;
}

void flow_requeue(flow *f, item *it, item_state last)
{
    unlink_live(f, it);
    flow_trial_forget(f, it);
    line_hashes_unref(move(it->local.lines));
    if (last == ITEM_RENEWING)
        item_renew(it);
    else
        item_retry(it);
    it->next = f->again;
    f->again = it;
}

void flow_finish(flow *f, item *it)
{
    if (it->state == ITEM_FAILED) {
        size_t count = f->failure_count++;
        if ((count & (count + 1)) == 0)
            f->failures = xrealloc(f->failures, (2 * count + 1) * sizeof *f->failures);
        f->failures[count] = xstrdup(it->error.message);
        if (it->job.id)
            result_jobs_keep(f->o.result_jobs, it->job.id);
        flow_keep(f, it);
    }
    if (f->o.feed)
        f->o.feed->ended(f->o.feed->ctx, it);
    unlink_live(f, it);
    flow_item_free(it);
}

/* The results of its job, too, are for the next run. */
void flow_leave(flow *f, item *it)
{
    if (it->job.id)
        result_jobs_keep(f->o.result_jobs, it->job.id);
    op_cancel(move(it->operation));
    f->count[it->state]--;
    f->count[ITEM_WAITING]++;
    unlink_live(f, it);
    flow_item_free(it);
}

static void leave_ready_queue(flow *f, const item *it)
{
    item **at = &f->ready;
    while (*at && *at != it)
        at = &(*at)->next;
    if (*at)
        *at = it->next;
    if (f->ready_tail == &it->next)
        f->ready_tail = at;
}

void flow_forsake(flow *f, item *it)
{
    if (it->state == ITEM_READY)
        leave_ready_queue(f, it);
    op_cancel(move(it->operation));
    flow_trial_forget(f, it);
    flow_keep(f, it);
    f->count[it->state]--;
    unlink_live(f, it);
    flow_item_free(it);
}
