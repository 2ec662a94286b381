#include "base/util.h"
#include "detection/match/match.h"

#include "detection/match/aligned.h"
#include "detection/table/hash.h"

/* A match already reported for this document. */
typedef struct reported {
    const eval_record *record; /* NULL: a free slot */
    size_t question_first;
    bool is_near; /* it was given to on_near */
} reported;

#define LEAST_REPORTED 64 /* slots, a power of two */

void matcher_init(matcher *m, const ngram_index *x)
{
    *m = (matcher){.x = x};
    token_window_init(&m->window, x);
    align_scan_init(&m->align, x->questions);
}

void matcher_deinit(matcher *m)
{
    token_window_deinit(&m->window);
    scan_scratch_deinit(&m->scan);
    align_scan_deinit(&m->align);
    key_set_deinit(&m->places);
    answer_found_deinit(&m->answer);
    passage_found_deinit(&m->passage);
    free(m->reported);
}

void matcher_trim(matcher *m)
{
    token_window_trim(&m->window);
    free(move(m->reported));
    scan_scratch_deinit(&m->scan);
    align_scan_trim(&m->align);
    key_set_deinit(&m->places);
}

/* Split, configuration and answer do not make a difference. */
static bool is_same(const reported *a, const reported *b)
{
    return a->question_first == b->question_first && a->is_near == b->is_near &&
           a->record->instance == b->record->instance &&
           slice_equal(a->record->origin->eval_key, b->record->origin->eval_key);
}

/* The slot of an equal match, or the free slot for it. */
static reported *find_reported(const matcher *m, const reported *r)
{
    size_t mask = m->reported_slots - 1;
    size_t i = hash_mix(r->question_first ^ UINT64_C(0x9E3779B97F4A7C15),
                        r->record->instance ^ UINT64_C(0xD1B54A32D192ED03));
    for (i &= mask; m->reported[i].record && !is_same(&m->reported[i], r);)
        i = (i + 1) & mask;
    return &m->reported[i];
}

/* The table starts small for each document. */
static void forget_reported(matcher *m)
{
    if (!m->reported)
        m->reported = xcalloc(LEAST_REPORTED, sizeof *m->reported);
    if (m->reported_count > 0)
        memset(m->reported, 0, LEAST_REPORTED * sizeof *m->reported);
    m->reported_slots = LEAST_REPORTED;
    m->reported_count = 0;
}

static void grow_reported(matcher *m)
{
    size_t count = m->reported_slots;
    reported *old = m->reported;
    m->reported_slots *= 2;
    m->reported = xcalloc(m->reported_slots, sizeof *m->reported);
    for (size_t i = 0; i < count; i++)
        if (old[i].record)
            *find_reported(m, &old[i]) = old[i];
    free(old);
}

static reported reported_of(const match *found, bool is_near)
{
    return (reported){.record = found->record,
                      .question_first = found->first_token + found->question_first,
                      .is_near = is_near};
}

/* True the first time. Near misses exclude reported matches. */
static bool remember(matcher *m, const match *found, bool is_near)
{
    reported as_match = reported_of(found, false), r = reported_of(found, is_near);
    if (is_near && find_reported(m, &as_match)->record)
        return false;
    reported *place = find_reported(m, &r);
    if (place->record)
        return false;
    *place = r;
    if (++m->reported_count * 2 > m->reported_slots)
        grow_reported(m);
    return true;
}

/* The lowest score of interest. */
float match_least_score(const matcher *m)
{
    const detect_settings *s = m->x->settings;
    return m->on_near ? MIN(s->report_threshold, s->threshold) : s->threshold;
}

/* Above any overlap: sums in the reference's order may exceed 1 in their last bit. */
#define ABOVE_ANY_OVERLAP 1.001f

/* Whether answer and passage, found in full, would be enough: the score never falls when they grow. */
static bool may_reach(const matcher *m, const score_input *in)
{
    score_input best = *in;
    best.answer = best.passage = ABOVE_ANY_OVERLAP;
    const detect_settings *s = m->x->settings;
    return in->question >= 1.0f ||
           score_final(&best, s->threshold, &s->decay) >= match_least_score(m);
}

