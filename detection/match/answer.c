#include "base/array.h"
#include "base/util.h"
#include "detection/match/answer.h"

bool id_set_add(id_set *s, uint32_t id)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->count && s->ids[low] == id)
        return false;
    *ARRAY_PUSH_AT(s->ids, s->count, s->capacity, low) = id;
    return true;
}

void answer_found_deinit(answer_found *f)
{
    free(f->ranges);
    free(f->seen.ids);
    *f = (answer_found){0};
}

static void add_range(answer_found *f, size_t first, size_t last)
{
    *ARRAY_PUSH(f->ranges, f->range_count, f->range_capacity) =
        (token_range){.first = first, .last = last};
}

/* A hit near the end of the last range makes it longer: up to n - 1 tokens are bridged. */
static void add_hit(answer_found *f, size_t first, size_t n)
{
    token_range *last = f->range_count > 0 ? &f->ranges[f->range_count - 1] : NULL;
    if (last && first <= last->last + n)
        last->last = MAX(last->last, first + n - 1);
    else
        add_range(f, first, first + n - 1);
}

static void search_short(const ngram_index *x, const eval_record *r, const token_list *document,
                         answer_found *out)
{
    const eval_part *a = &r->answer;
    for (size_t k = out->from; k < out->end && k + a->token_count <= document->count; k++) {
        if (memcmp(document->ids + k, a->tokens, a->token_count * sizeof *a->tokens) != 0)
            continue;
        add_range(out, k, k + a->token_count - 1);
        float sum = 0.0f;
        for (size_t i = 0; i < a->distinct_count; i++)
            sum += index_token_idf(x, a->distinct[i]);
        out->overlap = sum > 0.0f ? 1.0f : 0.0f;
        return;
    }
}

static void search_long(const ngram_index *x, const eval_record *r, const token_list *document,
                        answer_found *out)
{
    const eval_part *a = &r->answer;
    size_t n = x->settings->answer_ngram_size, from = out->from, end = out->end;
    if (end <= from || end - from < n || !index_part_can_match(x, a))
        return;
    float sum = 0.0f; /* in order of position */
    ngram_ahead ahead = {.table = &x->table, .tokens = document->ids, .n = n};
    for (size_t k = from; k < from + NGRAM_AHEAD && k + n <= end; k++)
        ngram_memo_begin(&out->memo, &ahead, k);
    for (size_t k = from; k + n <= end; k++) {
        if (k + NGRAM_AHEAD + n <= end)
            ngram_memo_begin(&out->memo, &ahead, k + NGRAM_AHEAD);
        if (k + NGRAM_AHEAD / 2 + n <= end)
            ngram_memo_middle(&out->memo, &ahead, k + NGRAM_AHEAD / 2);
        uint32_t id = ngram_memo_find(&out->memo, &ahead, k);
        if (id == NGRAM_UNKNOWN || !sorted_contains(a->ngrams, a->ngram_count, id))
            continue;
        add_hit(out, k, n);
        if (id_set_add(&out->seen, id))
            sum += index_answer_idf(x, id);
    }
    if (out->range_count > 0)
        out->overlap = index_part_overlap(x, a, out->seen.count, sum);
}

static void count_tokens(const eval_part *a, const token_list *document, size_t first, size_t end,
                         id_set *seen)
{
    for (size_t k = first; k < end; k++)
        if (sorted_contains(a->distinct, a->distinct_count, document->ids[k]))
            (void)id_set_add(seen, document->ids[k]);
}

void answer_ratio(const eval_record *r, const token_list *document, answer_found *out)
{
    const eval_part *a = &r->answer;
    out->seen.count = 0;
    for (size_t i = 0; i < out->range_count; i++)
        count_tokens(a, document, out->ranges[i].first, out->ranges[i].last + 1, &out->seen);
    if (out->range_count == 0)
        count_tokens(a, document, out->from, out->end, &out->seen);
    out->ratio = (float)out->seen.count / (float)a->distinct_count;
}

void answer_search(const ngram_index *x, const eval_record *r, const token_list *document,
                   size_t from, answer_found *out)
{
    const detect_settings *s = x->settings;
    bool is_short = r->answer.token_count <= s->short_answer_tokens;
    size_t window = is_short ? s->short_answer_window
                             : MAX(2 * (size_t)r->answer.token_count, s->min_long_answer_window);
    out->from = from;
    out->end = MIN(from + window, document->count);
    out->overlap = out->ratio = 0.0f;
    out->range_count = 0;
    out->seen.count = 0;
    if (is_short)
        search_short(x, r, document, out);
    else
        search_long(x, r, document, out);
}
