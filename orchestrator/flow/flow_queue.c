/* Which item may go on: job slots, look-ahead, disk budget. flow.c says where it goes. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

static bool is_end(item_state s)
{
    return s == ITEM_WAITING || s == ITEM_DONE || s == ITEM_FAILED;
}

/* --- who may go on: slots, look-ahead, the disk --- */

static size_t live_count(const flow *f)
{
    size_t live = 0;
    for (int s = 0; s < ITEM_STATE_COUNT; s++)
        live += is_end((item_state)s) ? 0 : f->count[s];
    return live;
}

static bool more_to_begin(const flow *f)
{
    return !f->draining && (f->next_item || f->again || f->cursor < f->o.plan->count);
}

static item *take_ready(flow *f)
{
    item *it = f->ready;
    f->ready = it->next;
    if (!f->ready)
        f->ready_tail = &f->ready;
    it->next = NULL;
    return it;
}

static void start_jobs(flow *f)
{
    while (!f->draining && f->ready &&
           f->count[ITEM_SUBMITTING] + f->count[ITEM_POLLING] < f->o.max_jobs)
        flow_step(f, take_ready(f), NULL);
}

/* The server does not work on it, and has not done so. */
static bool is_before_its_job(const item *it)
{
    if (it->state == ITEM_SUBMITTING || it->state == ITEM_POLLING)
        return job_is_waiting(it->leaf);
    return it->state == ITEM_DOWNLOADING || it->state == ITEM_READY;
}

static void leave_unsubmitted(flow *f)
{
    for (item *it = f->live, *next; it; it = next) {
        next = it->live_next;
        if (is_before_its_job(it))
            flow_leave(f, it);
    }
    f->ready = NULL;
    f->ready_tail = &f->ready;
}

static bool may_begin(flow *f, item *it)
{
    size_t live = live_count(f);
    if (f->count[ITEM_DOWNLOADING] + f->count[ITEM_READY] >= f->o.max_ahead ||
        live - f->count[ITEM_COOLING] >= f->o.max_live)
        return false;
    if (it->admitted)
        return true;
    workdir_room room = workdir_admit(f->o.workdir, it->key, it->size_bytes, live == 0);
    it->admitted = room == WORKDIR_ROOM;
    it->no_room = room == WORKDIR_ROOM_NEVER;
    return room != WORKDIR_ROOM_LATER;
}

static item *take_again(flow *f)
{
    item *it = f->again;
    f->again = it->next;
    it->next = NULL;
    return it;
}

static item *take_planned(flow *f)
{
    size_t row = f->cursor++;
    item *it = plan_item(f->o.plan, f->order[row]);
    it->flow = f;
    it->admitted = row < f->whole_count; /* see flow_order_rows */
    return it;
}

static item *next_item(flow *f)
{
    if (!f->next_item)
        f->next_item = f->again ? take_again(f) : take_planned(f);
    return f->next_item;
}

static void start_downloads(flow *f)
{
    while (more_to_begin(f) && may_begin(f, next_item(f))) {
        item *it = move(f->next_item);
        it->live_previous = NULL;
        it->live_next = f->live;
        if (it->live_next)
            it->live_next->live_previous = it;
        f->live = it;
        flow_step(f, it, NULL);
    }
}

/* Nothing else is left to wait for: the pauses before clean-up end at once. */
static void hurry_cooling(flow *f)
{
    if (more_to_begin(f) || !f->count[ITEM_COOLING] || live_count(f) > f->count[ITEM_COOLING])
        return;
    for (item *it = f->live, *next; it; it = next) {
        next = it->live_next;
        if (it->state == ITEM_COOLING) {
            flow_states[ITEM_COOLING].cancel(f, it);
            flow_step(f, it, NULL);
        }
    }
}

void flow_pump(flow *f)
{
    if (f->aborted || f->pumping)
        return;
    f->pumping = true;
    start_jobs(f);
    start_downloads(f);
    start_jobs(f);
    if (f->draining)
        leave_unsubmitted(f);
    hurry_cooling(f);
    f->pumping = false;
    if (!more_to_begin(f) && live_count(f) == 0)
        *f->o.finished = true;
}

/* --- the order --- */

static bool is_whole(const flow *f, const listed *object)
{
    AUTO_FREE char *etag = listed_etag(object);
    return workdir_has_whole(f->o.workdir, object->key, etag, object->size_bytes);
}

/* Whole files that an earlier run left go first: they hold disk space already. */
void flow_order_rows(flow *f)
{
    const plan *p = f->o.plan;
    f->order = xcalloc(p->count + 1, sizeof *f->order);
    size_t others = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (is_whole(f, p->rows[i].object)) {
            workdir_add(f->o.workdir, p->rows[i].object->size_bytes);
            /* The others so far move up by one: there are few whole ones. */
            memmove(f->order + f->whole_count + 1, f->order + f->whole_count,
                    others * sizeof *f->order);
            f->order[f->whole_count++] = (uint32_t)i;
        } else {
            f->order[f->whole_count + others++] = (uint32_t)i;
        }
    }
}
