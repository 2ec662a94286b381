#include "base/array.h"
#include "base/util.h"
#include "detection/match/scan.h"

#include "detection/match/overlap_text.h"

/* One walk: the document's tokens and how many n-grams they make. */
typedef struct walk {
    const ngram_index *x;
    const uint32_t *tokens;
    size_t total; /* n-gram positions */
    scan_scratch *s;
} walk;

void scan_scratch_deinit(scan_scratch *s)
{
    candidate_groups_deinit(&s->groups);
    seen_map_deinit(&s->ngrams);
    seen_map_deinit(&s->lists);
    free(s->active);
    *s = (scan_scratch){0};
}

/* The id of the n-gram at the position, if a question contains it. */
static inline uint32_t ngram_at(const walk *w, size_t position)
{
    uint64_t hash = ngram_ahead_hash(&w->s->ahead, position);
    if (!ngram_filter_may_have(&w->x->in_questions, hash))
        return NGRAM_UNKNOWN;
    return ngram_table_find_hash(&w->x->table, hash);
}

static void start_cluster(const walk *w, size_t seed, uint32_t ngram)
{
    scan_scratch *s = w->s;
    candidate_groups_begin(&s->groups, index_docs(w->x, ngram), seed);
    seen_map_clear(&s->ngrams);
    seen_map_clear(&s->lists);
    seen *own = seen_map_at(&s->ngrams, ngram);
    own->left = own->right = seed;
    own = seen_map_at(&s->lists, index_list(w->x, ngram));
    own->left = own->right = seed;
}

static void activate_all(scan_scratch *s)
{
    ARRAY_RESERVE(s->active, s->active_capacity, s->groups.capacity);
    s->active_count = s->groups.count;
    for (uint32_t i = 0; i < s->active_count; i++) {
        s->active[i] = i;
        s->groups.groups[i].active = true;
        s->groups.groups[i].misses = 0;
    }
}

/* Afterwards all records of an active group contain the n-grams of this list, or none does. */
static void refine(scan_scratch *s, uint32_t list, record_list docs, size_t position, bool to_left)
{
    seen *split = seen_map_at(&s->lists, list);
    bool uniform = true;
    for (size_t i = 0; uniform && i < s->active_count; i++)
        uniform = seen_before(split, s->groups.groups[s->active[i]].left_end, to_left);
    if (uniform)
        return;
    *(to_left ? &split->left : &split->right) = position;
    size_t before = s->groups.count;
    candidate_groups_refine(&s->groups, docs);
    for (size_t i = before; i < s->groups.count; i++)
        s->active[s->active_count++] = (uint32_t)i;
}

/* One position of a pass: groups that hold its n-gram move their bound; the others miss, and leave
 * after too many misses. An n-gram that a group had before does not reset its misses. */
static void visit(const walk *w, size_t position, bool to_left)
{
    scan_scratch *s = w->s;
    uint32_t ngram = ngram_at(w, position);
    record_list docs = index_docs(w->x, ngram);
    seen *here = NULL;
    if (docs.count > 0) {
        refine(s, index_list(w->x, ngram), docs, position, to_left);
        here = seen_map_at(&s->ngrams, ngram);
    }
    size_t kept = 0;
    for (size_t i = 0; i < s->active_count; i++) {
        uint32_t number = s->active[i];
        candidate_group *g = &s->groups.groups[number];
        *(to_left ? &g->left_end : &g->right_end) = position;
        if (here &&
            sorted_contains(docs.records, docs.count, candidate_group_record(&s->groups, number))) {
            if (!seen_before(here, g->left_end, to_left))
                g->misses = 0;
            *(to_left ? &g->lo : &g->hi) = position;
        } else if (++g->misses >= w->x->settings->question_max_misses) {
            g->active = false;
            continue;
        }
        s->active[kept++] = number;
    }
    s->active_count = kept;
    size_t *place = here ? (to_left ? &here->left : &here->right) : NULL;
    if (place && *place == SEEN_NOT)
        *place = position;
}

/* The `i`th position from the seed on, on one side; false: there is none. */
static inline bool place_of(const walk *w, size_t seed, size_t i, bool to_left, size_t *position)
{
    *position = to_left ? seed - i : seed + i;
    return to_left ? i <= seed : *position < w->total;
}

/* One pass; yields the last position that was visited, or the seed. */
static size_t pass(const walk *w, size_t seed, bool to_left)
{
    scan_scratch *s = w->s;
    size_t position, last = seed;
    for (size_t i = 1; i <= NGRAM_AHEAD && place_of(w, seed, i, to_left, &position); i++)
        ngram_ahead_begin(&s->ahead, position);
    for (size_t i = 1; s->active_count > 0; i++) {
        if (place_of(w, seed, i + NGRAM_AHEAD, to_left, &position))
            ngram_ahead_begin(&s->ahead, position);
        if (place_of(w, seed, i + NGRAM_AHEAD / 2, to_left, &position))
            ngram_ahead_middle(&s->ahead, position);
        if (!place_of(w, seed, i, to_left, &position))
            break;
        visit(w, last = position, to_left);
    }
    return last;
}

