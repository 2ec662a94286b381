/* Items that leave the flow: they start over, end, are left to the next run, or belong to another
 * host. */
#include "base/array.h"
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
    list_remove(&f->live, &it->live);
}

/* Cancelled: READY is the only state with a queue. */
static void take_out(flow *f, item *it)
{
    if (it->state == ITEM_READY)
        list_remove(&f->ready, &it->queued);
    op_cancel(move(it->operation));
    f->count[it->state]--;
    unlink_live(f, it);
    flow_item_free(it);
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
    list_prepend(&f->again, &it->queued);
}

void flow_finish(flow *f, item *it)
{
    if (it->state == ITEM_FAILED) {
        *ARRAY_ADD(f->failures, f->failure_count) = xstrdup(it->error.message);
        if (it->job.id)
            result_jobs_keep(f->o.result_jobs, it->job.id);
        flow_keep(f, it);
    }
    if (f->o.feed)
        f->o.feed->ended(f->o.feed->ctx, it);
    unlink_live(f, it);
    flow_item_free(it);
}

/* The results of its job are kept for the next run, too. */
void flow_leave(flow *f, item *it)
{
    if (it->job.id)
        result_jobs_keep(f->o.result_jobs, it->job.id);
    take_out(f, it);
    f->count[ITEM_WAITING]++;
}

void flow_forsake(flow *f, item *it)
{
    flow_trial_forget(f, it);
    flow_keep(f, it);
    take_out(f, it);
}
