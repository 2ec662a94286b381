/* Numbers the distinct n-grams of rows in the order of their first row.
 *
 * What:    fills a table from the hashes of rows; then the id of each place can be read, in order.
 *          A row whose n-gram is new takes one bit, any other row 4 more bytes.
 * Owner:   an embedded value; ngram_numbers_make / ngram_numbers_deinit.
 * Threads: one.
 * Fails:   never.
 *
 * Hashes are sorted one range of buckets after the other, so that only one range is in memory in
 * addition to the rows and the table.
 */
#ifndef DETECTION_TABLE_NGRAM_NUMBERS_H
#define DETECTION_TABLE_NGRAM_NUMBERS_H

#include "detection/table/ngram_rows.h"
#include "detection/table/ngram_table.h"
#include "detection/table/rank_bits.h"

typedef struct ngram_numbers {
    rank_bits first;   /* by row: its n-gram is new */
    uint32_t *repeats; /* ids of the other rows, in their order */
} ngram_numbers;

/* `range_most`: rows of one range (more only if one bucket has more), 0: chosen by the number of
 * rows. `t` is
 * initialised here. */
void ngram_numbers_make(ngram_numbers *n, const ngram_rows *rows, size_t range_most,
                        ngram_table *t);
void ngram_numbers_deinit(ngram_numbers *n);
DEFINE_AUTO(ngram_numbers, ngram_numbers_deinit)

static inline uint32_t ngram_numbers_id(const ngram_numbers *n, size_t row)
{
    uint32_t below = rank_bits_below(&n->first, row);
    return rank_bits_has(&n->first, row) ? below : n->repeats[row - below];
}

/* Reads all places in their order. */
typedef struct number_reader {
    const ngram_numbers *numbers;
    row_reader places;
    uint32_t next_id;
    size_t repeat;
} number_reader;

/* The id at the next place, and its row. */
static inline uint32_t number_reader_next_row(number_reader *r, size_t *row)
{
    const ngram_numbers *n = r->numbers;
    bool is_repeat;
    *row = row_reader_next(&r->places, &is_repeat);
    if (is_repeat)
        return ngram_numbers_id(n, *row);
    return rank_bits_has(&n->first, *row) ? r->next_id++ : n->repeats[r->repeat++];
}
static inline uint32_t number_reader_next(number_reader *r)
{
    size_t row;
    return number_reader_next_row(r, &row);
}

#endif
