#include "detection/index/index_build.h"

#include "base/array.h"
#include "base/util.h"

index_build *index_build_new(const detect_settings *settings)
{
    index_build *b = xcalloc(1, sizeof *b);
    preparer_init(&b->preparer);
    eval_filter_init(&b->filter, settings);
    return b;
}

void index_build_free(index_build *b)
{
    if (!b)
        return;
    preparer_deinit(&b->preparer);
    arena_deinit(&b->prepared);
    eval_filter_deinit(&b->filter);
    ngram_rows_deinit(&b->rows);
    free(b);
}

/* A zero-filled array of at least `need` counters. */
static void ensure_counters(uint32_t **counters, size_t *capacity, size_t need)
{
    size_t before = *capacity;
    if (need <= before)
        return;
    ARRAY_RESERVE(*counters, *capacity, need);
    memset(*counters + before, 0, (*capacity - before) * sizeof **counters);
}

/* Each adds 1 to its frequency. */
static void count_tokens(ngram_index *x, const prepared_text *t)
{
    if (t->distinct_count > 0) /* they ascend */
        ensure_counters(&x->token_df, &x->token_capacity,
                        (size_t)t->distinct[t->distinct_count - 1] + 1);
    for (size_t i = 0; i < t->distinct_count; i++)
        x->token_df[t->distinct[i]]++;
}

/* A question with fewer n-grams than there are positions from one look-up to the next. */
static void add_short_lead(ngram_index *x, const prepared_text *t)
{
    const detect_settings *s = x->settings;
    if (s->extended_normal && t->token_count >= s->ngram_size &&
        t->token_count - s->ngram_size + 1 < s->sample_every_m_tokens)
        lead_pairs_add(&x->short_leads, t->tokens, t->token_count - s->ngram_size + 1);
}

static void add_question(ngram_index *x, eval_record *r, const prepared_text *t)
{
    if (t->snippet.len == 0) /* nothing is left of it */
        return;
    r->question_tokens = t->token_count;
    x->counts.unfindable += t->token_count < x->settings->ngram_size;
    r->question_ngrams = t->ngram_count;
    ngram_rows_add(&x->build->rows, t->ngrams, t->ngram_count, true);
    x->question_count++;
    add_short_lead(x, t);
    if (x->questions)
        r->question = align_set_add(x->questions, t->tokens, t->token_count);
    count_tokens(x, t);
}

static void add_part(ngram_index *x, eval_part *part, const prepared_text *t, bool answer)
{
    part->token_count = t->token_count;
    if (answer && t->token_count <= x->settings->short_answer_tokens)
        part->tokens = arena_copy(&x->memory, t->tokens, t->token_count, sizeof *part->tokens);
    part->ngram_count = t->ngram_count;
    ngram_rows_add(&x->build->rows, t->ngrams, t->ngram_count, false);
    part->distinct_count = t->distinct_count;
    part->distinct = arena_copy(&x->memory, t->distinct, t->distinct_count, sizeof *part->distinct);
    count_tokens(x, t);
}

/* A copy, or the name of the previous record, which is usually the same. */
static slice name_of(ngram_index *x, slice name, slice before)
{
    if (before.data && name.data && slice_equal(name, before))
        return before;
    return arena_text(&x->memory, name);
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

/* That of the record before, where the names are the same. */
static const eval_origin *origin_of(ngram_index *x, const eval_input *in)
{
    static const eval_origin none;
    const eval_origin *before =
        x->record_count > 0 ? x->records[x->record_count - 1].origin : &none;
    eval_origin own = {.eval_key = name_of(x, in->eval_key, before->eval_key),
                       .reference_file = name_of(x, in->reference_file, before->reference_file),
                       .split = name_of(x, in->split, before->split)};
    bool same = own.eval_key.data == before->eval_key.data &&
                own.split.data == before->split.data &&
                own.reference_file.data == before->reference_file.data;
    return same && before != &none ? before : arena_copy(&x->memory, &own, 1, sizeof own);
}

static uint64_t add_texts(ngram_index *x, const prepared_record *p)
{
    const slice texts[] = {p->question.snippet, p->answer.snippet, p->passage.snippet,
                           p->in.fingerprint};
    return text_store_add(&x->texts, texts, ARRAY_LEN(texts));
}

static eval_record *new_record(ngram_index *x, const prepared_record *p)
{
    const eval_input *in = &p->in;
    const eval_origin *origin = origin_of(x, in);
    ARRAY_RESERVE(x->records, x->record_capacity, x->record_count + 1);
    eval_record *r = &x->records[x->record_count];
    *r = (eval_record){.origin = origin,
                       .doc_id = in->doc_id,
                       .instance = in->instance,
                       .line = in->line,
                       .texts = add_texts(x, p),
                       .is_correct = (int8_t)in->is_correct,
                       .is_reported = is_reported(x->settings, in->eval_key),
                       .sequence = (uint32_t)x->record_count,
                       .question = ALIGN_NO_TEXT};
    x->record_count++;
    return r;
}

/* True if the record is kept; counts it in any case. */
static bool judge(ngram_index *x, const prepared_record *p)
{
    x->counts.read++;
    switch (eval_filter_judge(&x->build->filter, &p->facts, p->in.question.len > 0)) {
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

void index_commit(ngram_index *x, prepared_record *p)
{
    bool kept = judge(x, p);
    eval_tally_record(&x->tally, p->in.eval_key, kept);
    if (!kept)
        return;
    record_digest_add(&x->kept, p->digest);
    record_digest_add_instance(&x->instances, p->digest, p->in.instance);
    if (!p->has_tokens)
        prepare_tokens(&x->build->preparer, x, &x->build->prepared, p);
    eval_record *r = new_record(x, p);
    add_question(x, r, &p->question);
    add_part(x, &r->answer, &p->answer, true);
    add_part(x, &r->passage, &p->passage, false);
}

bool index_add(ngram_index *x, const eval_input *input, err *e)
{
    prepared_record p;
    index_build *b = x->build;
    arena_clear(&b->prepared);
    if (!prepare_record(&b->preparer, x, input, &b->prepared, &p, e))
        return false;
    index_commit(x, &p);
    return true;
}
