#include "base/util.h"
#include "detection/table/key_set.h"

#include "detection/table/hash.h"

#define LEAST_SLOTS 256

void key_set_deinit(key_set *s)
{
    free(s->slots);
    *s = (key_set){0};
}

/* The memory of the slots is kept, their number starts small for each document. */
void key_set_clear(key_set *s)
{
    if (s->capacity == 0)
        s->slots = xcalloc(s->capacity = LEAST_SLOTS, sizeof *s->slots);
    else if (s->count > 0)
        memset(s->slots, 0, s->slot_count * sizeof *s->slots);
    s->slot_count = LEAST_SLOTS;
    s->count = 0;
}

static uint64_t *place_of(const key_set *s, uint64_t key)
{
    size_t mask = s->slot_count - 1;
    size_t i = hash_mix(key, UINT64_C(0x9E3779B97F4A7C15)) & mask;
    while (s->slots[i] && s->slots[i] != key)
        i = (i + 1) & mask;
    return &s->slots[i];
}

static void grow(key_set *s)
{
    uint64_t *old = s->slots;
    size_t count = s->slot_count;
    s->slot_count = s->capacity = 2 * count;
    s->slots = xcalloc(s->capacity, sizeof *s->slots);
    for (size_t i = 0; i < count; i++)
        if (old[i])
            *place_of(s, old[i]) = old[i];
    free(old);
}

bool key_set_add(key_set *s, uint64_t key)
{
    key = MAX(key, UINT64_C(1));
    if (s->slot_count == 0)
        key_set_clear(s);
    uint64_t *place = place_of(s, key);
    if (*place)
        return false;
    *place = key;
    if (++s->count * 2 > s->slot_count)
        grow(s);
    return true;
}

bool key_set_has(const key_set *s, uint64_t key)
{
    return s->count > 0 && *place_of(s, MAX(key, UINT64_C(1))) != 0;
}
