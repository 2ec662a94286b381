/* Which item may continue: job slots, look-ahead, disk budget. flow.c determines the next state. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

static bool is_end(item_state s)
{
    return s == ITEM_WAITING || s == ITEM_DONE || s == ITEM_FAILED;
}

/* --- admission: slots, look-ahead, disk --- */

static size_t live_count(const flow *f)
{
    size_t live = 0;
    for (int s = 0; s < ITEM_STATE_COUNT; s++)
        live += is_end((item_state)s) ? 0 : f->count[s];
    return live;
}

static bool more_to_begin(const flow *f)
{
    return !f->draining && (f->next_item || f->again.first || f->cursor < f->row_count);
}

/* The first item that may be submitted; NULL: none. */
static item *take_ready(flow *f)
{
    item *it = LIST_FIRST(&f->ready, item, queued);
    while (it && !flow_trial_submits(f, it))
        it = LIST_NEXT(it, item, queued);
    if (it)
        list_remove(&f->ready, &it->queued);
    return it;
}

static void start_jobs(flow *f)
{
    item *it;
    while (!f->draining && f->count[ITEM_SUBMITTING] + f->count[ITEM_POLLING] < f->o.max_jobs &&
           (it = take_ready(f)))
        flow_step(f, it, NULL);
}

/* The server does not work on it, and has not done so. */
static bool is_before_its_job(const item *it)
{
    if (it->state == ITEM_SUBMITTING || it->state == ITEM_POLLING)
        return job_is_waiting(it->operation);
    return it->state == ITEM_DOWNLOADING || it->state == ITEM_READY || it->state == ITEM_RETRYING;
}

static void leave_unsubmitted(flow *f)
{
    LIST_EACH (it, &f->live, item, live)
        if (is_before_its_job(it))
            flow_leave(f, it);
}

/* The run waits for these; they do not block others. */
static size_t pausing_count(const flow *f)
{
    return f->count[ITEM_COOLING] + f->count[ITEM_RETRYING];
}

static bool may_begin(flow *f, item *it)
{
    size_t live = live_count(f);
    bool full = f->count[ITEM_DOWNLOADING] + f->count[ITEM_READY] >= f->o.max_ahead ||
                live - pausing_count(f) >= f->o.max_live;
    return (!full || flow_trial_picks(f)) && flow_admit(f, it, live == 0);
}

static bool is_kept_row(const flow *f, size_t row)
{
    return row >= f->whole_first && row - f->whole_first < f->whole_count;
}

static uint64_t row_bytes(const flow *f, size_t row)
{
    return f->o.plan->rows[f->order[row]].object->size_bytes;
}

/* The smallest non-empty one of [from, to), of equal ones the last; `from` if all are empty. */
static size_t smallest_row(const flow *f, size_t from, size_t to)
{
    size_t best = from;
    for (size_t row = from; row < to; row++)
        if (row_bytes(f, row) && (!row_bytes(f, best) || row_bytes(f, row) <= row_bytes(f, best)))
            best = row;
    return best;
}

/* For a trial: the cheapest file, and one unlike the failed ones. */
static void bring_smallest_forward(flow *f)
{
    size_t whole_end = f->whole_first + f->whole_count;
    size_t end = is_kept_row(f, f->cursor) ? whole_end : f->row_count;
    size_t row = smallest_row(f, f->cursor, end);
    uint32_t moved = f->order[row];
    memmove(f->order + f->cursor + 1, f->order + f->cursor, (row - f->cursor) * sizeof *f->order);
    f->order[f->cursor] = moved;
}

static item *take_planned(flow *f)
{
    if (flow_trial_picks(f))
        bring_smallest_forward(f);
    size_t row = f->cursor++;
    item *it = plan_item(f->o.plan, f->order[row]);
    it->flow = f;
    it->local.admitted = is_kept_row(f, row);
    return it;
}

void flow_put_back(flow *f)
{
    const item *it = f->next_item;
    if (!it || it->planned.renewed || it->failed_attempts)
        return;
    item_free(move(f->next_item));
    f->cursor--;
}

static item *next_item(flow *f)
{
    if (!f->next_item)
        f->next_item = f->again.first ? LIST_TAKE(&f->again, item, queued) : take_planned(f);
    return f->next_item;
}

static bool trial_holds(const flow *f)
{
    size_t waiting = pausing_count(f) + (flow_trial_picks(f) ? f->count[ITEM_READY] : 0);
    return flow_trial_holds(f, live_count(f) - waiting);
}

static void start_downloads(flow *f)
{
    while (more_to_begin(f) && !trial_holds(f) && may_begin(f, next_item(f))) {
        item *it = move(f->next_item);
        flow_trial_take(f, it);
        list_prepend(&f->live, &it->live);
        flow_step(f, it, NULL);
    }
    /* No space for another file: takes one that is already on the disk. */
    if (flow_trial_picks(f) && f->ready.first && !f->kept.evicting && !trial_holds(f))
        flow_trial_take(f, LIST_FIRST(&f->ready, item, queued));
}

/* Nothing else is left to wait for: the pauses before clean-up end at once. */
static void hurry_cooling(flow *f)
{
    if (more_to_begin(f) || !f->count[ITEM_COOLING] || live_count(f) > f->count[ITEM_COOLING])
        return;
    LIST_EACH (it, &f->live, item, live)
        if (it->state == ITEM_COOLING) {
            op_cancel(move(it->operation));
            flow_step(f, it, NULL);
        }
}

/* Whether so few items are ready that the server would run out of jobs. */
static void ask_for_rows(flow *f)
{
    bool few = f->count[ITEM_DOWNLOADING] + f->count[ITEM_READY] < f->o.max_jobs;
    if (f->feeding && !f->draining && few && !more_to_begin(f))
        f->o.feed->want(f->o.feed->ctx);
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
    ask_for_rows(f);
    if (!more_to_begin(f) && live_count(f) == 0 && !f->kept.evicting &&
        (!f->feeding || f->draining))
        *f->o.finished = true;
}

/* --- the order --- */

static bool is_whole(const flow *f, const listed *object)
{
    AUTO_FREE char *etag = listed_etag(object);
    return workdir_has_whole(f->o.workdir, object->key, etag, object->size_bytes);
}

/* Before the rows with files of an earlier run, or as the first of these. */
static void put_smallest_first(flow *f)
{
    size_t count = f->row_count;
    if (count == 0)
        return;
    size_t row = smallest_row(f, 0, count);
    bool kept = is_kept_row(f, row);
    uint32_t smallest = f->order[row];
    memmove(f->order + 1, f->order, row * sizeof *f->order);
    f->order[0] = smallest;
    f->whole_first = kept ? 0 : 1;
}

void flow_order_rows(flow *f)
{
    const plan *p = f->o.plan;
    f->order = xcalloc(p->count + 1, sizeof *f->order);
    size_t others = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (is_whole(f, p->rows[i].object)) {
            workdir_add(f->o.workdir, p->rows[i].object->size_bytes);
            /* Shifts the other rows by one: there are few complete files. */
            memmove(f->order + f->whole_count + 1, f->order + f->whole_count,
                    others * sizeof *f->order);
            f->order[f->whole_count++] = (uint32_t)i;
        } else {
            f->order[f->whole_count + others++] = (uint32_t)i;
        }
    }
    put_smallest_first(f);
}
