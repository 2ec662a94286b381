/* Hashes of n-grams in the order in which they were added.
 *
 * What:    each place is an added n-gram. An n-gram that was added recently before refers to its
 *          earlier row; any other gets a new row. The hashes of rows are kept by range, the upper bits
 *          of a hash, in ascending order of rows, in blocks that the system takes back when they are
 *          freed.
 * Owner:   an embedded value, zero-initialised; ngram_rows_deinit.
 * Threads: one; ranges are independent of each other once nothing is added any more.
 * Fails:   never; the program ends when memory is exhausted, or after 2^32 - 2 n-grams.
 */
#ifndef DETECTION_TABLE_NGRAM_ROWS_H
#define DETECTION_TABLE_NGRAM_ROWS_H

#include "base/util.h"

#define NGRAM_RANGE_BITS 8
#define NGRAM_RANGES     ((size_t)1 << NGRAM_RANGE_BITS)
#define NGRAM_ROWS_BLOCK ((size_t)1 << 14) /* rows */

typedef struct ngram_row {
    uint32_t low, high; /* of the hash */
    uint32_t row;
} ngram_row;

typedef struct ngram_range {
    ngram_row **blocks;
    size_t block_count, block_capacity;
    size_t count; /* rows */
} ngram_range;

typedef struct ngram_rows {
    ngram_range ranges[NGRAM_RANGES];
    size_t count;          /* rows */
    uint64_t *in_question; /* by row, a bit each */
    size_t question_capacity;
    uint64_t *is_repeat; /* by place, a bit each: it refers to a row */
    size_t place_count, word_capacity;
    uint32_t *repeats; /* rows of those places, in their order */
    size_t repeat_count, repeat_capacity;
    struct recent_ngram *recent; /* by hash */
} ngram_rows;

void ngram_rows_deinit(ngram_rows *r);
DEFINE_AUTO(ngram_rows, ngram_rows_deinit)
void ngram_rows_add(ngram_rows *r, const uint64_t *hashes, size_t count, bool in_question);
/* The number of rows of questions. */
size_t ngram_rows_in_questions(const ngram_rows *r);
/* Frees the hashes of a range. */
void ngram_range_free(ngram_range *range);

static inline ngram_row ngram_range_at(const ngram_range *range, size_t i)
{
    return range->blocks[i / NGRAM_ROWS_BLOCK][i % NGRAM_ROWS_BLOCK];
}

static inline uint64_t ngram_row_hash(ngram_row row)
{
    return (uint64_t)row.high << 32 | row.low;
}

static inline bool ngram_rows_is_in_question(const ngram_rows *r, size_t row)
{
    return r->in_question[row / 64] >> row % 64 & 1;
}

/* Reads all places in their order; hashes are not needed for it. */
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
