#include "base/util.h"
#include "detection/table/instance_set.h"

#include "detection/table/hash.h"

#define SLOTS_AT_FIRST 1024

void instance_set_deinit(instance_set *s)
{
    free(s->slots);
    *s = (instance_set){0};
}

static uint64_t *find_slot(uint64_t *slots, size_t slot_count, uint64_t key)
{
    size_t at = (size_t)key & (slot_count - 1);
    while (slots[at] && slots[at] != key)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void grow(instance_set *s)
{
    size_t slot_count = s->slot_count ? s->slot_count * 2 : SLOTS_AT_FIRST;
    uint64_t *slots = xcalloc(slot_count, sizeof *slots);
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i])
            *find_slot(slots, slot_count, s->slots[i]) = s->slots[i];
    free(s->slots);
    s->slots = slots;
    s->slot_count = slot_count;
}

static uint64_t key_of(slice eval, slice split, uint64_t instance)
{
    uint64_t key = hash_bytes(eval.len ? eval.data : "", eval.len, instance);
    key = hash_bytes(split.len ? split.data : "", split.len, key);
    return key ? key : 1;
}

bool instance_set_has(const instance_set *s, slice eval, slice split, uint64_t instance)
{
    return s->slot_count > 0 && *find_slot(s->slots, s->slot_count, key_of(eval, split, instance));
}

bool instance_set_add(instance_set *s, slice eval, slice split, uint64_t instance)
{
    if (s->count * 2 >= s->slot_count)
        grow(s);
    uint64_t key = key_of(eval, split, instance);
    uint64_t *slot = find_slot(s->slots, s->slot_count, key);
    if (*slot == key)
        return false;
    if (s->count == INSTANCE_SET_MAX) {
        s->full = true;
        return false;
    }
    *slot = key;
    s->count++;
    return true;
}
