#include "base/array.h"
#include "base/util.h"
#include "detection/index/prepare.h"

#include "detection/table/sort.h"

#define SNIPPET_WORDS 1000

void preparer_init(preparer *p)
{
    *p = (preparer){0};
    buf_init(&p->question, UINT32_MAX / 4);
    buf_init(&p->answer, UINT32_MAX / 4);
    buf_init(&p->passage, UINT32_MAX / 4);
    buf_init(&p->combined, UINT32_MAX - 1);
}

void preparer_deinit(preparer *p)
{
    buf_deinit(&p->question);
    buf_deinit(&p->answer);
    buf_deinit(&p->passage);
    buf_deinit(&p->combined);
    token_list_deinit(&p->tokens);
    word_set_deinit(&p->words);
    free(p->ids);
    free(p->spare);
}

static bool normalize_input(preparer *p, const ngram_index *x, const eval_input *in, err *e)
{
    if (normalize_text(&x->normal, in->question, &p->question) &&
        normalize_text(&x->normal, in->answer, &p->answer) &&
        normalize_text(&x->normal, in->passage, &p->passage))
        return true;
    return err_set(e, ERR_LIMIT, "a text of the record is longer than 600 MB; shorten it");
}

/* Of all parts together. */
static slice combined_text(preparer *p)
{
    const buf *parts[] = {&p->passage, &p->question, &p->answer};
    buf_clear(&p->combined);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i]->len == 0)
            continue;
        if (p->combined.len > 0)
            buf_append_char(&p->combined, ' ');
        buf_append_slice(&p->combined, buf_slice(parts[i]));
    }
    return buf_slice(&p->combined);
}

/* --- tokens --- */

static void put_distinct(preparer *p, arena *a, prepared_text *out)
{
    const token_list *tokens = &p->tokens;
    ARRAY_RESERVE(p->ids, p->id_capacity, tokens->count);
    ARRAY_RESERVE(p->spare, p->spare_capacity, tokens->count);
    memcpy(p->ids, tokens->ids, tokens->count * sizeof *p->ids);
    size_t count = sort_unique_u32(p->ids, tokens->count, p->spare);
    out->distinct = arena_copy(a, p->ids, count, sizeof *p->ids);
    out->distinct_count = (uint32_t)count;
}

static void put_ngrams(const preparer *p, arena *a, size_t n, prepared_text *out)
{
    const token_list *tokens = &p->tokens;
    size_t count = tokens->count - n + 1;
    out->ngrams = arena_take(a, count * sizeof *out->ngrams);
    out->ngram_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        out->ngrams[i] = ngram_hash(tokens->ids + i, n);
}

/* Of the text in p->tokens; n-grams where it has at least `least` tokens. */
static void put_tokens(preparer *p, arena *a, size_t n, size_t least, prepared_text *out)
{
    out->token_count = (uint32_t)p->tokens.count;
    out->tokens = arena_copy(a, p->tokens.ids, p->tokens.count, sizeof *out->tokens);
    put_distinct(p, a, out);
    if (p->tokens.count >= least)
        put_ngrams(p, a, n, out);
}

/* A question that is too short is one shorter n-gram: it counts, and is never found. */
static void put_question_tokens(preparer *p, const ngram_index *x, arena *a, prepared_record *out)
{
    put_tokens(p, a, MIN(x->settings->ngram_size, p->tokens.count), 0, &out->question);
}

static void put_answer_tokens(preparer *p, const ngram_index *x, arena *a, prepared_record *out)
{
    const detect_settings *s = x->settings;
    put_tokens(p, a, s->answer_ngram_size, MAX(s->answer_ngram_size, s->short_answer_tokens + 1),
               &out->answer);
}

static void put_passage_tokens(preparer *p, const ngram_index *x, arena *a, prepared_record *out)
{
    size_t n = x->settings->passage_ngram_size;
    put_tokens(p, a, n, n, &out->passage);
}

typedef void put_part(preparer *p, const ngram_index *x, arena *a, prepared_record *out);

typedef struct part_text {
    buf *text;
    put_part *put;
} part_text;

#define PARTS 3

/* In the order in which the tokenizer learns them, and n-grams get their numbers. */
static void list_parts(preparer *p, part_text parts[PARTS])
{
    parts[0] = (part_text){&p->question, put_question_tokens};
    parts[1] = (part_text){&p->answer, put_answer_tokens};
    parts[2] = (part_text){&p->passage, put_passage_tokens};
}

static void prepare_closed(preparer *p, const ngram_index *x, arena *a, prepared_record *out)
{
    part_text parts[PARTS];
    list_parts(p, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].text->len == 0)
            continue;
        tokenizer_lead_in(x->tokens, parts[i].text);
        slice text = buf_slice(parts[i].text);
        tokenizer_encode(x->tokens, text, &p->tokens);
        out->facts.filled_tokens += tokenizer_filled(text, &p->tokens);
        parts[i].put(p, x, a, out);
    }
    out->has_tokens = true;
}

void prepare_tokens(preparer *p, ngram_index *x, arena *a, prepared_record *out)
{
    part_text parts[PARTS];
    list_parts(p, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].text->len == 0)
            continue;
        tokenizer_lead_in(x->tokens, parts[i].text);
        tokenizer_learn(x->tokens, buf_slice(parts[i].text), &p->tokens);
        parts[i].put(p, x, a, out);
    }
    out->has_tokens = true;
}

/* --- the record --- */

static slice snippet(arena *a, const buf *normal)
{
    slice text = normal->len > 0 ? buf_slice(normal) : SLICE_LIT("");
    return arena_text(a, normalize_first_words(text, SNIPPET_WORDS));
}

static void put_snippets(const preparer *p, arena *a, prepared_record *out)
{
    out->question.snippet = snippet(a, &p->question);
    if (out->in.answer.len > 0)
        out->answer.snippet = snippet(a, &p->answer);
    if (out->in.passage.len > 0)
        out->passage.snippet = snippet(a, &p->passage);
}

/* Before the parts get a lead-in. */
static void put_facts(preparer *p, ngram_index *x, prepared_record *out)
{
    slice combined = combined_text(p);
    eval_facts_of_text(x->settings, combined, &p->words, &out->facts);
    eval_facts_of_names(x->settings, &out->in, &out->facts);
    if (tokenizer_is_closed(x->tokens) || x->settings->eval_min_tokens == 0)
        return;
    tokenizer_lead_in(x->tokens, &p->combined);
    out->facts.filled_tokens = tokenizer_count_filled(x->tokens, buf_slice(&p->combined));
}

bool prepare_record(preparer *p, ngram_index *x, const eval_input *in, arena *a,
                    prepared_record *out, err *e)
{
    *out = (prepared_record){.in = *in};
    if (!x->settings->index_answers)
        out->in.answer = (slice){0};
    if (!x->settings->index_passages)
        out->in.passage = (slice){0};
    if (!normalize_input(p, x, &out->in, e))
        return false;
    put_facts(p, x, out);
    put_snippets(p, a, out);
    record_digest_of(&out->in, out->digest);
    if (tokenizer_is_closed(x->tokens))
        prepare_closed(p, x, a, out);
    return true;
}
