#include "base/util.h"
#include "detection/table/ngram_table.h"

#include "detection/table/huge_pages.h"

#define FIRST_SLOTS         4096
#define FILTER_BITS_A_NGRAM 16

/* N-grams of so many slots. */
#define MOST(slots) ((slots) / 4 * 3)

void ngram_table_init(ngram_table *t)
{
    *t = (ngram_table){.hashes = xcalloc(MOST(FIRST_SLOTS) + 1, sizeof *t->hashes),
                       .slots = huge_calloc(FIRST_SLOTS, sizeof *t->slots),
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
        if (s->place == 0 || (s->hash == hash >> 32 && t->hashes[s->place - 1] == hash))
            return s;
    }
}

/* How many slots ahead of their use are prefetched. */
#define AHEAD 16

/* All hashes are different: each takes the next free slot. */
static void fill(ngram_table *t)
{
    size_t mask = t->slot_count - 1;
    for (uint32_t id = 0; id < t->count; id++) {
        if (id + AHEAD < t->count)
            ngram_table_prefetch(t, t->hashes[id + AHEAD]);
        uint64_t hash = t->hashes[id];
        size_t i = hash & mask;
        while (t->slots[i].place != 0)
            i = (i + 1) & mask;
        t->slots[i] = (ngram_slot){.hash = (uint32_t)(hash >> 32), .place = id + 1};
    }
}

static void grow(ngram_table *t)
{
    free(t->slots);
    t->slot_count *= 2;
    t->slots = huge_calloc(t->slot_count, sizeof *t->slots);
    t->hashes = xrealloc(t->hashes, (MOST(t->slot_count) + 1) * sizeof *t->hashes);
    fill(t);
}

void ngram_table_trim(ngram_table *t)
{
    t->hashes = xrealloc(t->hashes, ((size_t)t->count + 1) * sizeof *t->hashes);
}

uint32_t ngram_table_add_hash(ngram_table *t, uint64_t hash)
{
    ngram_slot *slot = find_slot(t, hash);
    if (slot->place != 0)
        return slot->place - 1;
    uint32_t id = t->count++;
    *slot = (ngram_slot){.hash = (uint32_t)(hash >> 32), .place = id + 1};
    t->hashes[id] = hash;
    if (t->count > MOST(t->slot_count))
        grow(t);
    return id;
}

uint32_t ngram_table_find_hash(const ngram_table *t, uint64_t hash)
{
    return find_slot(t, hash)->place - 1; /* NGRAM_UNKNOWN: a free slot */
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
