#include "base/array.h"
#include "base/util.h"
#include "detection/table/ngram_numbers.h"

#define RANGE_LEAST ((size_t)1 << 20)
#define RANGE_MOST  ((size_t)1 << 24)

typedef struct ranged_row {
    uint32_t low, high; /* of the hash */
    uint32_t row;
} ranged_row;

/* A row whose n-gram is not new, and the first row with that n-gram. */
typedef struct repeat {
    uint32_t row, first;
} repeat;

/* While a table is filled. */
typedef struct filling {
    ngram_numbers *n;
    const ngram_rows *rows;
    ngram_table *t;
    size_t from, to;      /* buckets of the range */
    ranged_row *in_range; /* by bucket, each in ascending order */
    size_t capacity;
    uint32_t *ends; /* by bucket of the range: where its next row goes */
    size_t end_capacity;
    repeat *repeats;
    size_t repeat_count, repeat_capacity;
} filling;

static void count_buckets(filling *f)
{
    for (size_t i = 0; i < f->rows->count; i++)
        f->t->starts[ngram_table_bucket(f->t, ngram_rows_at(f->rows, i))]++;
}

/* The next buckets with at most `most` rows, or one. */
static void choose_range(filling *f, size_t most)
{
    uint32_t total = 0;
    f->from = f->to;
    while (f->to < f->t->bucket_count &&
           (f->to == f->from || total + f->t->starts[f->to] <= most)) {
        ARRAY_RESERVE(f->ends, f->end_capacity, f->to - f->from + 1);
        f->ends[f->to - f->from] = total;
        total += f->t->starts[f->to++];
    }
    ARRAY_RESERVE(f->in_range, f->capacity, (size_t)total + 1);
}

static void scatter(filling *f)
{
    for (size_t i = 0; i < f->rows->count; i++) {
        uint64_t hash = ngram_rows_at(f->rows, i);
        size_t bucket = ngram_table_bucket(f->t, hash);
        if (bucket >= f->from && bucket < f->to)
            f->in_range[f->ends[bucket - f->from]++] =
                (ranged_row){(uint32_t)hash, (uint32_t)(hash >> 32), (uint32_t)i};
    }
}

/* An entry for each distinct hash; its id is the first row for now. */
static void take_row(filling *f, uint32_t first_entry, const ranged_row *p)
{
    ngram_table *t = f->t;
    uint64_t hash = (uint64_t)p->high << 32 | p->low;
    uint32_t entry = ngram_table_search(t, first_entry, t->count, hash);
    if (entry == t->count) {
        ngram_table_put(t, t->count++, hash, p->row);
        rank_bits_set(&f->n->first, p->row);
        return;
    }
    *ARRAY_PUSH(f->repeats, f->repeat_count, f->repeat_capacity) =
        (repeat){.row = p->row, .first = ngram_table_id(t, entry)};
}

static void take_range(filling *f)
{
    const ranged_row *p = f->in_range;
    for (size_t bucket = f->from; bucket < f->to; bucket++) {
        uint32_t first = f->t->count;
        f->t->starts[bucket] = first;
        for (const ranged_row *end = f->in_range + f->ends[bucket - f->from]; p < end; p++)
            take_row(f, first, p);
    }
}

static void number_entries(ngram_numbers *n, ngram_table *t)
{
    rank_bits_count(&n->first);
    for (uint32_t i = 0; i < t->count; i++)
        ngram_table_set_id(t, i, rank_bits_below(&n->first, ngram_table_id(t, i)));
}

static void number_repeats(const filling *f)
{
    ngram_numbers *n = f->n;
    n->repeats = xcalloc(f->repeat_count + 1, sizeof *n->repeats);
    for (size_t i = 0; i < f->repeat_count; i++) {
        const repeat *r = &f->repeats[i];
        n->repeats[r->row - rank_bits_below(&n->first, r->row)] =
            rank_bits_below(&n->first, r->first);
    }
}

void ngram_numbers_make(ngram_numbers *n, const ngram_rows *rows, size_t range_most, ngram_table *t)
{
    filling f = {.n = n, .rows = rows, .t = t};
    *n = (ngram_numbers){0};
    rank_bits_init(&n->first, rows->count);
    ngram_table_init(t, rows->count);
    ngram_table_reserve(t, rows->count);
    count_buckets(&f);
    if (range_most == 0)
        range_most = MIN(MAX(rows->count / 4, RANGE_LEAST), RANGE_MOST);
    while (f.to < t->bucket_count) {
        choose_range(&f, range_most);
        scatter(&f);
        take_range(&f);
    }
    t->starts[t->bucket_count] = t->count;
    free(f.in_range);
    free(f.ends);
    number_entries(n, t);
    ngram_table_trim(t);
    number_repeats(&f);
    free(f.repeats);
}

void ngram_numbers_deinit(ngram_numbers *n)
{
    rank_bits_deinit(&n->first);
    free(n->repeats);
    *n = (ngram_numbers){0};
}
