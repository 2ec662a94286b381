#include "base/util.h"
#include "detection/index/index.h"

#include "detection/index/index_build.h"

#define TEXTS_IN_MEMORY ((size_t)64 << 20)

detect_settings detect_settings_default(void)
{
    return (detect_settings){
        .tokenizer = "cl100k",
        .punctuation = NORMALIZE_DEFAULT_PUNCTUATION,
        .ngram_size = 5,
        .sample_every_m_tokens = 10,
        .question_max_misses = 11,
        .threshold = 0.8F,
        .decay = {.has_start = true, .has_end = true, .start = 20, .end = 50},
        .short_answer_tokens = 3,
        .short_answer_window = 50,
        .answer_ngram_size = 3,
        .min_long_answer_window = 100,
        .min_passage_distance = 100,
        .passage_ngram_size = 4,
        .passage_max_misses = 2,
        .eval_dedup = true,
        .eval_min_tokens = 20,
        .eval_min_unique_words = 4,
        .index_answers = true,
        .index_passages = true,
    };
}

ngram_index *index_new(const detect_settings *settings, err *e)
{
    AUTO_PTR(ngram_index) x = xcalloc(1, sizeof *x);
    x->settings = settings;
    text_store_init(&x->texts, TEXTS_IN_MEMORY);
    if (!normalizer_init(&x->normal, settings->punctuation, e))
        return NULL;
    x->normal.extended = settings->extended_normal;
    x->tokens = (settings->compatible ? tokenizer_new_compatible : tokenizer_new)(
        settings->tokenizer, settings->vocabulary_dir, e);
    if (!x->tokens)
        return NULL;
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
    text_store_deinit(&x->texts);
    free(x->records);
    record_lists_deinit(&x->lists);
    free(x->long_idf);
    ngram_filter_deinit(&x->in_questions);
    lead_pairs_deinit(&x->short_leads);
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
    const ngram_holders *h = record_lists_holders(&x->lists, ngram);
    return h ? score_idf(x->question_count, h->answers) : x->single_idf;
}

float index_passage_idf(const ngram_index *x, uint32_t ngram)
{
    const ngram_holders *h = record_lists_holders(&x->lists, ngram);
    return h ? score_idf(x->question_count, h->passages) : x->single_idf;
}

float index_token_idf(const ngram_index *x, uint32_t token)
{
    return score_idf(x->question_count, x->token_df[token]);
}

record_texts index_texts(const ngram_index *x, const eval_record *r)
{
    slice texts[4];
    text_store_get(&x->texts, r->texts, texts, ARRAY_LEN(texts));
    return (record_texts){texts[0], texts[1], texts[2], texts[3]};
}

/* A part whose n-grams are in all records has a sum of 0: the reference never finds it. */
bool index_part_can_match(const ngram_index *x, const eval_part *part)
{
    return part->ngram_count > 0 && (part->ngram_sum > 0.0f || !x->settings->compatible);
}

float index_part_overlap(const ngram_index *x, const eval_part *part, size_t count, float sum)
{
    if (count == part->ngram_count && count > 0 && !x->settings->compatible)
        return 1.0f; /* also if all records have these n-grams, and their IDF is 0 */
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
