#include "base/util.h"
#include "detection/align/align_set.h"

#include <math.h>

align_set *align_set_new(void)
{
    return xcalloc(1, sizeof(align_set));
}

void align_set_free(align_set *s)
{
    if (!s)
        return;
    free(s->tokens);
    free(s->texts);
    free(s->known);
    free(s->weights);
    free(s->checks);
    align_seeds_deinit(&s->seeds);
    free(s->record_first);
    free(s->records);
    free(s);
}

/* --- adding --- */

static uint32_t *place_of(const align_set *s, const uint32_t *tokens, size_t count)
{
    size_t mask = s->known_slots - 1, i = ngram_hash(tokens, count) & mask;
    for (; s->known[i]; i = (i + 1) & mask) {
        const align_text *t = &s->texts[s->known[i] - 1];
        if (t->count == count && memcmp(s->tokens + t->first, tokens, count * sizeof *tokens) == 0)
            break;
    }
    return &s->known[i];
}

static void grow_known(align_set *s)
{
    s->known_slots = MAX(s->known_slots * 2, (size_t)1024);
    free(s->known);
    s->known = xcalloc(s->known_slots, sizeof *s->known);
    for (size_t i = 0; i < s->count; i++)
        *place_of(s, s->tokens + s->texts[i].first, s->texts[i].count) = (uint32_t)i + 1;
}

static void append_text(align_set *s, const uint32_t *tokens, size_t count)
{
    if (s->count == s->capacity) {
        s->capacity = MAX(s->capacity * 2, (size_t)256);
        s->texts = xrealloc(s->texts, s->capacity * sizeof *s->texts);
    }
    if (s->token_count + count > s->token_capacity) {
        s->token_capacity = MAX(s->token_capacity * 2, s->token_count + count);
        s->tokens = xrealloc(s->tokens, s->token_capacity * sizeof *s->tokens);
    }
    s->texts[s->count++] = (align_text){.first = s->token_count, .count = (uint32_t)count};
    memcpy(s->tokens + s->token_count, tokens, count * sizeof *tokens);
    s->token_count += count;
}

uint32_t align_set_add(align_set *s, const uint32_t *tokens, size_t count)
{
    if (2 * s->count >= s->known_slots)
        grow_known(s);
    uint32_t *place = place_of(s, tokens, count);
    if (*place == 0) {
        append_text(s, tokens, count);
        *place = (uint32_t)s->count;
    }
    return *place - 1;
}

/* --- freezing --- */

/* Counted, summed up, filled: each start ends as that of the next text. */
static void link_records(align_set *s, const uint32_t *text_of, size_t record_count)
{
    s->record_first = xcalloc(s->count + 2, sizeof *s->record_first);
    s->records = xcalloc(record_count + 1, sizeof *s->records);
    for (size_t i = 0; i < record_count; i++)
        if (text_of[i] != ALIGN_NO_TEXT) {
            s->texts[text_of[i]].records++;
            s->record_first[text_of[i] + 2]++;
        }
    for (size_t i = 2; i < s->count + 2; i++)
        s->record_first[i] += s->record_first[i - 1];
    for (size_t i = 0; i < record_count; i++)
        if (text_of[i] != ALIGN_NO_TEXT)
            s->records[s->record_first[text_of[i] + 1]++] = (uint32_t)i;
}

static int by_token(const void *a, const void *b)
{
    const align_check *x = a, *y = b;
    return (x->token > y->token) - (x->token < y->token);
}

static int by_weight(const void *a, const void *b)
{
    const align_check *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return by_token(a, b);
}

/* The distinct tokens of a text; their weights are the numbers of occurrences. */
static void count_tokens(align_set *s, align_text *t, size_t first_check)
{
    align_check *c = s->checks + first_check;
    for (size_t k = 0; k < t->count; k++)
        c[k] = (align_check){.token = s->tokens[t->first + k], .weight = 1};
    if (t->count > 1)
        qsort(c, t->count, sizeof *c, by_token);
    for (size_t k = 0; k < t->count; k++) {
        align_check *last = t->check_count > 0 ? &c[t->check_count - 1] : NULL;
        if (last && last->token == c[k].token)
            last->weight++;
        else
            c[t->check_count++] = c[k];
    }
    t->first_check = first_check;
    for (size_t k = 0; k < t->check_count; k++)
        s->weights[c[k].token] += (float)t->records;
}

static void weigh_text(align_set *s, align_text *t)
{
    align_check *c = s->checks + t->first_check;
    for (size_t k = 0; k < t->check_count; k++) {
        c[k].weight *= s->weights[c[k].token];
        t->weight += c[k].weight;
    }
    if (t->check_count > 1)
        qsort(c, t->check_count, sizeof *c, by_weight);
}

static void weigh_tokens(align_set *s)
{
    uint32_t most = 0;
    size_t records = 0, checks = 0;
    for (size_t i = 0; i < s->token_count; i++)
        most = MAX(most, s->tokens[i]);
    s->weight_count = (size_t)most + 1;
    s->weights = xcalloc(s->weight_count, sizeof *s->weights);
    s->checks = xcalloc(s->token_count + 1, sizeof *s->checks);
    for (size_t i = 0; i < s->count; i++) {
        count_tokens(s, &s->texts[i], checks);
        checks += s->texts[i].check_count;
        records += s->texts[i].records;
    }
    for (size_t i = 0; i < s->weight_count; i++)
        if (s->weights[i] > 0)
            s->weights[i] = logf((float)(records + 1) / s->weights[i]);
    s->full_weight = logf((float)(records + 1));
}

void align_set_freeze(align_set *s, const uint32_t *text_of, size_t record_count)
{
    link_records(s, text_of, record_count);
    weigh_tokens(s);
    for (size_t i = 0; i < s->count; i++)
        weigh_text(s, &s->texts[i]);
    align_seeds_make(&s->seeds, s);
    free(s->known);
    s->known = NULL;
}
