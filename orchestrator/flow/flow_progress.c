/* Progress of a flow, and what it waits for. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

#define VERIFY_BEHIND_BYTES (8 << 20) /* larger than rounding effects */

/* Received bytes are not verified yet: the complete file, or many bytes. */
static bool waits_for_verification(const flow *f, const item *it)
{
    if (f->o.config->verify == VERIFY_NONE)
        return false;
    const item_local *l = &it->local;
    uint64_t behind = l->received_bytes - MIN(l->verified_bytes, l->received_bytes);
    return behind > 0 &&
           (l->received_bytes >= it->planned.size_bytes || behind > VERIFY_BEHIND_BYTES);
}

static void add_live(const flow *f, flow_progress *p)
{
    LIST_EACH (it, &f->live, item, live) {
        bool loads = it->state == ITEM_DOWNLOADING;
        if (it->state != ITEM_COOLING && it->state != ITEM_CLEANING) { /* counted as done */
            p->in_flight++;
            if (it->state == ITEM_RETRYING)
                continue;
            uint64_t size = it->planned.size_bytes;
            p->received_bytes += loads ? MIN(it->local.received_bytes, size) : size;
        }
        p->verifying += loads && waits_for_verification(f, it);
    }
}

static flow_limit find_limit(const flow *f, const flow_progress *p)
{
    const flow_totals *t = &p->totals;
    if (f->ready.first || (t->jobs > 0 && t->jobs >= f->o.max_jobs))
        return FLOW_LIMIT_SERVER;
    if (t->downloading > 0)
        return 2 * p->verifying > t->downloading ? FLOW_LIMIT_VERIFICATION : FLOW_LIMIT_NETWORK;
    if (f->next_item && !f->draining && !f->next_item->local.admitted)
        return FLOW_LIMIT_DISK;
    if (t->jobs > 0)
        return FLOW_LIMIT_SERVER;
    if (f->feeding && p->in_flight == 0)
        return FLOW_LIMIT_HOSTS;
    return t->uploading > 0 ? FLOW_LIMIT_UPLOAD : FLOW_LIMIT_NONE;
}

flow_progress flow_progress_of(const flow *f)
{
    flow_progress p = {.totals = flow_count(f), .stopping = f->draining};
    p.done_bytes = p.totals.bytes + p.totals.failed_bytes;
    p.received_bytes = p.done_bytes;
    add_live(f, &p);
    p.limit = find_limit(f, &p);
    return p;
}

void flow_each_live(const flow *f, void (*each)(void *ctx, const item *it), void *ctx)
{
    LIST_EACH (it, &f->live, item, live)
        each(ctx, it);
}
