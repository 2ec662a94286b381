#include "base/util.h"
#include "detection/align/align_scan.h"

#define BLOCK        32 /* tokens whose seeds are looked up together */
#define PLACE_BITS   5  /* candidates of a text closer than 32 tokens to each other are one */
#define CLOCK_LIMIT  (UINT32_MAX / 2)
#define RECORD_STEPS 128 /* cost of scoring one record of a found text */

typedef struct reading {
    align_scan *scan;
    const align_piece *piece;
    size_t marked; /* tokens before this one are in `seen` */
    bool (*on_found)(void *ctx, const align_found *f, err *e);
    void *ctx;
} reading;

void align_scan_init(align_scan *s, const align_set *set)
{
    *s = (align_scan){.set = set, .clock = 1};
    if (set)
        s->seen = xcalloc(set->weight_count + 1, sizeof *s->seen);
}

void align_scan_deinit(align_scan *s)
{
    free(s->seen);
    free(s->heap);
    key_set_deinit(&s->offered);
    align_path_deinit(&s->path);
    *s = (align_scan){0};
}

void align_scan_trim(align_scan *s)
{
    key_set_deinit(&s->offered);
    free(move(s->heap));
    s->heap_capacity = 0;
}

void align_scan_begin(align_scan *s)
{
    s->heap_count = 0;
    s->work = 0;
    key_set_clear(&s->offered);
    if (s->clock > CLOCK_LIMIT) {
        memset(s->seen, 0, s->set->weight_count * sizeof *s->seen);
        s->clock = 1;
    }
}

/* --- candidates by due place --- */

