/* Rows that are added and dropped while the flow runs: slices that this host claims and loses. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

void flow_add_rows(flow *f, size_t count)
{
    size_t first = f->o.plan->count - count;
    f->order = xrealloc(f->order, (f->row_count + count + 1) * sizeof *f->order);
    for (size_t i = 0; i < count; i++)
        f->order[f->row_count++] = (uint32_t)(first + i);
    f->count[ITEM_WAITING] += count;
    flow_pump(f);
}

void flow_end_feed(flow *f)
{
    f->feeding = false;
    flow_pump(f);
}

static const listed *row_object(const flow *f, size_t row)
{
    return f->o.plan->rows[f->order[row]].object;
}

static void count_dropped(flow *f, uint64_t size_bytes, flow_dropped *d)
{
    d->rows++;
    d->size_bytes += size_bytes;
    f->count[ITEM_WAITING]--;
}

static void drop_rows(flow *f, flow_key_test *test, void *ctx, flow_dropped *d)
{
    size_t kept = f->cursor;
    for (size_t row = f->cursor; row < f->row_count; row++)
        if (test(ctx, row_object(f, row)->key))
            count_dropped(f, row_object(f, row)->size_bytes, d);
        else
            f->order[kept++] = f->order[row];
    f->row_count = kept;
}

/* Items that wait for admission, or to start over. */
static void drop_waiting(flow *f, flow_key_test *test, void *ctx, flow_dropped *d)
{
    if (f->next_item && test(ctx, f->next_item->planned.key)) {
        count_dropped(f, f->next_item->planned.size_bytes, d);
        item_free(move(f->next_item));
    }
    LIST_EACH (it, &f->again, item, queued)
        if (test(ctx, it->planned.key)) {
            list_remove(&f->again, &it->queued);
            count_dropped(f, it->planned.size_bytes, d);
            item_free(it);
        }
}

/* After the commit, or after a failure, an item ends by itself. */
static bool is_at_its_end(const item *it)
{
    return it->state == ITEM_COOLING || it->state == ITEM_CLEANING || it->state == ITEM_DISCARDING;
}

static void drop_items(flow *f, flow_key_test *test, void *ctx, flow_dropped *d)
{
    LIST_EACH (it, &f->live, item, live) {
        if (is_at_its_end(it) || !test(ctx, it->planned.key))
            continue;
        d->items++;
        d->size_bytes += it->planned.size_bytes;
        flow_forsake(f, it);
    }
}

flow_dropped flow_drop(flow *f, flow_key_test *test, void *ctx, bool begun)
{
    flow_dropped d = {0};
    drop_rows(f, test, ctx, &d);
    if (begun) {
        drop_waiting(f, test, ctx, &d);
        drop_items(f, test, ctx, &d);
        flow_pump(f);
    }
    return d;
}

void flow_each_key(const flow *f, bool begun, void (*each)(void *ctx, const char *key), void *ctx)
{
    for (size_t row = f->cursor; !begun && row < f->row_count; row++)
        each(ctx, row_object(f, row)->key);
    if (!begun)
        return;
    LIST_EACH (it, &f->live, item, live)
        each(ctx, it->planned.key);
    LIST_EACH (it, &f->again, item, queued)
        each(ctx, it->planned.key);
    if (f->next_item)
        each(ctx, f->next_item->planned.key);
}
