#include "base/util.h"
#include "detection/match/aligned.h"

#include "detection/table/hash.h"

#define PLACE_BITS  6  /* matches of a question closer than 64 tokens to each other are one */
#define PLACES_MOST 64 /* of one match */

/* The choices of a question count as one. */
static uint64_t question_key(const eval_record *r)
{
    uint64_t set = hash_bytes(r->origin->eval_key.data, r->origin->eval_key.len, 1);
    uint64_t split = hash_bytes(r->origin->split.data, r->origin->split.len, 2);
    return hash_mix(set ^ r->instance, split ^ UINT64_C(0xA0761D6478BD642F));
}

typedef struct places {
    uint64_t key;
    size_t first, last;
} places;

static places places_of(const match *m)
{
    size_t first = (m->first_token + m->question_first) >> PLACE_BITS;
    size_t last = (m->first_token + m->question_last) >> PLACE_BITS;
    return (places){.key = question_key(m->record),
                    .first = first,
                    .last = MIN(MAX(first, last), first + PLACES_MOST)};
}

static uint64_t place_key(const places *p, size_t place, bool is_near)
{
    return hash_mix(p->key ^ (2 * place + is_near), UINT64_C(0x9E3779B97F4A7C15));
}

void aligned_remember(matcher *m, const match *found, bool is_near)
{
    places p = places_of(found);
    for (size_t i = p.first; i <= p.last; i++)
        (void)key_set_add(&m->places, place_key(&p, i, is_near));
}

static bool was_reported(const matcher *m, const match *found, bool is_near)
{
    places p = places_of(found);
    for (size_t i = p.first; i <= p.last; i++)
        if (key_set_has(&m->places, place_key(&p, i, is_near)))
            return true;
    return false;
}

/* Looks for answer and passage, and scores. */
static bool weigh(matcher *m, match *found, float evidence)
{
    const eval_record *r = found->record;
    score_input in = {.question = found->question_overlap,
                      .has_answer = r->answer.distinct_count > 0,
                      .has_passage = r->passage.distinct_count > 0,
                      .question_ngrams = r->question_ngrams,
                      .question_tokens = r->question_tokens,
                      .answer_distinct = r->answer.distinct_count,
                      .passage_tokens = r->passage.token_count,
                      .compatible = m->x->settings->compatible};
    if (in.has_passage) {
        passage_search(m->x, r, &m->window.tokens, found->question_first, &m->passage);
        found->passage = &m->passage;
        in.passage = m->passage.overlap;
    }
    if (in.has_answer) {
        answer_search(m->x, r, &m->window.tokens, found->question_last + 1, &m->answer);
        found->answer = &m->answer;
        in.answer = m->answer.overlap;
    }
    evidence += in.answer * r->answer.rare_tokens + in.passage * r->passage.rare_tokens;
    found->score = score_base(&in);
    return evidence >= ALIGNED_EVIDENCE && found->score >= match_least_score(m);
}

static match match_of(const matcher *m, const align_found *f)
{
    const align_text *text = &m->x->questions->texts[f->text];
    const align_path *p = f->path;
    float overlap = (p->matched + ALIGNED_REPLACED * p->replaced) / text->weight;
    return (match){.index = m->x,
                   .text = buf_slice(&m->window.text),
                   .shows_text = tokenizer_shows_text(m->x->tokens),
                   .document = &m->window.tokens,
                   .first_token = m->window.base,
                   .cluster_tokens = p->last - p->first + 1,
                   .question_first = p->first,
                   .question_last = p->last,
                   .matched_ngrams = (uint32_t)p->count,
                   .question_overlap = MIN(overlap, 1.0f),
                   .question_threshold = ALIGN_SHARE,
                   .aligned = true};
}

static bool judge_record(matcher *m, match *found, float evidence, err *e)
{
    if (!found->record->is_reported || was_reported(m, found, false) || !weigh(m, found, evidence))
        return true;
    bool is_near = found->score < m->x->settings->threshold;
    return (is_near && was_reported(m, found, true)) || match_report(m, found, is_near, e);
}

static bool judge(void *ctx, const align_found *f, err *e)
{
    matcher *m = ctx;
    const align_set *set = m->x->questions;
    float evidence = f->path->matched / set->full_weight;
    for (uint32_t i = set->record_first[f->text]; i < set->record_first[f->text + 1]; i++) {
        match found = match_of(m, f);
        found.record = &m->x->records[set->records[i]];
        if (!judge_record(m, &found, evidence, e))
            return false;
    }
    return true;
}

/* Tokens that the window must have beside those that are read. */
static scan_margins margins_of(const ngram_index *x)
{
    scan_margins m = scan_margins_of(x);
    m.before += ALIGN_BEFORE;
    m.behind += ALIGN_BEHIND + ALIGN_SLACK + ALIGN_BAND;
    return m;
}

static bool read_window(matcher *m, size_t *place, size_t behind, err *e)
{
    const token_window *w = &m->window;
    size_t from = *place - w->base, end = w->tokens.count;
    if (!w->at_end)
        end = MAX(end > behind ? end - behind : 0, from);
    const align_piece piece = {.tokens = w->tokens.ids,
                               .count = w->tokens.count,
                               .base = w->base,
                               .from = from,
                               .to = end,
                               .at_end = w->at_end};
    *place = w->base + end;
    match_forget_memos(m);
    return align_scan_read(&m->align, &piece, judge, m, e);
}

bool aligned_matches(matcher *m, slice text, err *e)
{
    token_window *w = &m->window;
    const scan_margins margins = margins_of(m->x);
    size_t place = 0;
    bool whole = w->base == 0 && w->at_end; /* as the scan left it */
    if (!whole && !token_window_begin(w, text, e))
        return false;
    align_scan_begin(&m->align);
    for (;;) {
        if (!read_window(m, &place, margins.behind, e))
            return false;
        if (w->at_end)
            return true;
        if (!token_window_move(w, place, margins.before, margins.behind + w->spare, e))
            return false;
    }
}
