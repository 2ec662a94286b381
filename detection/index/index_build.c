#include "detection/index/index_build.h"

#include <math.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "detection/index/record_lists.h"

#define SNIPPET_WORDS 1000
#define LEAST_HOT     2000

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts and keeps one of each; yields how many are left. */
static size_t sort_unique(uint32_t *values, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(values, count, sizeof *values, compare_u32);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || values[i] != values[kept - 1])
            values[kept++] = values[i];
    return kept;
}

static uint32_t *copy_ids(const uint32_t *ids, size_t count)
{
    uint32_t *copy = xcalloc(count + 1, sizeof *copy);
    memcpy(copy, ids, count * sizeof *copy);
    return copy;
}

/* A zero-filled array of counters with at least `need` places. */
static void ensure_counters(uint32_t **counters, size_t *capacity, size_t need)
{
    size_t before = *capacity;
    if (need <= before)
        return;
    ARRAY_RESERVE(*counters, *capacity, need);
    memset(*counters + before, 0, (*capacity - before) * sizeof **counters);
}

static void ensure_part_counters(ngram_index *x)
{
    size_t capacity = x->part_capacity;
    ensure_counters(&x->answer_df, &capacity, x->table.count);
    capacity = x->part_capacity;
    ensure_counters(&x->passage_df, &capacity, x->table.count);
    x->part_capacity = capacity;
}

static uint32_t *scratch_ids(index_scratch *s, size_t count)
{
    ARRAY_RESERVE(s->ids, s->id_capacity, count);
    return s->ids;
}

/* The distinct tokens of scratch->tokens, ascending, in scratch->ids; each adds 1 to its frequency.
 */
static size_t distinct_tokens(ngram_index *x)
{
    const token_list *tokens = &x->scratch->tokens;
    uint32_t *ids = scratch_ids(x->scratch, tokens->count + 1);
    memcpy(ids, tokens->ids, tokens->count * sizeof *ids);
    size_t count = sort_unique(ids, tokens->count);
    for (size_t i = 0; i < count; i++) {
        ensure_counters(&x->token_df, &x->token_capacity, ids[i] + 1);
        x->token_df[ids[i]]++;
    }
    return count;
}

