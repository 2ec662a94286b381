#include "base/array.h"
#include "base/util.h"
#include "detection/table/name_table.h"

#include "decon/base/buf.h"
#include "detection/table/hash.h"

void name_table_deinit(name_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->names[i]);
    free(t->names);
    free(t->slots);
    *t = (name_table){0};
}

static uint32_t *find_slot(const name_table *t, const char *name)
{
    size_t at = (size_t)hash_bytes(name, strlen(name), 0) & (t->slot_count - 1);
    while (t->slots[at] && !str_equal(t->names[t->slots[at] - 1], name))
        at = (at + 1) & (t->slot_count - 1);
    return &t->slots[at];
}

static void grow(name_table *t)
{
    ARRAY_RESERVE(t->names, t->capacity, MAX(t->count + 1, (size_t)64));
    for (t->slot_count = 128; t->slot_count < t->capacity * 2;)
        t->slot_count *= 2;
    free(t->slots);
    t->slots = xcalloc(t->slot_count, sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        *find_slot(t, t->names[i]) = (uint32_t)i + 1;
}

uint32_t name_table_number(name_table *t, const char *name)
{
    if (t->count == t->capacity)
        grow(t);
    uint32_t *slot = find_slot(t, name);
    if (*slot)
        return *slot - 1;
    t->names[t->count++] = xstrdup(name);
    *slot = (uint32_t)t->count;
    return *slot - 1;
}
