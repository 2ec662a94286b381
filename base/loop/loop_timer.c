/* Timers: a binary heap by due time, then by the order in which they were started. */
#include "base/array.h"
#include "base/util.h"
#include "base/loop/loop_private.h"

static bool before(const timer *a, const timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(timer_heap *h, size_t index, timer *t)
{
    h->items[index] = t;
    t->index = index;
}

static void sift_up(timer_heap *h, size_t index, timer *t)
{
    while (index > 0 && before(t, h->items[(index - 1) / 2])) {
        place(h, index, h->items[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(h, index, t);
}

static void sift_down(timer_heap *h, size_t index, timer *t)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child + 1 < h->count && before(h->items[child + 1], h->items[child]))
            child++;
        if (child >= h->count || !before(h->items[child], t))
            break;
        place(h, index, h->items[child]);
        index = child;
    }
    place(h, index, t);
}

static void heap_remove(timer_heap *h, timer *t)
{
    size_t hole = t->index;
    timer *last = h->items[--h->count];
    if (last == t)
        return;
    if (hole > 0 && before(last, h->items[(hole - 1) / 2]))
        sift_up(h, hole, last);
    else
        sift_down(h, hole, last);
}

timer *loop_timer_start(transport *t, uint64_t delay_ms, void (*fire)(void *ctx), void *ctx)
{
    timer_heap *h = &((loop *)t)->timers;
    ARRAY_RESERVE(h->items, h->capacity, h->count + 1);
    uint64_t now_ms = loop_clock_ms();
    timer *started = xcalloc(1, sizeof *started);
    started->due_ms = delay_ms < UINT64_MAX - now_ms ? now_ms + delay_ms : UINT64_MAX - 1;
    started->order = h->orders++;
    started->fire = fire;
    started->ctx = ctx;
    sift_up(h, h->count++, started);
    return started;
}

void loop_timer_stop(transport *t, timer *pending)
{
    heap_remove(&((loop *)t)->timers, pending);
    free(pending);
}

void loop_timers_fire(loop *l)
{
    timer_heap *h = &l->timers;
    uint64_t now_ms = loop_clock_ms(), orders_before = h->orders;
    while (h->count && h->items[0]->due_ms <= now_ms && h->items[0]->order < orders_before) {
        timer *due = h->items[0];
        heap_remove(h, due);
        void (*fire)(void *) = due->fire;
        void *ctx = due->ctx;
        free(due);
        fire(ctx);
    }
}

uint64_t loop_timers_due_ms(const loop *l)
{
    return l->timers.count ? l->timers.items[0]->due_ms : UINT64_MAX;
}

void loop_timers_free(loop *l)
{
    for (size_t i = 0; i < l->timers.count; i++)
        free(l->timers.items[i]);
    free(l->timers.items);
    l->timers = (timer_heap){0};
}