static void push(align_scan *s, align_candidate c)
{
    if (s->heap_count == s->heap_capacity) {
        s->heap_capacity = MAX(s->heap_capacity * 2, (size_t)64);
        s->heap = xrealloc(s->heap, s->heap_capacity * sizeof *s->heap);
    }
    size_t i = s->heap_count++;
    for (; i > 0 && s->heap[(i - 1) / 2].due > c.due; i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = c;
}

static align_candidate pop(align_scan *s)
{
    align_candidate first = s->heap[0], last = s->heap[--s->heap_count];
    size_t i = 0;
    for (size_t k = 1; k < s->heap_count; i = k, k = 2 * i + 1) {
        k += k + 1 < s->heap_count && s->heap[k + 1].due < s->heap[k].due;
        if (s->heap[k].due >= last.due)
            break;
        s->heap[i] = s->heap[k];
    }
    s->heap[i] = last;
    return first;
}

/* Whether the document has a rare token of the text near the seed. */
static bool is_near(const align_scan *s, const align_post *post, uint64_t place)
{
    uint32_t from = s->clock + (uint32_t)(place > ALIGN_NEAR ? place - ALIGN_NEAR : 0);
    for (size_t i = 0; i < ALIGN_NEAR_TOKENS; i++)
        if (post->near[i] == UINT32_MAX ? i == 0 : s->seen[post->near[i]] >= from)
            return true;
    return false;
}

static void offer(align_scan *s, const align_post *post, uint64_t place)
{
    if (!is_near(s, post, place))
        return;
    int64_t start = (int64_t)place - post->offset;
    uint32_t rough = (uint32_t)((start + ALIGN_TEXT_TOKENS) >> PLACE_BITS);
    if (!key_set_add(&s->offered, (uint64_t)post->text << 32 | rough))
        return;
    const align_text *text = &s->set->texts[post->text];
    s->counts.candidates++;
    push(s, (align_candidate){.start = start,
                              .due = (uint64_t)(start + text->count + ALIGN_SLACK),
                              .text = post->text});
}

/* --- seeds of a block --- */

static void mark_seen(reading *r, size_t end)
{
    const align_piece *p = r->piece;
    align_scan *s = r->scan;
    uint32_t clock = s->clock + (uint32_t)p->base;
    for (; r->marked < MIN(end, p->count); r->marked++)
        if (p->tokens[r->marked] < s->set->weight_count)
            s->seen[p->tokens[r->marked]] = clock + (uint32_t)r->marked;
}

/* In passes, so that memory is prefetched before it is read. */
static void look_up_seeds(reading *r, size_t from, size_t to)
{
    align_scan *s = r->scan;
    const align_seeds *seeds = &s->set->seeds;
    const align_piece *p = r->piece;
    uint64_t hashes[BLOCK];
    size_t places[BLOCK] = {0}, count = 0;
    for (size_t i = from; i < to && i + ALIGN_SEED_TOKENS <= p->count; i++) {
        hashes[i - from] = align_seed_hash(p->tokens + i);
        ngram_filter_prefetch(&seeds->filter, hashes[i - from]);
    }
    for (size_t i = from; i < to && i + ALIGN_SEED_TOKENS <= p->count; i++)
        if (ngram_filter_may_have(&seeds->filter, hashes[i - from])) {
            align_seeds_prefetch(seeds, hashes[i - from]);
            places[count++] = i;
        }
    for (size_t i = 0; i < count; i++) {
        const align_slot *slot = align_seeds_find(seeds, hashes[places[i] - from]);
        s->counts.seeds += slot->count > 0;
        s->counts.posts += slot->count;
        s->work += slot->count;
        for (uint32_t k = 0; k < slot->count; k++)
            offer(s, &seeds->posts[slot->first + k], p->base + places[i]);
    }
}

/* --- candidates that are due --- */

/* Whether enough of the text's weight occurs since the candidate's beginning, in any order. */
static bool may_match(align_scan *s, const align_candidate *c)
{
    const align_text *text = &s->set->texts[c->text];
    const align_check *checks = s->set->checks + text->first_check;
    int64_t from = (int64_t)s->clock + MAX(c->start - ALIGN_SLACK, (int64_t)0);
    float left = text->weight * (1 - ALIGN_SHARE);
    uint32_t i = 0;
    for (; i < text->check_count && left >= 0; i++)
        if ((int64_t)s->seen[checks[i].token] < from)
            left -= checks[i].weight;
    s->counts.checked++;
    s->work += i;
    return left >= 0;
}

static bool may_work(const align_scan *s, const align_piece *p)
{
    return s->work <= ALIGN_FREE_WORK + (uint64_t)(p->base + p->to) * ALIGN_WORK_A_TOKEN;
}

static bool is_found(align_scan *s, const align_piece *p, const align_candidate *c)
{
    const align_text *text = &s->set->texts[c->text];
    s->counts.aligned++;
    s->work += (uint64_t)text->count * ALIGN_BAND;
    return align_path_find(&s->path, s->set, text, p->tokens, p->count,
                           c->start - (int64_t)p->base) &&
           s->path.matched >= ALIGN_SHARE * text->weight;
}

static bool judge(reading *r, const align_candidate *c, err *e)
{
    align_scan *s = r->scan;
    if (!may_work(s, r->piece)) {
        s->counts.left_out++;
        return true;
    }
    if (!may_match(s, c) || !is_found(s, r->piece, c))
        return true;
    s->counts.found++;
    s->work += (uint64_t)s->set->texts[c->text].records * RECORD_STEPS;
    return r->on_found(r->ctx, &(align_found){.text = c->text, .path = &s->path}, e);
}

static bool judge_due(reading *r, uint64_t place, err *e)
{
    align_scan *s = r->scan;
    while (s->heap_count > 0 && s->heap[0].due <= place) {
        align_candidate c = pop(s);
        if (!judge(r, &c, e))
            return false;
    }
    return true;
}

bool align_scan_read(align_scan *s, const align_piece *piece,
                     bool (*on_found)(void *ctx, const align_found *f, err *e), void *ctx, err *e)
{
    reading r = {
        .scan = s, .piece = piece, .marked = piece->from, .on_found = on_found, .ctx = ctx};
    for (size_t i = piece->from; i < piece->to; i += BLOCK) {
        size_t end = MIN(i + BLOCK, piece->to);
        mark_seen(&r, end + ALIGN_NEAR);
        look_up_seeds(&r, i, end);
        if (!judge_due(&r, piece->base + end, e))
            return false;
    }
    s->counts.tokens += piece->to - piece->from;
    if (piece->at_end && !judge_due(&r, UINT64_MAX, e))
        return false;
    if (piece->at_end) {
        s->clock += (uint32_t)(piece->base + piece->to) + 1;
        s->counts.work += s->work;
    }
    return true;
}
