#include "base/array.h"
#include "base/util.h"
#include "detection/match/seen_map.h"

#include "detection/table/hash.h"

#define LEAST_SLOTS 64

void seen_map_deinit(seen_map *m)
{
    free(m->items);
    free(m->slots);
    *m = (seen_map){0};
}

static uint32_t *place_of(const seen_map *m, uint32_t id)
{
    size_t mask = m->slot_count - 1;
    size_t i = hash_mix(id ^ UINT64_C(0xD1B54A32D192ED03), UINT64_C(0x9E3779B97F4A7C15)) & mask;
    while (m->slots[i] != 0 && m->items[m->slots[i] - 1].id != id)
        i = (i + 1) & mask;
    return &m->slots[i];
}

/* The slots' memory is kept, their number starts small for each cluster. */
static void set_slots(seen_map *m, size_t count)
{
    m->slot_count = count;
    if (count > m->slot_capacity) {
        m->slot_capacity = count;
        free(m->slots);
        m->slots = xcalloc(count, sizeof *m->slots);
    } else {
        memset(m->slots, 0, count * sizeof *m->slots);
    }
    for (size_t i = 0; i < m->count; i++)
        *place_of(m, m->items[i].id) = (uint32_t)i + 1;
}

void seen_map_clear(seen_map *m)
{
    m->count = 0;
    set_slots(m, LEAST_SLOTS);
}

seen *seen_map_at(seen_map *m, uint32_t id)
{
    uint32_t *place = place_of(m, id);
    if (*place)
        return &m->items[*place - 1];
    ARRAY_RESERVE(m->items, m->capacity, m->count + 1);
    m->items[m->count] = (seen){.id = id, .left = SEEN_NOT, .right = SEEN_NOT};
    *place = (uint32_t)++m->count;
    if (m->count * 2 > m->slot_count)
        set_slots(m, m->slot_count * 2);
    return &m->items[m->count - 1];
}

static int compare_ids(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

void seen_map_sort(seen_map *m)
{
    if (m->count > 1)
        qsort(m->items, m->count, sizeof *m->items, compare_ids);
}