/* The distinct ids of the n-grams of scratch->tokens, ascending, in scratch->ids. */
static size_t distinct_ngrams(ngram_index *x, size_t n)
{
    const token_list *tokens = &x->scratch->tokens;
    size_t count = tokens->count - n + 1;
    uint32_t *ids = scratch_ids(x->scratch, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = ngram_table_add(&x->table, tokens->ids + i, n);
    ensure_part_counters(x);
    return sort_unique(ids, count);
}

/* A copy with its length: any string of a record may contain "\u0000". */
static slice copy_text(slice s)
{
    return (slice){.data = slice_dup(s), .len = s.len};
}

static slice copy_or_none(slice s)
{
    return s.data ? copy_text(s) : s;
}

static void add_question(ngram_index *x, eval_record *r)
{
    buf *normal = &x->scratch->question;
    r->question_text = copy_text(normalize_first_words(buf_slice(normal), SNIPPET_WORDS));
    if (normal->len == 0)
        return;
    tokenizer_lead_in(x->tokens, normal);
    tokenizer_learn(x->tokens, buf_slice(normal), &x->scratch->tokens);
    size_t tokens = x->scratch->tokens.count, n = x->settings->ngram_size;
    r->question_tokens = (uint32_t)tokens;
    x->counts.unfindable += tokens < n;
    /* A question that is too short is one shorter n-gram: it counts, and is never found. */
    r->question_ngrams = (uint32_t)distinct_ngrams(x, MIN(n, tokens));
    r->question_ids = copy_ids(x->scratch->ids, r->question_ngrams);
    x->question_count++;
    if (x->questions)
        r->question = align_set_add(x->questions, x->scratch->tokens.ids, tokens);
    distinct_tokens(x);
}

/* The n-grams of an answer or passage of at least `least` tokens; each adds 1 to its frequency. */
static void add_part_ngrams(ngram_index *x, eval_part *part, size_t n, bool answer)
{
    part->ngram_count = (uint32_t)distinct_ngrams(x, n);
    part->ngrams = copy_ids(x->scratch->ids, part->ngram_count);
    uint32_t *frequency = answer ? x->answer_df : x->passage_df;
    for (size_t i = 0; i < part->ngram_count; i++)
        frequency[part->ngrams[i]]++;
}

static void add_part(ngram_index *x, eval_part *part, slice raw, buf *normal, bool answer)
{
    const detect_settings *s = x->settings;
    if (raw.len == 0)
        return;
    part->text = copy_text(normalize_first_words(buf_slice(normal), SNIPPET_WORDS));
    if (normal->len == 0)
        return;
    tokenizer_lead_in(x->tokens, normal);
    tokenizer_learn(x->tokens, buf_slice(normal), &x->scratch->tokens);
    const token_list *tokens = &x->scratch->tokens;
    part->token_count = (uint32_t)tokens->count;
    part->tokens = copy_ids(tokens->ids, tokens->count);
    size_t n = answer ? s->answer_ngram_size : s->passage_ngram_size;
    size_t least = answer ? MAX(n, s->short_answer_tokens + 1) : n;
    if (tokens->count >= least)
        add_part_ngrams(x, part, n, answer);
    part->distinct_count = (uint32_t)distinct_tokens(x);
    part->distinct = copy_ids(x->scratch->ids, part->distinct_count);
}

static bool normalize_input(ngram_index *x, const eval_input *in, err *e)
{
    index_scratch *s = x->scratch;
    if (normalize_text(&x->normal, in->question, &s->question) &&
        normalize_text(&x->normal, in->answer, &s->answer) &&
        normalize_text(&x->normal, in->passage, &s->passage))
        return true;
    return err_set(e, ERR_LIMIT, "a text of the record is longer than 600 MB; shorten it");
}

/* Of all parts together, as the tokenizer takes it. */
static slice combined_text(ngram_index *x)
{
    index_scratch *s = x->scratch;
    const buf *parts[] = {&s->passage, &s->question, &s->answer};
    buf_clear(&s->combined);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i]->len == 0)
            continue;
        if (s->combined.len > 0)
            buf_append_char(&s->combined, ' ');
        buf_append_slice(&s->combined, buf_slice(parts[i]));
    }
    tokenizer_lead_in(x->tokens, &s->combined);
    return buf_slice(&s->combined);
}

static bool is_reported(const detect_settings *s, slice set)
{
    const char *const *wanted = s->report_sets;
    if (!wanted || !wanted[0])
        return true;
    for (; *wanted; wanted++)
        if (slice_equal_str(set, *wanted))
            return true;
    return false;
}

static eval_record *new_record(ngram_index *x, const eval_input *in)
{
    ARRAY_RESERVE(x->records, x->record_capacity, x->record_count + 1);
    eval_record *r = &x->records[x->record_count];
    *r = (eval_record){.doc_id = in->doc_id,
                       .instance = in->instance,
                       .line = in->line,
                       .is_correct = in->is_correct,
                       .is_reported = is_reported(x->settings, in->eval_key),
                       .sequence = (uint32_t)x->record_count,
                       .question = ALIGN_NO_TEXT,
                       .eval_key = copy_text(in->eval_key),
                       .reference_file = copy_text(in->reference_file),
                       .split = copy_or_none(in->split),
                       .fingerprint = copy_or_none(in->fingerprint)};
    x->record_count++;
    return r;
}

