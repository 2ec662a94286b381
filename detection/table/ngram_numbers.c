#include "base/array.h"
#include "base/util.h"
#include "detection/table/ngram_numbers.h"

#include <pthread.h>

#define HELPERS_MOST 32

/* A row whose n-gram is not new, and the first row with that n-gram. */
typedef struct repeat {
    uint32_t row, first;
} repeat;

/* What one range becomes: its entries, in the table's form, and its repeats. */
typedef struct range_result {
    ngram_table part; /* of the whole table: entries of this range only */
    repeat *repeats;
    size_t repeat_count, repeat_capacity;
    bool is_done; /* guarded by the filling's lock */
} range_result;

typedef struct filling {
    ngram_rows *rows;
    ngram_table *t;
    ngram_table empty; /* as `t`, without entries */
    ngram_filter *in_questions;
    range_result results[NGRAM_RANGES];
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t next; /* range, guarded by the lock */
} filling;

/* Memory of one thread. */
typedef struct scatter {
    ngram_row *rows; /* by bucket, each in ascending order */
    uint32_t *ends;  /* by bucket of the range: where its next row goes */
    size_t capacity, end_capacity;
} scatter;

static void scatter_deinit(scatter *s)
{
    free(s->rows);
    free(s->ends);
}

/* By bucket; `first` is the range's first bucket. */
static void put_in_order(scatter *s, const ngram_table *t, const ngram_range *range, size_t first,
                         size_t buckets)
{
    ARRAY_RESERVE(s->rows, s->capacity, range->count + 1);
    ARRAY_RESERVE(s->ends, s->end_capacity, buckets + 1);
    memset(s->ends, 0, (buckets + 1) * sizeof *s->ends);
    for (size_t i = 0; i < range->count; i++)
        s->ends[ngram_table_bucket(t, ngram_row_hash(ngram_range_at(range, i))) - first + 1]++;
    for (size_t i = 1; i <= buckets; i++)
        s->ends[i] += s->ends[i - 1];
    for (size_t i = 0; i < range->count; i++) {
        ngram_row row = ngram_range_at(range, i);
        s->rows[s->ends[ngram_table_bucket(t, ngram_row_hash(row)) - first]++] = row;
    }
}

/* An entry for each distinct hash; its id is the first row. */
static void take_row(const filling *f, range_result *out, uint32_t first_entry, ngram_row row)
{
    ngram_table *part = &out->part;
    uint64_t hash = ngram_row_hash(row);
    uint32_t entry = ngram_table_search(part, first_entry, part->count, hash);
    if (ngram_rows_is_in_question(f->rows, row.row))
        ngram_filter_add(f->in_questions, hash);
    if (entry == part->count)
        ngram_table_put(part, part->count++, hash, row.row);
    else
        *ARRAY_PUSH(out->repeats, out->repeat_count, out->repeat_capacity) =
            (repeat){.row = row.row, .first = ngram_table_id(part, entry)};
}

/* Starts of buckets are those in the range for now. */
static void take_range(filling *f, scatter *s, size_t number)
{
    ngram_range *range = &f->rows->ranges[number];
    range_result *out = &f->results[number];
    size_t buckets = f->empty.bucket_count / NGRAM_RANGES, first = number * buckets;
    put_in_order(s, &f->empty, range, first, buckets);
    out->part = f->empty;
    ngram_table_reserve(&out->part, range->count);
    ngram_range_free(range);
    const ngram_row *row = s->rows;
    for (size_t i = 0; i < buckets; i++) {
        uint32_t entry = f->empty.starts[first + i] = out->part.count;
        for (const ngram_row *end = s->rows + s->ends[i]; row < end; row++)
            take_row(f, out, entry, *row);
    }
}

/* --- threads --- */

/* Takes the next range that no thread works on, or NGRAM_RANGES. */
static size_t next_range(filling *f)
{
    pthread_mutex_lock(&f->lock);
    size_t number = f->next < NGRAM_RANGES ? f->next++ : NGRAM_RANGES;
    pthread_mutex_unlock(&f->lock);
    return number;
}

