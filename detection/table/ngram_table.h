/* Maps n-grams to numbers, in the order of insertion.
 *
 * What:    a constant table from a 64-bit hash of (length, tokens) to an id; n-grams of equal hash
 *          count as equal. One id space for all lengths and kinds. The upper bits of a hash select
 *          its bucket. An entry consists of the other bits and the id, and no slot is unused: about
 *          10 bytes per n-gram. A filter with a few bits per n-gram rejects most n-grams that are
 *          not in the table.
 * Owner:   ngram_table_init / _deinit, ngram_filter_init / _deinit.
 * Threads: making (ngram_numbers.h) by one thread, before any other use; then the rest by all.
 * Fails:   never.
 */
#ifndef DETECTION_TABLE_NGRAM_TABLE_H
#define DETECTION_TABLE_NGRAM_TABLE_H

#include <endian.h>
#include <string.h>

#include "base/util.h"
#include "detection/table/hash.h"

#define NGRAM_UNKNOWN UINT32_MAX
/* Buckets, and words of the filter, of one range of hashes (ngram_rows.h) are apart from those of others. */
#define NGRAM_BUCKET_BITS_LEAST 8
#define NGRAM_FILTER_BITS_LEAST 14

typedef struct ngram_table {
    unsigned char *entries; /* of all buckets, one after the other, and 8 more bytes */
    uint32_t *starts;       /* by bucket, and one more: index of its first entry */
    size_t bucket_count;    /* a power of two */
    unsigned shift;         /* hash >> shift is the bucket */
    unsigned rest_bytes;    /* of a hash in an entry; the id follows */
    uint64_t rest_mask;
    uint32_t count;
    size_t capacity; /* entries that memory is reserved for */
} ngram_table;

/* Without entries; `count`: about as many will follow. */
void ngram_table_init(ngram_table *t, size_t count);
void ngram_table_deinit(ngram_table *t);
DEFINE_AUTO(ngram_table, ngram_table_deinit)

static inline uint64_t ngram_hash(const uint32_t *tokens, size_t n)
{
    uint64_t h = hash_start(n * sizeof *tokens, UINT64_C(0x5851F42D4C957F2D)), two = 0;
    for (; n >= 2; tokens += 2, n -= 2) {
        memcpy(&two, tokens, sizeof two);
        h = hash_more(h, two);
    }
    return hash_end(h, n > 0 ? *tokens : 0);
}

static inline size_t ngram_table_bucket(const ngram_table *t, uint64_t hash)
{
    return (size_t)(hash >> t->shift);
}
static inline size_t ngram_table_entry_bytes(const ngram_table *t)
{
    return t->rest_bytes + sizeof(uint32_t);
}
/* For ngram_numbers.h: the entries' memory, for at most `count`, before the first entry; an entry, and its id. */
void ngram_table_reserve(ngram_table *t, size_t count);
void ngram_table_put(ngram_table *t, uint32_t entry, uint64_t hash, uint32_t id);
uint32_t ngram_table_id(const ngram_table *t, uint32_t entry);
void ngram_table_set_id(ngram_table *t, uint32_t entry, uint32_t id);
/* Gives memory that was reserved beyond the entries back to the system. */
void ngram_table_trim(ngram_table *t);

/* The entry of the hash among those from `first` up to `end`, all of its bucket; or `end`. */
static inline uint32_t ngram_table_search(const ngram_table *t, uint32_t first, uint32_t end,
                                          uint64_t hash)
{
    size_t bytes = ngram_table_entry_bytes(t);
    const unsigned char *at = t->entries + first * bytes;
    for (; first < end; first++, at += bytes) {
        uint64_t rest;
        memcpy(&rest, at, sizeof rest);
        if (((le64toh(rest) ^ hash) & t->rest_mask) == 0)
            break;
    }
    return first;
}

/* Before a look-up, in this order and some time apart: so that it does not wait for memory. */
static inline void ngram_table_prefetch_start(const ngram_table *t, uint64_t hash)
{
    __builtin_prefetch(&t->starts[ngram_table_bucket(t, hash)]);
}
static inline void ngram_table_prefetch_entries(const ngram_table *t, uint64_t hash)
{
    const unsigned char *at =
        t->entries + t->starts[ngram_table_bucket(t, hash)] * ngram_table_entry_bytes(t);
    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
}

/* NGRAM_UNKNOWN if it was not added. */
uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n);
uint32_t ngram_table_find_hash(const ngram_table *t, uint64_t hash);

/* One bit for each hash, 16 to 32 bits for each n-gram (fewer from 2^27 n-grams on): of those that
 * were not added, one in 16 to 32 passes. */
typedef struct ngram_filter {
    uint64_t *words;
    unsigned shift; /* hash >> shift is the bit number */
} ngram_filter;

void ngram_filter_init(ngram_filter *f, size_t count);
void ngram_filter_deinit(ngram_filter *f);

static inline void ngram_filter_add(ngram_filter *f, uint64_t hash)
{
    uint64_t bit = hash >> f->shift;
    f->words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static inline bool ngram_filter_may_have(const ngram_filter *f, uint64_t hash)
{
    uint64_t bit = hash >> f->shift;
    return f->words[bit / 64] >> bit % 64 & 1;
}

/* Prefetches what ngram_filter_may_have will read. */
static inline void ngram_filter_prefetch(const ngram_filter *f, uint64_t hash)
{
    __builtin_prefetch(&f->words[(hash >> f->shift) / 64]);
}

#endif
