#include <math.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "detection/index/index_build.h"
#include "detection/index/record_lists.h"
#include "detection/table/sort.h"

#define LEAST_HOT 2000

/* By doc_id, those of equal ones in reading order: keys are the doc_id and the place. */
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
        log_warn("%zu evaluation records have a doc_id that another one has too; each is kept as a "
                 "record of its own, but doc_id should be unique over all files",
                 repeated);
}

static void make_question_idf(ngram_index *x, size_t lists)
{
    x->list_idf = xcalloc(lists, sizeof *x->list_idf);
    for (size_t list = 1; list < lists; list++)
        x->list_idf[list] =
            score_idf(x->question_count, x->list_start[list + 1] - x->list_start[list]);
}

static void fill_filter(ngram_index *x)
{
    size_t in_questions = 0;
    for (uint32_t id = 0; id < x->table.count; id++)
        in_questions += x->list_of[id] != 0;
    ngram_filter_init(&x->in_questions, in_questions);
    for (uint32_t id = 0; id < x->table.count; id++)
        if (x->list_of[id] != 0)
            ngram_filter_add(&x->in_questions, x->table.hashes[id]);
}

/* What arrays have beyond their elements is given back. */
static void trim(ngram_index *x)
{
    size_t answers = MIN(x->answer_capacity, (size_t)x->table.count);
    size_t passages = MIN(x->passage_capacity, (size_t)x->table.count);
    ngram_table_trim(&x->table);
    x->answer_df = xrealloc(x->answer_df, (answers + 1) * sizeof *x->answer_df);
    x->passage_df = xrealloc(x->passage_df, (passages + 1) * sizeof *x->passage_df);
    x->records = xrealloc(x->records, (x->record_count + 1) * sizeof *x->records);
    x->record_capacity = x->record_count;
}

/* Sums run in ascending id order: their last bits depend on it. */
static void sum_record(const ngram_index *x, eval_record *r)
{
    for (size_t k = 0; k < r->question_ngrams; k++)
        r->question_sum += index_question_idf(x, r->question_ids[k]);
    for (size_t k = 0; k < r->answer.ngram_count; k++)
        r->answer.ngram_sum += index_answer_idf(x, r->answer.ngrams[k]);
    for (size_t k = 0; k < r->passage.ngram_count; k++)
        r->passage.ngram_sum += index_passage_idf(x, r->passage.ngrams[k]);
    r->question_ids = NULL;
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

void index_freeze(ngram_index *x)
{
    sort_records(x);
    make_question_idf(x, record_lists_make(x));
    fill_filter(x);
    for (size_t i = 0; i < x->record_count; i++) {
        sum_record(x, &x->records[i]);
        x->longest_answer = MAX(x->longest_answer, (size_t)x->records[i].answer.token_count);
        x->longest_passage = MAX(x->longest_passage, (size_t)x->records[i].passage.token_count);
    }
    if (x->questions)
        freeze_questions(x);
    size_t root = (size_t)sqrtf((float)(x->counts.indexed - x->counts.passed_over));
    x->hot_limit = MAX((size_t)LEAST_HOT, 2 * root);
    index_build_free(x->build);
    x->build = NULL;
    trim(x);
}