/* Looks for answer and passage, and scores. `last`: the cluster's last token. False: not enough. */
static bool weigh(matcher *m, match *found, size_t last)
{
    const eval_record *r = found->record;
    size_t excess =
        found->cluster_tokens > r->question_tokens ? found->cluster_tokens - r->question_tokens : 0;
    score_input in = {.question = found->question_overlap,
                      .has_answer = r->answer.distinct_count > 0,
                      .has_passage = r->passage.distinct_count > 0,
                      .question_ngrams = r->question_ngrams,
                      .question_tokens = r->question_tokens,
                      .answer_distinct = r->answer.distinct_count,
                      .passage_tokens = r->passage.token_count,
                      .compatible = m->x->settings->compatible};
    if (!may_reach(m, &in))
        return false;
    if (in.has_passage) {
        passage_search(m->x, r, &m->window.tokens, found->question_first, &m->passage);
        found->passage = &m->passage;
        in.passage = m->passage.overlap;
    }
    if (in.has_answer) {
        size_t question_end = last > excess ? last - excess : 0;
        answer_search(m->x, r, &m->window.tokens, question_end + 1, &m->answer);
        found->answer = &m->answer;
        in.answer = m->answer.overlap;
    }
    found->score = score_final(&in, m->x->settings->threshold, &m->x->settings->decay);
    return found->score >= match_least_score(m);
}

bool match_report(matcher *m, match *found, bool is_near, err *e)
{
    if (m->x->questions)
        aligned_remember(m, found, is_near);
    if (found->answer)
        answer_ratio(found->record, &m->window.tokens, &m->answer);
    if (found->passage)
        passage_ratio(found->record, &m->window.tokens, &m->passage);
    return (is_near ? m->on_near : m->on_match)(m->ctx, found, e);
}

/* A cluster that is longer than the question ends before the answer that it ran into. */
static void cut_back(match *found)
{
    if (!found->answer || found->answer->range_count == 0)
        return;
    size_t answer_first = found->answer->ranges[0].first;
    if (answer_first <= found->question_last &&
        found->cluster_tokens > found->record->question_tokens)
        found->question_last = answer_first - 1;
}

/* Whether this overlap of a question is enough for a record of its length. */
static bool may_match(const matcher *m, const eval_record *r, float overlap, float floor)
{
    return overlap >= floor &&
           overlap >= score_threshold(r->question_tokens, floor, &m->x->settings->decay);
}

static bool judge(matcher *m, const candidate *c, err *e)
{
    const detect_settings *s = m->x->settings;
    const eval_record *r = &m->x->records[c->record];
    if (!r->is_reported) /* it takes part in the walk, and so affects other results */
        return true;
    float overlap = r->question_sum > 0.0f ? c->matched_sum / r->question_sum : 0.0f;
    bool enough = may_match(m, r, overlap, m->x->question_floor);
    if (!enough && (!m->on_near || !may_match(m, r, overlap, m->x->near_floor)))
        return true;
    size_t last = c->hi + s->ngram_size - 1;
    match found = {.record = r,
                   .index = m->x,
                   .text = buf_slice(&m->window.text),
                   .shows_text = tokenizer_shows_text(m->x->tokens),
                   .document = &m->window.tokens,
                   .first_token = m->window.base,
                   .cluster_tokens = last - c->lo + 1,
                   .question_first = c->lo,
                   .question_last = last,
                   .matched_ngrams = c->matched,
                   .question_overlap = overlap,
                   .question_threshold =
                       score_threshold(r->question_tokens, m->x->question_floor, &s->decay)};
    if (!weigh(m, &found, last))
        return true;
    cut_back(&found);
    bool is_near = !enough || found.score < s->threshold;
    return !remember(m, &found, is_near) || match_report(m, &found, is_near, e);
}

void match_forget_memos(matcher *m)
{
    ngram_memo_clear(&m->answer.memo);
    ngram_memo_clear(&m->passage.memo);
    m->memo_base = m->window.base;
}

static bool judge_cluster(void *ctx, const cluster *c, err *e)
{
    matcher *m = ctx;
    if (m->memo_base != m->window.base)
        match_forget_memos(m);
    for (size_t i = 0; i < cluster_count(c); i++) {
        candidate one = cluster_candidate(c, i);
        if (!judge(m, &one, e))
            return false;
    }
    return true;
}

bool match_document(matcher *m, slice text, bool (*on_match)(void *ctx, const match *m, err *e),
                    void *ctx, bool *scanned, err *e)
{
    m->on_match = on_match;
    m->ctx = ctx;
    forget_reported(m);
    if (m->x->questions)
        key_set_clear(&m->places);
    if (!token_window_begin(&m->window, text, e))
        return false;
    match_forget_memos(m);
    if (!scan_document(m->x, &m->scan, &m->window, judge_cluster, m, e))
        return false;
    size_t tokens = m->window.base + m->window.tokens.count;
    if (m->x->questions && !aligned_matches(m, text, e))
        return false;
    if (scanned)
        *scanned = tokens >= 2 * m->x->settings->ngram_size;
    return true;
}