/* True where the record is to be kept; counts it in any case. */
static bool judge(ngram_index *x, const eval_input *in)
{
    index_scratch *s = x->scratch;
    x->counts.read++;
    switch (eval_filter_judge(&s->filter, in, combined_text(x), x->tokens)) {
    case EVAL_FEW_TOKENS:
        x->counts.few_tokens++;
        return false;
    case EVAL_FEW_WORDS:
        x->counts.few_words++;
        return false;
    case EVAL_DUPLICATE:
        x->counts.duplicates++;
        return false;
    case EVAL_EMPTY:
        x->counts.empty++;
        return false;
    case EVAL_KEEP:
        break;
    }
    x->counts.indexed++;
    return true;
}

bool index_add(ngram_index *x, const eval_input *input, err *e)
{
    eval_input in = *input;
    if (!x->settings->index_answers)
        in.answer = (slice){0};
    if (!x->settings->index_passages)
        in.passage = (slice){0};
    if (!normalize_input(x, &in, e))
        return false;
    bool kept = judge(x, &in);
    eval_tally_record(&x->tally, in.eval_key, kept);
    if (!kept)
        return true;
    record_digest_add(&x->kept, &in);
    eval_record *r = new_record(x, &in);
    add_question(x, r);
    add_part(x, &r->answer, in.answer, &x->scratch->answer, true);
    add_part(x, &r->passage, in.passage, &x->scratch->passage, false);
    return true;
}

static int compare_records(const void *a, const void *b)
{
    const eval_record *x = a, *y = b;
    if (x->doc_id != y->doc_id)
        return x->doc_id < y->doc_id ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void sort_records(ngram_index *x)
{
    size_t repeated = 0;
    if (x->record_count > 1)
        qsort(x->records, x->record_count, sizeof *x->records, compare_records);
    for (size_t i = 1; i < x->record_count; i++)
        repeated += x->records[i].doc_id == x->records[i - 1].doc_id;
    if (repeated > 0)
        log_warn("%zu evaluation records have a doc_id that another one has too; each is kept as a "
                 "record of its own, but doc_id should be unique over all files",
                 repeated);
}

static void make_question_idf(ngram_index *x)
{
    size_t in_questions = 0;
    x->question_idf = xcalloc((size_t)x->table.count + 1, sizeof *x->question_idf);
    for (uint32_t id = 0; id < x->table.count; id++) {
        size_t frequency = index_docs(x, id).count;
        in_questions += frequency > 0;
        if (frequency > 0)
            x->question_idf[id] = score_idf(x->question_count, frequency);
    }
    ngram_filter_init(&x->in_questions, in_questions);
    for (uint32_t id = 0; id < x->table.count; id++)
        if (index_docs(x, id).count > 0)
            ngram_filter_add(&x->in_questions, x->table.hashes[id]);
}

/* Sums run in ascending id order: their last bits depend on it. */
static void sum_record(const ngram_index *x, eval_record *r)
{
    for (size_t k = 0; k < r->question_ngrams; k++)
        r->question_sum += x->question_idf[r->question_ids[k]];
    for (size_t k = 0; k < r->answer.ngram_count; k++)
        r->answer.ngram_sum += index_answer_idf(x, r->answer.ngrams[k]);
    for (size_t k = 0; k < r->passage.ngram_count; k++)
        r->passage.ngram_sum += index_passage_idf(x, r->passage.ngrams[k]);
    free(r->question_ids);
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
    record_lists_make(x);
    make_question_idf(x);
    for (size_t i = 0; i < x->record_count; i++) {
        sum_record(x, &x->records[i]);
        x->longest_answer = MAX(x->longest_answer, (size_t)x->records[i].answer.token_count);
        x->longest_passage = MAX(x->longest_passage, (size_t)x->records[i].passage.token_count);
    }
    if (x->questions)
        freeze_questions(x);
    size_t root = (size_t)sqrtf((float)(x->counts.indexed - x->counts.passed_over));
    x->hot_limit = MAX((size_t)LEAST_HOT, 2 * root);
    index_scratch_free(x->scratch);
    x->scratch = NULL;
}
