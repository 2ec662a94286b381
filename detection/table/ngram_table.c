#include "base/util.h"
#include "detection/table/ngram_table.h"

#include "detection/table/huge_pages.h"

#define BUCKET_ENTRIES      12 /* at most, on average */
#define FILTER_BITS_A_NGRAM 16
#define FILTER_BITS_MOST    31 /* of a bit number */

void ngram_table_init(ngram_table *t, size_t count)
{
    unsigned bits = NGRAM_BUCKET_BITS_LEAST;
    while (count >> bits > BUCKET_ENTRIES)
        bits++;
    *t = (ngram_table){.bucket_count = (size_t)1 << bits,
                       .shift = 64 - bits,
                       .rest_bytes = (64 - bits + 7) / 8,
                       .rest_mask = UINT64_MAX >> bits};
    t->starts = huge_calloc(t->bucket_count + 1, sizeof *t->starts);
    ngram_table_reserve(t, 0);
}

void ngram_table_deinit(ngram_table *t)
{
    free(t->entries);
    free(t->starts);
    *t = (ngram_table){0};
}

static size_t bytes_of(const ngram_table *t, size_t count)
{
    return count * ngram_table_entry_bytes(t) + sizeof(uint64_t);
}

void ngram_table_reserve(ngram_table *t, size_t count)
{
    free(t->entries);
    t->entries = huge_alloc(bytes_of(t, count));
    t->capacity = count;
}

void ngram_table_trim(ngram_table *t)
{
    huge_cut(t->entries, bytes_of(t, t->count), bytes_of(t, t->capacity));
}

void ngram_table_put(ngram_table *t, uint32_t entry, uint64_t hash, uint32_t id)
{
    unsigned char *at = t->entries + entry * ngram_table_entry_bytes(t);
    uint64_t rest = htole64(hash);
    memcpy(at, &rest, t->rest_bytes);
    ngram_table_set_id(t, entry, id);
}

void ngram_table_set_id(ngram_table *t, uint32_t entry, uint32_t id)
{
    memcpy(t->entries + entry * ngram_table_entry_bytes(t) + t->rest_bytes, &id, sizeof id);
}

uint32_t ngram_table_id(const ngram_table *t, uint32_t entry)
{
    uint32_t id;
    memcpy(&id, t->entries + entry * ngram_table_entry_bytes(t) + t->rest_bytes, sizeof id);
    return id;
}

uint32_t ngram_table_find_hash(const ngram_table *t, uint64_t hash)
{
    size_t bucket = ngram_table_bucket(t, hash);
    uint32_t end = t->starts[bucket + 1];
    uint32_t entry = ngram_table_search(t, t->starts[bucket], end, hash);
    return entry < end ? ngram_table_id(t, entry) : NGRAM_UNKNOWN;
}

uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n)
{
    return ngram_table_find_hash(t, ngram_hash(tokens, n));
}

void ngram_filter_init(ngram_filter *f, size_t count)
{
    unsigned bits = NGRAM_FILTER_BITS_LEAST;
    while (UINT64_C(1) << bits < count * FILTER_BITS_A_NGRAM && bits < FILTER_BITS_MOST)
        bits++;
    *f = (ngram_filter){.words = huge_calloc((size_t)1 << (bits - 6), sizeof *f->words),
                        .shift = 64 - bits};
}

void ngram_filter_deinit(ngram_filter *f)
{
    free(f->words);
    *f = (ngram_filter){0};
}
