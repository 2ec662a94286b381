#include "base/util.h"
#include "detection/match/candidate_groups.h"

void candidate_groups_deinit(candidate_groups *g)
{
    free(g->members);
    free(g->place_of);
    free(g->group_of);
    free(g->groups);
    free(g->split);
    *g = (candidate_groups){0};
}

static void make_room(candidate_groups *g, size_t count)
{
    if (count <= g->capacity)
        return;
    g->capacity = MAX(count, g->capacity * 2);
    g->members = xrealloc(g->members, g->capacity * sizeof *g->members);
    g->place_of = xrealloc(g->place_of, g->capacity * sizeof *g->place_of);
    g->group_of = xrealloc(g->group_of, g->capacity * sizeof *g->group_of);
    g->groups = xrealloc(g->groups, g->capacity * sizeof *g->groups);
    g->split = xrealloc(g->split, g->capacity * sizeof *g->split);
}

void candidate_groups_begin(candidate_groups *g, record_list records, size_t seed)
{
    make_room(g, records.count);
    g->records = records;
    for (uint32_t i = 0; i < records.count; i++) {
        g->members[i] = g->place_of[i] = i;
        g->group_of[i] = 0;
    }
    g->groups[0] = (candidate_group){.count = (uint32_t)records.count,
                                     .lo = seed,
                                     .hi = seed,
                                     .left_end = seed,
                                     .right_end = seed};
    g->count = 1;
}

/* The first place from `from` on whose record is not below `record`: steps that double, then a
 * binary search. */
static size_t advance(record_list docs, size_t from, uint32_t record)
{
    size_t step = 1, low = from;
    while (low < docs.count && docs.records[low] < record) {
        from = low + 1;
        low += step;
        step *= 2;
    }
    size_t high = MIN(low, docs.count);
    while (from < high) {
        size_t middle = (from + high) / 2;
        if (docs.records[middle] < record)
            from = middle + 1;
        else
            high = middle;
    }
    return from;
}

void candidate_groups_each_in(const candidate_groups *g, record_list docs,
                              void (*each)(void *ctx, uint32_t candidate), void *ctx)
{
    record_list own = g->records;
    for (size_t i = 0, k = 0; i < own.count && k < docs.count;) {
        if (own.records[i] < docs.records[k]) {
            i = advance(own, i, docs.records[k]);
        } else if (own.records[i] > docs.records[k]) {
            k = advance(docs, k, own.records[i]);
        } else {
            each(ctx, (uint32_t)i);
            i++;
            k++;
        }
    }
}

/* While groups are split. */
typedef struct splitting {
    candidate_groups *g;
    size_t count; /* of `split` */
} splitting;

/* The candidate moves to the front of its group. */
static void touch(void *ctx, uint32_t candidate)
{
    splitting *s = ctx;
    candidate_groups *g = s->g;
    candidate_group *own = &g->groups[g->group_of[candidate]];
    if (!own->active)
        return;
    if (own->touched == 0)
        g->split[s->count++] = g->group_of[candidate];
    uint32_t to = own->first + own->touched++, from = g->place_of[candidate];
    uint32_t other = g->members[to];
    g->members[from] = other;
    g->place_of[other] = from;
    g->members[to] = candidate;
    g->place_of[candidate] = to;
}

/* The touched members become a separate group. */
static void split(candidate_groups *g, candidate_group *old)
{
    candidate_group *made = &g->groups[g->count];
    *made = *old;
    made->count = old->touched;
    old->first += old->touched;
    old->count -= old->touched;
    for (uint32_t i = 0; i < made->count; i++)
        g->group_of[g->members[made->first + i]] = (uint32_t)g->count;
    made->touched = 0;
    g->count++;
}

void candidate_groups_refine(candidate_groups *g, record_list docs)
{
    splitting s = {.g = g};
    candidate_groups_each_in(g, docs, touch, &s);
    for (size_t i = 0; i < s.count; i++) {
        candidate_group *touched = &g->groups[g->split[i]];
        if (touched->touched < touched->count)
            split(g, touched);
        touched->touched = 0;
    }
}