static void finish_range(filling *f, size_t number)
{
    pthread_mutex_lock(&f->lock);
    f->results[number].is_done = true;
    pthread_cond_signal(&f->done);
    pthread_mutex_unlock(&f->lock);
}

static void *helper_main(void *arg)
{
    filling *f = arg;
    scatter s = {0};
    for (size_t number; (number = next_range(f)) < NGRAM_RANGES;) {
        take_range(f, &s, number);
        finish_range(f, number);
    }
    scatter_deinit(&s);
    return NULL;
}

static bool is_done(filling *f, size_t number)
{
    pthread_mutex_lock(&f->lock);
    bool done = f->results[number].is_done;
    pthread_mutex_unlock(&f->lock);
    return done;
}

/* Works on other ranges meanwhile. */
static void await_range(filling *f, scatter *s, size_t number)
{
    while (!is_done(f, number)) {
        size_t other = next_range(f);
        if (other < NGRAM_RANGES) {
            take_range(f, s, other);
            finish_range(f, other);
            continue;
        }
        pthread_mutex_lock(&f->lock);
        while (!f->results[number].is_done)
            pthread_cond_wait(&f->done, &f->lock);
        pthread_mutex_unlock(&f->lock);
    }
}

/* --- the table --- */

/* Repeats of all ranges; results keep them. */
static void append_range(filling *f, ngram_numbers *n, size_t number)
{
    range_result *out = &f->results[number];
    ngram_table *t = f->t;
    size_t buckets = t->bucket_count / NGRAM_RANGES, bytes = ngram_table_entry_bytes(t);
    for (size_t i = number * buckets; i < (number + 1) * buckets; i++)
        t->starts[i] += t->count;
    memcpy(t->entries + t->count * bytes, out->part.entries, out->part.count * bytes);
    t->count += out->part.count;
    free(out->part.entries);
    for (size_t i = 0; i < out->repeat_count; i++)
        rank_bits_set(&n->again, out->repeats[i].row);
}

static void number_repeats(filling *f, ngram_numbers *n)
{
    rank_bits_count(&n->again);
    n->repeats = xcalloc((size_t)n->again.set + 1, sizeof *n->repeats);
    for (size_t k = 0; k < NGRAM_RANGES; k++) {
        const range_result *out = &f->results[k];
        for (size_t i = 0; i < out->repeat_count; i++)
            n->repeats[rank_bits_below(&n->again, out->repeats[i].row)] = out->repeats[i].first;
        free(out->repeats);
    }
}

static void fill(filling *f, ngram_numbers *n, unsigned helpers)
{
    pthread_t threads[HELPERS_MOST];
    unsigned count = 0;
    scatter s = {0};
    while (count < MIN(helpers, (unsigned)HELPERS_MOST) &&
           pthread_create(&threads[count], NULL, helper_main, f) == 0)
        count++;
    for (size_t number = 0; number < NGRAM_RANGES; number++) {
        await_range(f, &s, number);
        append_range(f, n, number);
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    scatter_deinit(&s);
}

void ngram_numbers_make(ngram_numbers *n, ngram_rows *rows, unsigned helpers, ngram_table *t,
                        ngram_filter *in_questions)
{
    filling *f = xcalloc(1, sizeof *f);
    *f = (filling){.rows = rows, .t = t, .in_questions = in_questions};
    *n = (ngram_numbers){0};
    rank_bits_init(&n->again, rows->count);
    ngram_table_init(t, rows->count);
    f->empty = *t;
    f->empty.entries = NULL;
    ngram_table_reserve(t, rows->count);
    ngram_filter_init(in_questions, ngram_rows_in_questions(rows));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->done, NULL);
    fill(f, n, helpers);
    pthread_cond_destroy(&f->done);
    pthread_mutex_destroy(&f->lock);
    t->starts[t->bucket_count] = t->count;
    ngram_table_trim(t);
    number_repeats(f, n);
    free(f);
}

void ngram_numbers_deinit(ngram_numbers *n)
{
    rank_bits_deinit(&n->again);
    free(n->repeats);
    *n = (ngram_numbers){0};
}