static size_t expand(const walk *w, size_t seed)
{
    scan_scratch *s = w->s;
    s->ahead = (ngram_ahead){.table = &w->x->table,
                             .filter = &w->x->in_questions,
                             .tokens = w->tokens,
                             .n = w->x->settings->ngram_size};
    activate_all(s);
    pass(w, seed, true);
    s->met_start = s->active_count > 0;
    activate_all(s);
    size_t end = pass(w, seed, false);
    s->met_end = s->active_count > 0;
    return end;
}

/* One n-gram during summation. */
typedef struct summing {
    candidate_groups *groups;
    const seen *ngram;
    float idf;
} summing;

/* Whether the group was active at the place nearest to the seed where this n-gram, which it
 * contains, occurs. */
static void add_to_group(const summing *sum, candidate_group *g)
{
    const seen *n = sum->ngram;
    if ((n->left != SEEN_NOT && n->left >= g->left_end) ||
        (n->right != SEEN_NOT && n->right <= g->right_end)) {
        g->matched_sum += sum->idf;
        g->matched++;
    }
}

static void add_to_group_of(void *ctx, uint32_t number)
{
    const summing *sum = ctx;
    candidate_group *g = &sum->groups->groups[sum->groups->group_of[number]];
    if (sum->groups->members[g->first] == number)
        add_to_group(sum, g);
}

/* IDF sums in ascending id order, group by group. */
static void sum_matches(const walk *w)
{
    scan_scratch *s = w->s;
    candidate_groups *groups = &s->groups;
    seen_map_sort(&s->ngrams);
    for (size_t i = 0; i < s->ngrams.count; i++) {
        uint32_t id = s->ngrams.items[i].id;
        record_list docs = index_docs(w->x, id);
        summing sum = {
            .groups = groups, .ngram = &s->ngrams.items[i], .idf = index_question_idf(w->x, id)};
        if (groups->count >= docs.count) {
            candidate_groups_each_in(groups, docs, add_to_group_of, &sum);
            continue;
        }
        for (size_t k = 0; k < groups->count; k++)
            if (sorted_contains(docs.records, docs.count, candidate_group_record(groups, k)))
                add_to_group(&sum, &groups->groups[k]);
    }
}

/* N-grams are probed some steps ahead, so that memory is prefetched before it is read: first of the filter,
 * then of the table for those that pass it. */
#define PROBES_AHEAD 16

/* Those of the hashes that the filter has, a bit each. */
static unsigned probe(const walk *w, const uint64_t *hashes, size_t count)
{
    unsigned passing = 0;
    for (size_t k = 0; k < count; k++)
        if (ngram_filter_may_have(&w->x->in_questions, hashes[k])) {
            passing |= 1u << k;
            ngram_table_prefetch_start(&w->x->table, hashes[k]);
        }
    for (unsigned rest = passing; rest; rest &= rest - 1)
        ngram_table_prefetch_entries(&w->x->table, hashes[__builtin_ctz(rest)]);
    return passing;
}

/* From `i` to before `end`, the first n-gram of a question that begins with the lead pair of a short
 * one; SIZE_MAX: there is none. */
static size_t next_lead(const walk *w, size_t i, size_t end, uint32_t *ngram)
{
    const lead_pairs *leads = &w->x->short_leads;
    for (; i < end && leads->bits; i++) {
        if (!lead_pairs_may_have(leads, w->tokens + i))
            continue;
        *ngram = ngram_table_find(&w->x->table, w->tokens + i, w->x->settings->ngram_size);
        if (index_docs(w->x, *ngram).count > 0)
            return i;
    }
    return SIZE_MAX;
}

/* Positions before it can be looked up, and those up to the next step. */
static size_t lookup_end(const walk *w, const token_window *t)
{
    size_t step = w->x->settings->sample_every_m_tokens;
    if (!w->x->short_leads.bits || t->at_end)
        return w->total;
    return w->total > step ? w->total - step : 0;
}

/* From `i` on in steps, the first position whose n-gram is in a question, or `end` or more. */
static size_t next_hit(const walk *w, size_t i, size_t end, uint32_t *ngram)
{
    size_t n = w->x->settings->ngram_size, step = w->x->settings->sample_every_m_tokens, count;
    uint64_t hashes[PROBES_AHEAD];
    for (; i < end; i += count * step) {
        size_t from = i, lead;
        count = MIN((end - i + step - 1) / step, (size_t)PROBES_AHEAD);
        for (size_t k = 0; k < count; k++) {
            hashes[k] = ngram_hash(w->tokens + i + k * step, n);
            ngram_filter_prefetch(&w->x->in_questions, hashes[k]);
        }
        for (unsigned rest = probe(w, hashes, count); rest; rest &= rest - 1) {
            size_t k = (size_t)__builtin_ctz(rest), at = i + k * step;
            if ((lead = next_lead(w, from, at, ngram)) < at)
                return lead;
            *ngram = ngram_table_find_hash(&w->x->table, hashes[k]);
            if (index_docs(w->x, *ngram).count > 0)
                return at;
            from = at + 1;
        }
        size_t next = MIN(i + count * step, w->total);
        if ((lead = next_lead(w, from, next, ngram)) < next)
            return lead;
    }
    return i;
}

