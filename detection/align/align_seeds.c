#include "base/util.h"
#include "detection/align/align_seeds.h"

#include "detection/align/align_set.h"

#define NO_TOKEN UINT32_MAX

typedef struct seed {
    uint64_t hash;
    uint32_t text, offset;
} seed;

/* All seeds of one hash, each text once. */
typedef struct seed_group {
    const seed *each;
    size_t count, texts;
} seed_group;

typedef struct making {
    const align_set *set;
    align_seeds *out;
    seed *all; /* by hash, text, offset */
    size_t count;
    uint32_t *strong; /* by text: its strong seeds */
    size_t posts;
} making;

void align_seeds_deinit(align_seeds *seeds)
{
    free(seeds->posts);
    free(seeds->slots);
    ngram_filter_deinit(&seeds->filter);
    *seeds = (align_seeds){0};
}

static int by_hash(const void *a, const void *b)
{
    const seed *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->text != y->text)
        return x->text < y->text ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool has_seeds(const align_text *t)
{
    return t->count >= ALIGN_SEED_TOKENS && t->count <= ALIGN_TEXT_TOKENS &&
           t->records <= ALIGN_TEXT_RECORDS;
}

static void collect(making *m)
{
    const align_set *set = m->set;
    size_t count = 0;
    m->all = xcalloc(set->token_count + 1, sizeof *m->all);
    for (size_t i = 0; i < set->count; i++) {
        const align_text *t = &set->texts[i];
        for (uint32_t k = 0; has_seeds(t) && k + ALIGN_SEED_TOKENS <= t->count; k++)
            m->all[count++] = (seed){.hash = align_seed_hash(set->tokens + t->first + k),
                                     .text = (uint32_t)i,
                                     .offset = k};
    }
    m->count = count;
    if (count > 1)
        qsort(m->all, count, sizeof *m->all, by_hash);
}

static seed_group group_at(const making *m, size_t first)
{
    seed_group g = {.each = m->all + first, .count = 1, .texts = 1};
    for (; first + g.count < m->count && g.each[g.count].hash == g.each[0].hash; g.count++)
        g.texts += g.each[g.count].text != g.each[g.count - 1].text;
    return g;
}

static bool is_first_of_text(const seed_group *g, size_t i)
{
    return i == 0 || g->each[i].text != g->each[i - 1].text;
}

static bool is_strong(const align_set *set, const seed_group *g)
{
    const uint32_t *tokens = set->tokens + set->texts[g->each[0].text].first + g->each[0].offset;
    float weight = 0;
    for (size_t i = 0; i < ALIGN_SEED_TOKENS; i++)
        weight += set->weights[tokens[i]];
    return g->texts <= ALIGN_SEED_TEXTS && weight >= ALIGN_SEED_WEIGHT * set->full_weight;
}

static void count_strong(making *m)
{
    m->strong = xcalloc(m->set->count + 1, sizeof *m->strong);
    for (size_t i = 0; i < m->count;) {
        seed_group g = group_at(m, i);
        bool strong = is_strong(m->set, &g);
        for (size_t k = 0; strong && k < g.count; k++)
            m->strong[g.each[k].text] += is_first_of_text(&g, k);
        i += g.count;
    }
}

/* Keeps the heaviest; a token counts once. */
static void add_near(align_post *post, float *weights, uint32_t token, float weight)
{
    size_t k = ALIGN_NEAR_TOKENS - 1;
    if (weight <= weights[k])
        return;
    for (size_t i = 0; i < ALIGN_NEAR_TOKENS; i++)
        if (post->near[i] == token)
            return;
    for (; k > 0 && weights[k - 1] < weight; k--) {
        weights[k] = weights[k - 1];
        post->near[k] = post->near[k - 1];
    }
    weights[k] = weight;
    post->near[k] = token;
}

static align_post post_of(const align_set *set, const seed *s)
{
    const align_text *t = &set->texts[s->text];
    const uint32_t *tokens = set->tokens + t->first, *own = tokens + s->offset;
    size_t from = s->offset > ALIGN_NEAR ? s->offset - ALIGN_NEAR : 0;
    size_t to = MIN((size_t)t->count, (size_t)s->offset + ALIGN_NEAR);
    align_post post = {.text = s->text, .offset = s->offset};
    float weights[ALIGN_NEAR_TOKENS] = {0};
    for (size_t i = 0; i < ALIGN_NEAR_TOKENS; i++)
        post.near[i] = NO_TOKEN;
    for (size_t i = from; i < to; i++)
        if (tokens[i] != own[0] && tokens[i] != own[1] && tokens[i] != own[2])
            add_near(&post, weights, tokens[i], set->weights[tokens[i]]);
    return post;
}

static void put_group(making *m, const seed_group *g)
{
    align_seeds *out = m->out;
    bool strong = is_strong(m->set, g);
    size_t first = m->posts;
    for (size_t i = 0; i < g->count; i++)
        if (is_first_of_text(g, i) && (strong || m->strong[g->each[i].text] < ALIGN_STRONG_SEEDS))
            out->posts[m->posts++] = post_of(m->set, &g->each[i]);
    if (m->posts == first)
        return;
    size_t at = (size_t)(align_seeds_find(out, g->each[0].hash) - out->slots);
    out->slots[at] = (align_slot){
        .hash = g->each[0].hash, .first = (uint32_t)first, .count = (uint32_t)(m->posts - first)};
    ngram_filter_add(&out->filter, g->each[0].hash);
}

void align_seeds_make(align_seeds *seeds, const align_set *set)
{
    making m = {.set = set, .out = seeds};
    collect(&m);
    count_strong(&m);
    seeds->posts = xcalloc(m.count + 1, sizeof *seeds->posts);
    for (seeds->slot_count = 1024; seeds->slot_count < 2 * m.count;)
        seeds->slot_count *= 2;
    seeds->slots = xcalloc(seeds->slot_count, sizeof *seeds->slots);
    ngram_filter_init(&seeds->filter, m.count);
    for (size_t i = 0; i < m.count;) {
        seed_group g = group_at(&m, i);
        if (g.texts <= ALIGN_WEAK_SEED_TEXTS)
            put_group(&m, &g);
        i += g.count;
    }
    seeds->posts = xrealloc(seeds->posts, (m.posts + 1) * sizeof *seeds->posts);
    free(m.all);
    free(m.strong);
}
