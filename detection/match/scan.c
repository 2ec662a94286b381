#include "base/util.h"
#include "detection/match/scan.h"

#include "detection/table/hash.h"

#define LEAST_SET_SLOTS 1024

/* One walk: the document's tokens and how many n-grams they make. */
typedef struct walk {
    const ngram_index *x;
    const uint32_t *tokens;
    size_t total; /* n-gram positions */
    scan_scratch *s;
} walk;

void scan_scratch_deinit(scan_scratch *s)
{
    free(s->candidates);
    free(s->active);
    free(s->matches);
    free(s->set);
    *s = (scan_scratch){0};
}

/* The id of the n-gram at the position, where it stands in a question. */
static inline uint32_t ngram_at(const walk *w, size_t position)
{
    uint64_t hash = ngram_hash(w->tokens + position, w->x->settings->ngram_size);
    if (!ngram_filter_may_have(&w->x->in_questions, hash))
        return NGRAM_UNKNOWN;
    return ngram_table_find_hash(&w->x->table, hash);
}

static uint64_t *set_place(uint64_t *set, size_t slots, uint64_t value)
{
    size_t i = hash_mix(value, UINT64_C(0x9E3779B97F4A7C15)) & (slots - 1);
    while (set[i] != 0 && set[i] != value)
        i = (i + 1) & (slots - 1);
    return &set[i];
}

/* The set's memory is kept, its size starts small for each cluster. */
static void set_resize(scan_scratch *s, size_t slots)
{
    s->set_slots = slots;
    if (slots > s->set_capacity) {
        s->set_capacity = slots;
        free(s->set);
        s->set = xcalloc(slots, sizeof *s->set);
    } else {
        memset(s->set, 0, slots * sizeof *s->set);
    }
    for (size_t i = 0; i < s->match_count; i++)
        *set_place(s->set, slots, s->matches[i] + 1) = s->matches[i] + 1;
}

/* Notes that a candidate has an n-gram; false where it had it already. */
static bool add_match(scan_scratch *s, uint32_t candidate_number, uint32_t ngram)
{
    if ((s->match_count + 1) * 2 > s->set_slots)
        set_resize(s, s->set_slots * 2);
    uint64_t match = (uint64_t)candidate_number << 32 | ngram;
    uint64_t *place = set_place(s->set, s->set_slots, match + 1);
    if (*place)
        return false;
    *place = match + 1;
    if (s->match_count == s->match_capacity) {
        s->match_capacity = MAX(s->match_capacity * 2, (size_t)LEAST_SET_SLOTS);
        s->matches = xrealloc(s->matches, s->match_capacity * sizeof *s->matches);
    }
    s->matches[s->match_count++] = match;
    return true;
}

static void start_cluster(const walk *w, size_t seed, uint32_t ngram, record_list docs)
{
    scan_scratch *s = w->s;
    s->match_count = 0;
    set_resize(s, LEAST_SET_SLOTS);
    if (docs.count > s->candidate_capacity) {
        s->candidate_capacity = MAX(docs.count, s->candidate_capacity * 2);
        s->candidates = xrealloc(s->candidates, s->candidate_capacity * sizeof *s->candidates);
        s->active = xrealloc(s->active, s->candidate_capacity * sizeof *s->active);
    }
    for (size_t i = 0; i < docs.count; i++) {
        s->candidates[i] = (candidate){.record = docs.records[i], .lo = seed, .hi = seed};
        add_match(s, (uint32_t)i, ngram);
    }
}

static void activate_all(scan_scratch *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s->active[i] = (uint32_t)i;
        s->candidates[i].misses = 0;
    }
    s->active_count = count;
}

/* The first place from `from` on whose record is not below `record`: steps that double, then a
 * binary search, since both lists ascend. */
static size_t advance(record_list docs, size_t from, uint32_t record)
{
    size_t step = 1, low = from;
    while (low < docs.count && docs.records[low] < record) {
        from = low + 1;
        low += step;
        step *= 2;
    }
    size_t high = MIN(low, docs.count);
    while (from < high) {
        size_t middle = (from + high) / 2;
        if (docs.records[middle] < record)
            from = middle + 1;
        else
            high = middle;
    }
    return from;
}

