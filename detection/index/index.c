#include "base/util.h"
#include "detection/index/index.h"

#include "detection/index/index_build.h"

ngram_index *index_new(const detect_settings *settings, err *e)
{
    AUTO_PTR(ngram_index) x = xcalloc(1, sizeof *x);
    x->settings = settings;
    if (!normalizer_init(&x->normal, settings->punctuation, e))
        return NULL;
    x->normal.extended = settings->extended_normal;
    x->tokens = (settings->compatible ? tokenizer_new_compatible : tokenizer_new)(
        settings->tokenizer, settings->vocabulary_dir, e);
    if (!x->tokens)
        return NULL;
    ngram_table_init(&x->table);
    if (settings->recall_high)
        x->questions = align_set_new();
    x->build = index_build_new(settings);
    x->question_floor = score_question_floor(settings->threshold);
    x->near_floor = score_question_floor(settings->report_threshold);
    return move(x);
}

void index_free(ngram_index *x)
{
    if (!x)
        return;
    arena_deinit(&x->memory);
    free(x->records);
    free(x->list_of);
    free(x->list_start);
    free(x->posts);
    free(x->list_idf);
    ngram_filter_deinit(&x->in_questions);
    free(x->answer_df);
    free(x->passage_df);
    free(x->token_df);
    ngram_table_deinit(&x->table);
    tokenizer_free(x->tokens);
    normalizer_deinit(&x->normal);
    index_build_free(x->build);
    eval_tally_deinit(&x->tally);
    align_set_free(x->questions);
    free(x);
}

float index_answer_idf(const ngram_index *x, uint32_t ngram)
{
    return score_idf(x->question_count, x->answer_df[ngram]);
}

float index_passage_idf(const ngram_index *x, uint32_t ngram)
{
    return score_idf(x->question_count, x->passage_df[ngram]);
}

float index_token_idf(const ngram_index *x, uint32_t token)
{
    return score_idf(x->question_count, x->token_df[token]);
}

/* A part whose n-grams are in all records has a sum of 0: the reference never finds it. */
bool index_part_can_match(const ngram_index *x, const eval_part *part)
{
    return part->ngram_count > 0 && (part->ngram_sum > 0.0f || !x->settings->compatible);
}

float index_part_overlap(const ngram_index *x, const eval_part *part, size_t count, float sum)
{
    if (count == part->ngram_count && count > 0 && !x->settings->compatible)
        return 1.0f; /* also where all records have these n-grams, and their IDF is 0 */
    return part->ngram_sum > 0.0f ? sum / part->ngram_sum : 0.0f;
}

bool sorted_contains(const uint32_t *values, size_t count, uint32_t value)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && values[low] == value;
}
