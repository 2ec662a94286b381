/* Hashes of n-grams in the order in which they were added.
 *
 * What:    each place is an added n-gram. An n-gram that was added recently before refers to its
 *          earlier row; any other gets a new row, which contains its hash. Rows are stored in
 *          blocks of equal size, so that growth never copies them.
 * Owner:   an embedded value, zero-initialised; ngram_rows_deinit.
 * Threads: one.
 * Fails:   never; the program ends when memory is exhausted, or after 2^32 - 2 n-grams.
 */
#ifndef DETECTION_TABLE_NGRAM_ROWS_H
#define DETECTION_TABLE_NGRAM_ROWS_H

#include "base/util.h"

#define NGRAM_ROWS_BLOCK ((size_t)1 << 16) /* hashes */

typedef struct ngram_rows {
    uint64_t **blocks;
    size_t block_count, block_capacity;
    size_t count;        /* rows */
    uint64_t *is_repeat; /* by place, a bit each: it refers to a row */
    size_t place_count, word_capacity;
    uint32_t *repeats; /* rows of those places, in their order */
    size_t repeat_count, repeat_capacity;
    struct recent_ngram *recent; /* by hash */
} ngram_rows;

void ngram_rows_deinit(ngram_rows *r);
DEFINE_AUTO(ngram_rows, ngram_rows_deinit)
void ngram_rows_add(ngram_rows *r, const uint64_t *hashes, size_t count);

static inline uint64_t ngram_rows_at(const ngram_rows *r, size_t row)
{
    return r->blocks[row / NGRAM_ROWS_BLOCK][row % NGRAM_ROWS_BLOCK];
}

/* Reads all places in their order. */
typedef struct row_reader {
    const ngram_rows *rows;
    size_t place, row, repeat;
} row_reader;

/* The row of the next place. */
static inline size_t row_reader_next(row_reader *r, bool *is_repeat)
{
    const ngram_rows *rows = r->rows;
    *is_repeat = rows->is_repeat[r->place / 64] >> r->place % 64 & 1;
    r->place++;
    return *is_repeat ? rows->repeats[r->repeat++] : r->row++;
}

#endif