scan_margins scan_margins_of(const ngram_index *x)
{
    const detect_settings *s = x->settings;
    size_t passage = MAX(2 * x->longest_passage, s->min_passage_distance);
    size_t answer = MAX(2 * x->longest_answer, s->min_long_answer_window);
    answer = MAX(answer, s->short_answer_window) + x->longest_answer + s->answer_ngram_size;
    return (scan_margins){.before = MAX(passage, (size_t)OVERLAP_TOKENS_BEFORE) + 2,
                          .behind = answer + OVERLAP_TOKENS_BEHIND + s->ngram_size + 2};
}

static walk walk_of(const ngram_index *x, scan_scratch *s, const token_window *t)
{
    size_t n = x->settings->ngram_size;
    return (walk){.x = x,
                  .tokens = t->tokens.ids,
                  .total = t->tokens.count >= n ? t->tokens.count - n + 1 : 0,
                  .s = s};
}

/* Whether the window has all tokens that the cluster can reach. */
static bool has_before(const scan_scratch *s, const token_window *t, const scan_margins *m)
{
    bool enough = t->base == 0 || !s->met_start;
    for (size_t i = 0; enough && i < s->groups.count; i++)
        enough = t->base == 0 || s->groups.groups[i].lo >= m->before;
    return enough;
}

static bool has_behind(const scan_scratch *s, const token_window *t, const scan_margins *m)
{
    bool enough = t->at_end || !s->met_end;
    for (size_t i = 0; enough && i < s->groups.count; i++)
        enough = t->at_end || s->groups.groups[i].hi + m->behind <= t->tokens.count;
    return enough;
}

/* The cluster of the hit at token `place` of the document, in a window that is large enough for it.
 * Yields its end, in the window. */
static bool take_cluster(const ngram_index *x, scan_scratch *s, token_window *t, size_t place,
                         uint32_t ngram, size_t *end, err *e)
{
    scan_margins m = scan_margins_of(x);
    size_t before = m.before + t->spare, after = m.behind + t->spare;
    for (;;) {
        walk w = walk_of(x, s, t);
        start_cluster(&w, place - t->base, ngram);
        *end = expand(&w, place - t->base);
        bool left = has_before(s, t, &m), right = has_behind(s, t, &m);
        if (left && right)
            break;
        before *= left ? 1 : 2;
        after *= right ? 1 : 2;
        if (!token_window_move(t, place, before, after, e))
            return false;
    }
    walk w = walk_of(x, s, t);
    sum_matches(&w);
    return true;
}

/* Where the search continues after a cluster, which was walked to `end`. With extended normalisation after
 * the last n-gram of its records: behind it, another record may begin. */
static size_t next_of(const ngram_index *x, const scan_scratch *s, size_t seed, size_t end)
{
    size_t last = seed;
    if (!x->settings->extended_normal)
        return end + 1;
    for (size_t i = 0; i < s->groups.count; i++)
        last = MAX(last, s->groups.groups[i].hi);
    return last + 1;
}

bool scan_document(const ngram_index *x, scan_scratch *s, token_window *t,
                   bool (*on_cluster)(void *ctx, const cluster *c, err *e), void *ctx, err *e)
{
    size_t place = 0, n = x->settings->ngram_size;
    size_t behind = n + (x->short_leads.bits ? x->settings->sample_every_m_tokens : 0);
    uint32_t ngram;
    if (!token_window_move(t, 0, 0, 2 * n, e))
        return false;
    if (t->tokens.count < 2 * n)
        return true;
    for (;;) {
        walk w = walk_of(x, s, t);
        size_t limit = lookup_end(&w, t), i = next_hit(&w, place - t->base, limit, &ngram);
        place = t->base + i;
        if (i >= limit && t->at_end)
            return true;
        if (i >= limit) {
            if (!token_window_move(t, place, scan_margins_of(x).before + t->spare,
                                   behind + t->spare, e))
                return false;
            continue;
        }
        if (index_docs(x, ngram).count > x->hot_limit) {
            place++;
            continue;
        }
        size_t end;
        if (!take_cluster(x, s, t, place, ngram, &end, e))
            return false;
        cluster c = {.groups = &s->groups, .seed = place - t->base, .end = end};
        if (!on_cluster(ctx, &c, e))
            return false;
        place = t->base + next_of(x, s, place - t->base, end);
    }
}
