#include "server/ngram_table.h"

#include "server/hash.h"

#define FIRST_SLOTS 4096

static uint64_t ngram_hash(const uint32_t *tokens, size_t n)
{
    uint64_t h = hash_bytes(tokens, n * sizeof *tokens, UINT64_C(0x5851F42D4C957F2D));
    return h ? h : 1;
}

void ngram_table_init(ngram_table *t)
{
    *t = (ngram_table){.hashes = xcalloc(FIRST_SLOTS, sizeof *t->hashes),
                       .ids = xcalloc(FIRST_SLOTS, sizeof *t->ids),
                       .slot_count = FIRST_SLOTS};
}

void ngram_table_deinit(ngram_table *t)
{
    free(t->hashes);
    free(t->ids);
    *t = (ngram_table){0};
}

/* The slot that holds the hash, or the free one where it belongs. */
static size_t find_slot(const uint64_t *hashes, size_t slot_count, uint64_t hash)
{
    size_t mask = slot_count - 1, i = hash & mask;
    while (hashes[i] != 0 && hashes[i] != hash)
        i = (i + 1) & mask;
    return i;
}

static void grow(ngram_table *t)
{
    ngram_table larger = {.hashes = xcalloc(t->slot_count * 2, sizeof *t->hashes),
                          .ids = xcalloc(t->slot_count * 2, sizeof *t->ids),
                          .slot_count = t->slot_count * 2,
                          .count = t->count};
    for (size_t i = 0; i < t->slot_count; i++) {
        if (t->hashes[i] == 0)
            continue;
        size_t slot = find_slot(larger.hashes, larger.slot_count, t->hashes[i]);
        larger.hashes[slot] = t->hashes[i];
        larger.ids[slot] = t->ids[i];
    }
    ngram_table_deinit(t);
    *t = larger;
}

uint32_t ngram_table_add(ngram_table *t, const uint32_t *tokens, size_t n)
{
    uint64_t hash = ngram_hash(tokens, n);
    size_t slot = find_slot(t->hashes, t->slot_count, hash);
    if (t->hashes[slot] == hash)
        return t->ids[slot];
    uint32_t id = t->count++;
    t->hashes[slot] = hash;
    t->ids[slot] = id;
    if ((size_t)t->count * 2 > t->slot_count)
        grow(t);
    return id;
}

uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n)
{
    uint64_t hash = ngram_hash(tokens, n);
    size_t slot = find_slot(t->hashes, t->slot_count, hash);
    return t->hashes[slot] == hash ? t->ids[slot] : NGRAM_UNKNOWN;
}
