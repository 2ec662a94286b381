#include "base/util.h"
#include "detection/table/ngram_table.h"

#include "detection/table/huge_pages.h"

#define FIRST_SLOTS         4096
#define FILTER_BITS_A_NGRAM 16

static ngram_slot *slots_new(size_t count)
{
    ngram_slot *slots = huge_calloc(count, sizeof *slots);
    for (size_t i = 0; i < count; i++)
        slots[i].id = NGRAM_UNKNOWN;
    return slots;
}

void ngram_table_init(ngram_table *t)
{
    *t = (ngram_table){.hashes = xcalloc(FIRST_SLOTS / 2 + 1, sizeof *t->hashes),
                       .slots = slots_new(FIRST_SLOTS),
                       .slot_count = FIRST_SLOTS};
}

void ngram_table_deinit(ngram_table *t)
{
    free(t->hashes);
    free(t->slots);
    *t = (ngram_table){0};
}

/* The slot that holds the hash, or the free one where it belongs. */
static ngram_slot *find_slot(const ngram_table *t, uint64_t hash)
{
    size_t mask = t->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        ngram_slot *s = &t->slots[i];
        if (s->id == NGRAM_UNKNOWN || (s->hash == hash >> 32 && t->hashes[s->id] == hash))
            return s;
    }
}

static void grow(ngram_table *t)
{
    free(t->slots);
    t->slot_count *= 2;
    t->slots = slots_new(t->slot_count);
    t->hashes = xrealloc(t->hashes, (t->slot_count / 2 + 1) * sizeof *t->hashes);
    for (uint32_t id = 0; id < t->count; id++)
        *find_slot(t, t->hashes[id]) =
            (ngram_slot){.hash = (uint32_t)(t->hashes[id] >> 32), .id = id};
}

uint32_t ngram_table_add(ngram_table *t, const uint32_t *tokens, size_t n)
{
    uint64_t hash = ngram_hash(tokens, n);
    ngram_slot *slot = find_slot(t, hash);
    if (slot->id != NGRAM_UNKNOWN)
        return slot->id;
    uint32_t id = t->count++;
    *slot = (ngram_slot){.hash = (uint32_t)(hash >> 32), .id = id};
    t->hashes[id] = hash;
    if ((size_t)t->count * 2 > t->slot_count)
        grow(t);
    return id;
}

uint32_t ngram_table_find_hash(const ngram_table *t, uint64_t hash)
{
    return find_slot(t, hash)->id;
}

uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n)
{
    return ngram_table_find_hash(t, ngram_hash(tokens, n));
}

void ngram_filter_init(ngram_filter *f, size_t count)
{
    uint64_t bits = 1024;
    while (bits < count * FILTER_BITS_A_NGRAM)
        bits *= 2;
    *f = (ngram_filter){.words = huge_calloc(bits / 64, sizeof *f->words), .mask = bits - 1};
}

void ngram_filter_deinit(ngram_filter *f)
{
    free(f->words);
    *f = (ngram_filter){0};
}
