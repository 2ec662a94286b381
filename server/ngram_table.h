/* N-grams to small numbers: the first, second, third, .. distinct one that was put in.
 *
 * What:    a flat open-addressing table from a 64-bit hash of (length, tokens) to an id; n-grams
 *          of equal hash count as equal. One id space for all lengths and kinds.
 * Owner:   ngram_table_init / _deinit.
 * Threads: ngram_table_add by one thread, before any other use; then ngram_table_find by all.
 * Fails:   never.
 */
#ifndef SERVER_NGRAM_TABLE_H
#define SERVER_NGRAM_TABLE_H

#include "base/util.h"

#define NGRAM_UNKNOWN UINT32_MAX

typedef struct ngram_table {
    uint64_t *hashes; /* 0: a free slot */
    uint32_t *ids;
    size_t slot_count; /* a power of two */
    uint32_t count;
} ngram_table;

void ngram_table_init(ngram_table *t);
void ngram_table_deinit(ngram_table *t);
DEFINE_AUTO(ngram_table, ngram_table_deinit)

uint32_t ngram_table_add(ngram_table *t, const uint32_t *tokens, size_t n);
/* NGRAM_UNKNOWN where it was not put in. */
uint32_t ngram_table_find(const ngram_table *t, const uint32_t *tokens, size_t n);

#endif
