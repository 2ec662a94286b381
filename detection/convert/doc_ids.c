#include "base/util.h"
#include "detection/convert/doc_ids.h"

#include "detection/table/hash.h"

#define SLOTS_AT_FIRST 1024

void doc_ids_deinit(doc_ids *d)
{
    free(d->slots);
    *d = (doc_ids){0};
}

static doc_place *find_slot(doc_place *slots, size_t slot_count, uint64_t doc_id)
{
    size_t at = (size_t)hash_bytes(&doc_id, sizeof doc_id, 0) & (slot_count - 1);
    while (slots[at].line && slots[at].doc_id != doc_id)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void grow(doc_ids *d)
{
    size_t slot_count = d->slot_count ? d->slot_count * 2 : SLOTS_AT_FIRST;
    doc_place *slots = xcalloc(slot_count, sizeof *slots);
    for (size_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].line)
            *find_slot(slots, slot_count, d->slots[i].doc_id) = d->slots[i];
    free(d->slots);
    d->slots = slots;
    d->slot_count = slot_count;
}

const doc_place *doc_ids_add(doc_ids *d, uint64_t doc_id, size_t file, uint64_t line)
{
    if (d->count * 2 >= d->slot_count)
        grow(d);
    doc_place *slot = find_slot(d->slots, d->slot_count, doc_id);
    if (slot->line)
        return slot;
    *slot = (doc_place){.doc_id = doc_id, .line = line, .file = file};
    d->count++;
    d->highest = MAX(d->highest, doc_id);
    return NULL;
}