/* One position of a pass: candidates that hold its n-gram move their bound; the others miss, and
 * leave after too many misses. An n-gram that a candidate had before does not forgive misses. */
static void visit(const walk *w, size_t position, bool to_left)
{
    scan_scratch *s = w->s;
    uint32_t ngram = ngram_at(w, position);
    record_list docs = index_docs(w->x, ngram);
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < s->active_count; i++) {
        uint32_t number = s->active[i];
        candidate *c = &s->candidates[number];
        at = advance(docs, at, c->record);
        if (at < docs.count && docs.records[at] == c->record) {
            if (add_match(s, number, ngram))
                c->misses = 0;
            *(to_left ? &c->lo : &c->hi) = position;
        } else if (++c->misses >= w->x->settings->question_max_misses) {
            continue;
        }
        s->active[kept++] = number;
    }
    s->active_count = kept;
}

static size_t expand(const walk *w, size_t seed, size_t count)
{
    scan_scratch *s = w->s;
    activate_all(s, count);
    for (size_t k = seed; k > 0 && s->active_count > 0; k--)
        visit(w, k - 1, true);
    activate_all(s, count);
    size_t end = seed;
    while (s->active_count > 0 && end + 1 < w->total)
        visit(w, ++end, false);
    return end;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* IDF sums in ascending id order, candidate by candidate. */
static void sum_matches(const walk *w)
{
    scan_scratch *s = w->s;
    qsort(s->matches, s->match_count, sizeof *s->matches, compare_u64);
    for (size_t i = 0; i < s->match_count; i++) {
        candidate *c = &s->candidates[s->matches[i] >> 32];
        c->matched_sum += w->x->question_idf[(uint32_t)s->matches[i]];
        c->matched++;
    }
}

/* Probes are made some steps ahead, so that the filter's memory is on its way when it is looked at.
 */
#define PROBES_AHEAD 8

/* From `i` on in steps, the first position whose n-gram stands in a question, or w->total or more. */
static size_t next_hit(const walk *w, size_t i, uint32_t *ngram)
{
    size_t n = w->x->settings->ngram_size, step = w->x->settings->sample_every_m_tokens;
    const ngram_filter *filter = &w->x->in_questions;
    uint64_t hashes[PROBES_AHEAD];
    while (i < w->total) {
        size_t count = MIN((w->total - i + step - 1) / step, (size_t)PROBES_AHEAD);
        for (size_t k = 0; k < count; k++) {
            hashes[k] = ngram_hash(w->tokens + i + k * step, n);
            ngram_filter_prefetch(filter, hashes[k]);
        }
        for (size_t k = 0; k < count; k++, i += step) {
            if (!ngram_filter_may_have(filter, hashes[k]))
                continue;
            *ngram = ngram_table_find_hash(&w->x->table, hashes[k]);
            if (index_docs(w->x, *ngram).count > 0)
                return i;
        }
    }
    return i;
}

bool scan_document(const ngram_index *x, scan_scratch *s, const token_list *document,
                   bool (*on_cluster)(void *ctx, const cluster *c, err *e), void *ctx, err *e)
{
    size_t n = x->settings->ngram_size;
    uint32_t ngram;
    if (document->count < 2 * n)
        return true;
    walk w = {.x = x, .tokens = document->ids, .total = document->count - n + 1, .s = s};
    for (size_t i = 0; (i = next_hit(&w, i, &ngram)) < w.total;) {
        record_list docs = index_docs(x, ngram);
        if (docs.count > x->hot_limit) {
            i++;
            continue;
        }
        start_cluster(&w, i, ngram, docs);
        size_t end = expand(&w, i, docs.count);
        sum_matches(&w);
        cluster c = {.candidates = s->candidates, .count = docs.count, .end = end};
        if (!on_cluster(ctx, &c, e))
            return false;
        i = end + 1;
    }
    return true;
}
