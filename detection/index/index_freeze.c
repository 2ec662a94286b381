#include <math.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "detection/index/index_build.h"
#include "detection/index/record_lists.h"
#include "detection/table/sort.h"

#define LEAST_HOT 2000

/* By doc_id, equal ones in reading order: keys are the doc_id and the position. */
static void sort_by_keys(ngram_index *x, uint64_t *keys)
{
    AUTO_FREE uint64_t *spare = xcalloc(x->record_count, sizeof *spare);
    sort_u64(keys, x->record_count, spare);
    eval_record *sorted = xcalloc(x->record_count, sizeof *sorted);
    for (size_t i = 0; i < x->record_count; i++)
        sorted[i] = x->records[(uint32_t)keys[i]];
    free(x->records);
    x->records = sorted;
    x->record_capacity = x->record_count;
}

static void sort_records(ngram_index *x)
{
    size_t repeated = 0;
    bool ascending = true;
    AUTO_FREE uint64_t *keys = xcalloc(x->record_count + 1, sizeof *keys);
    for (size_t i = 0; i < x->record_count; i++) {
        keys[i] = (uint64_t)x->records[i].doc_id << 32 | i;
        ascending = ascending && (i == 0 || keys[i] > keys[i - 1]);
    }
    if (!ascending)
        sort_by_keys(x, keys);
    for (size_t i = 1; i < x->record_count; i++)
        repeated += x->records[i].doc_id == x->records[i - 1].doc_id;
    if (repeated > 0)
        log_warn(
            "%zu evaluation records have a doc_id that another record also has; all are kept as "
            "separate records, but doc_id should be unique over all files",
            repeated);
}

static void make_question_idf(ngram_index *x)
{
    const record_lists *l = &x->lists;
    x->single_idf = score_idf(x->question_count, 1);
    x->long_idf = xcalloc(l->long_count + 1, sizeof *x->long_idf);
    for (size_t i = 0; i < l->long_count; i++)
        x->long_idf[i] = score_idf(x->question_count, l->starts[i + 1] - l->starts[i]);
}

static void trim(ngram_index *x)
{
    x->records = xrealloc(x->records, (x->record_count + 1) * sizeof *x->records);
    x->record_capacity = x->record_count;
}

/* --- sums, and the n-grams of answers and passages --- */

typedef struct summing {
    ngram_index *x;
    number_reader reader;
    uint32_t *ids, *spare;
    size_t id_capacity, spare_capacity;
} summing;

/* The distinct ids of the next places, ascending, in s->ids. */
static uint32_t next_ids(summing *s, size_t places)
{
    ARRAY_RESERVE(s->ids, s->id_capacity, places + 1);
    ARRAY_RESERVE(s->spare, s->spare_capacity, places + 1);
    for (size_t i = 0; i < places; i++)
        s->ids[i] = number_reader_next(&s->reader);
    return (uint32_t)sort_unique_u32(s->ids, places, s->spare);
}

static void sum_part(summing *s, eval_part *part,
                     float (*idf_of)(const ngram_index *x, uint32_t ngram))
{
    if (part->ngram_count == 0)
        return;
    part->ngram_count = next_ids(s, part->ngram_count);
    part->ngrams = arena_copy(&s->x->memory, s->ids, part->ngram_count, sizeof *part->ngrams);
    for (size_t i = 0; i < part->ngram_count; i++)
        part->ngram_sum += idf_of(s->x, part->ngrams[i]);
}

/* Sums run in ascending id order: their last bits depend on it. */
static void sum_records(ngram_index *x, const ngram_numbers *numbers)
{
    summing s = {.x = x, .reader = {.numbers = numbers, .places = {.rows = &x->build->rows}}};
    for (size_t k = 0; k < x->record_count; k++) {
        eval_record *r = &x->records[x->lists.owners[k].record];
        r->question_ngrams = next_ids(&s, r->question_ngrams);
        for (size_t i = 0; i < r->question_ngrams; i++)
            r->question_sum += index_question_idf(x, s.ids[i]);
        sum_part(&s, &r->answer, index_answer_idf);
        sum_part(&s, &r->passage, index_passage_idf);
        x->longest_answer = MAX(x->longest_answer, (size_t)r->answer.token_count);
        x->longest_passage = MAX(x->longest_passage, (size_t)r->passage.token_count);
    }
    free(s.ids);
    free(s.spare);
}

static float rare_tokens(const ngram_index *x, const eval_part *part)
{
    float sum = 0.0f, full = score_idf(x->question_count + 1, 1);
    for (size_t i = 0; i < part->distinct_count; i++)
        sum += MAX(index_token_idf(x, part->distinct[i]), 0.0f);
    return full > 0.0f ? sum / full : 0.0f;
}

static void freeze_questions(ngram_index *x)
{
    AUTO_FREE uint32_t *texts = xcalloc(x->record_count + 1, sizeof *texts);
    for (size_t i = 0; i < x->record_count; i++) {
        eval_record *r = &x->records[i];
        texts[i] = r->question;
        r->answer.rare_tokens = rare_tokens(x, &r->answer);
        r->passage.rare_tokens = rare_tokens(x, &r->passage);
    }
    align_set_freeze(x->questions, texts, x->record_count);
}

/* From the rows of hashes to ids, filter, lists and sums. */
static void number_ngrams(ngram_index *x)
{
    AUTO(ngram_numbers) numbers = {0};
    ngram_numbers_make(&numbers, &x->build->rows, x->build->helpers, &x->table, &x->in_questions);
    record_lists_make(x, &numbers);
    make_question_idf(x);
    sum_records(x, &numbers);
}

void index_freeze(ngram_index *x)
{
    eval_filter_deinit(&x->build->filter);
    sort_records(x);
    number_ngrams(x);
    lead_pairs_choose(&x->short_leads, x->token_df);
    if (x->questions)
        freeze_questions(x);
    size_t root = (size_t)sqrtf((float)(x->counts.indexed - x->counts.passed_over));
    x->hot_limit = MAX((size_t)LEAST_HOT, 2 * root);
    index_build_free(x->build);
    x->build = NULL;
    trim(x);
    text_store_end(&x->texts);
}
