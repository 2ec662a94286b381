#include "base/util.h"
#include "detection/align/align_path.h"

#define HALF (ALIGN_BAND / 2)
/* Penalty of a document token in a gap: in full weights, but for texts of common words at most this
 * share of the mean weight of their tokens. */
#define GAP_PENALTY      0.05f
#define GAP_PENALTY_MOST 0.25f
#define DRIFT_LEAST      4 /* columns from the middle of the band before it moves */

enum { STEP_START, STEP_MATCH, STEP_SKIP_TEXT, STEP_SKIP_DOCUMENT };

/* One token of the text against ALIGN_BAND tokens of the document. */
typedef struct align_row {
    int64_t low;   /* the first of those tokens */
    int64_t place; /* the one that matches, -1: none */
    uint8_t steps[ALIGN_BAND];
} align_row;

/* The best weights of a row, a column of 0 on either side. */
typedef struct weights {
    float at[ALIGN_BAND + 2];
    size_t top; /* column of the greatest one */
} weights;

typedef struct search {
    align_path *path;
    const align_set *set;
    const uint32_t *text, *tokens;
    size_t text_count, count;
    float penalty, best;
    size_t best_row, best_column;
} search;

void align_path_deinit(align_path *p)
{
    free(p->rows);
    *p = (align_path){0};
}

static float weight_at(const weights *w, int64_t column)
{
    return column >= 0 && column < ALIGN_BAND ? w->at[column + 1] : 0;
}

/* `shift`: a column of this row is column + shift of the previous row. */
static void fill_row(const search *s, size_t number, const weights *before, int64_t shift,
                     weights *now)
{
    align_row *row = &s->path->rows[number];
    float weight = s->set->weights[s->text[number]];
    uint32_t token = s->text[number];
    *now = (weights){.top = HALF};
    for (int64_t k = 0; k < ALIGN_BAND; k++) {
        int64_t place = row->low + k;
        float best = weight_at(before, k + shift), left = now->at[k] - s->penalty;
        uint8_t step = best > 0 ? STEP_SKIP_TEXT : STEP_START;
        if (left > best) {
            best = left;
            step = STEP_SKIP_DOCUMENT;
        }
        if (place >= 0 && place < (int64_t)s->count && s->tokens[place] == token) {
            float match = weight_at(before, k + shift - 1) + weight;
            step = match > best ? STEP_MATCH : step;
            best = MAX(match, best);
        }
        now->at[k + 1] = best;
        row->steps[k] = step;
        if (best > now->at[now->top + 1])
            now->top = (size_t)k;
    }
}

/* How far the band moves for the next token of the text. */
static int64_t advance(const weights *now)
{
    int64_t drift = (int64_t)now->top - HALF;
    if (now->at[now->top + 1] <= 0)
        return 1;
    return drift > DRIFT_LEAST ? 3 : drift < -DRIFT_LEAST ? 0 : 1;
}

static void fill(search *s, int64_t expected)
{
    weights rows[2] = {{.top = HALF}, {.top = HALF}};
    int64_t low = expected - HALF, shift = 1;
    for (size_t i = 0; i < s->text_count; i++) {
        weights *now = &rows[i & 1];
        s->path->rows[i].low = low;
        fill_row(s, i, &rows[1 - (i & 1)], shift, now);
        if (now->at[now->top + 1] > s->best) {
            s->best = now->at[now->top + 1];
            s->best_row = i;
            s->best_column = now->top;
        }
        shift = advance(now);
        low += shift;
    }
}

/* Traces back from the best place; records which tokens match. */
static void trace(const search *s)
{
    align_row *rows = s->path->rows;
    int64_t column = (int64_t)s->best_column;
    size_t i = s->best_row;
    for (size_t k = 0; k < s->text_count; k++)
        rows[k].place = -1;
    for (;;) {
        uint8_t step = column >= 0 && column < ALIGN_BAND ? rows[i].steps[column] : STEP_START;
        if (step == STEP_START)
            return;
        if (step == STEP_SKIP_DOCUMENT) {
            column--;
            continue;
        }
        if (step == STEP_MATCH)
            rows[i].place = rows[i].low + column;
        if (i == 0)
            return;
        column += rows[i].low - rows[i - 1].low - (step == STEP_MATCH);
        i--;
    }
}

static void sum_up(const search *s)
{
    align_path *p = s->path;
    float skipped = 0;
    size_t before = 0; /* the token of the text that matched last */
    p->matched = p->replaced = 0;
    p->count = 0;
    for (size_t i = 0; i < s->text_count; i++) {
        float weight = s->set->weights[s->text[i]];
        int64_t place = p->rows[i].place;
        if (place < 0) {
            skipped += weight;
            continue;
        }
        if (p->count == 0)
            p->first = (size_t)place;
        else if (i - before - 1 <= ALIGN_GAP_TEXT &&
                 (size_t)place - p->last - 1 <= ALIGN_GAP_DOCUMENT)
            p->replaced += skipped;
        p->matched += weight;
        p->last = (size_t)place;
        p->count++;
        before = i;
        skipped = 0;
    }
}

bool align_path_find(align_path *p, const align_set *set, const align_text *text,
                     const uint32_t *tokens, size_t count, int64_t expected)
{
    search s = {.path = p,
                .set = set,
                .text = set->tokens + text->first,
                .text_count = text->count,
                .tokens = tokens,
                .count = count,
                .penalty = MIN(GAP_PENALTY * set->full_weight,
                               GAP_PENALTY_MOST * text->weight / (float)text->count)};
    if (text->count > p->capacity) {
        p->capacity = text->count;
        p->rows = xrealloc(p->rows, p->capacity * sizeof *p->rows);
    }
    fill(&s, expected);
    if (s.best <= 0)
        return false;
    trace(&s);
    sum_up(&s);
    return p->count > 0;
}
