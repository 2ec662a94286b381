/* Numbers the distinct n-grams of rows: the id of an n-gram is its first row.
 *
 * What:    makes a table from the hashes of rows, and a filter of those that occur in questions; then
 *          the id of each place can be read, in order. A row whose n-gram is not new takes 4 more bytes.
 * Owner:   an embedded value; ngram_numbers_make / ngram_numbers_deinit.
 * Threads: one calls; it and `helpers` further threads, which end before the return, work on ranges of
 *          hashes (ngram_rows.h). The result does not depend on their number.
 * Fails:   never.
 *
 * A range of hashes is sorted by bucket, then freed, so that rows and table together take hardly more
 * memory than the rows.
 */
#ifndef DETECTION_TABLE_NGRAM_NUMBERS_H
#define DETECTION_TABLE_NGRAM_NUMBERS_H

#include "detection/table/ngram_rows.h"
#include "detection/table/ngram_table.h"
#include "detection/table/rank_bits.h"

typedef struct ngram_numbers {
    rank_bits again;   /* by row: its n-gram has an earlier row */
    uint32_t *repeats; /* the first rows of those, in their order */
} ngram_numbers;

/* `t` and `in_questions` are initialised here; hashes of `rows` are freed. */
void ngram_numbers_make(ngram_numbers *n, ngram_rows *rows, unsigned helpers, ngram_table *t,
                        ngram_filter *in_questions);
void ngram_numbers_deinit(ngram_numbers *n);
DEFINE_AUTO(ngram_numbers, ngram_numbers_deinit)

/* Reads all places in their order. */
typedef struct number_reader {
    const ngram_numbers *numbers;
    row_reader places;
    size_t repeat;
} number_reader;

/* The id at the next place. */
static inline uint32_t number_reader_next(number_reader *r)
{
    const ngram_numbers *n = r->numbers;
    bool is_repeat;
    size_t row = row_reader_next(&r->places, &is_repeat);
    if (!rank_bits_has(&n->again, row))
        return (uint32_t)row;
    return n->repeats[is_repeat ? rank_bits_below(&n->again, row) : r->repeat++];
}

#endif
