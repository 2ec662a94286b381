#include "base/util.h"
#include "detection/match/passage.h"

void passage_found_deinit(passage_found *f)
{
    free(f->seen.ids);
    *f = (passage_found){0};
}

/* The range, and the IDF sum of the distinct n-grams in it. The token directly before the question
 * is never compared: the highest n-gram begins at end - n. */
static float walk_back(const ngram_index *x, const eval_part *p, const token_list *document,
                       size_t start, size_t end, passage_found *out)
{
    size_t n = x->settings->passage_ngram_size, misses = 0;
    float sum = 0.0f;
    ngram_ahead ahead = {.table = &x->table, .tokens = document->ids, .n = n};
    const size_t first = end - n + 1;
    for (size_t k = first; k-- > start && first - k <= NGRAM_AHEAD;)
        ngram_memo_begin(&out->memo, &ahead, k);
    for (size_t k = first; k-- > start;) {
        if (k >= start + NGRAM_AHEAD)
            ngram_memo_begin(&out->memo, &ahead, k - NGRAM_AHEAD);
        if (k >= start + NGRAM_AHEAD / 2)
            ngram_memo_middle(&out->memo, &ahead, k - NGRAM_AHEAD / 2);
        uint32_t id = ngram_memo_find(&out->memo, &ahead, k);
        if (id == NGRAM_UNKNOWN || !sorted_contains(p->ngrams, p->ngram_count, id)) {
            if (out->found && ++misses > x->settings->passage_max_misses)
                break;
            continue;
        }
        if (!out->found)
            out->range.last = k + n - 1;
        out->range.first = k;
        out->found = true;
        misses = 0;
        if (id_set_add(&out->seen, id))
            sum += index_passage_idf(x, id);
    }
    return sum;
}

void passage_ratio(const eval_record *r, const token_list *document, passage_found *out)
{
    const eval_part *p = &r->passage;
    out->ratio = 0.0f;
    if (!out->found)
        return;
    out->seen.count = 0;
    for (size_t k = out->range.first; k <= out->range.last; k++)
        if (sorted_contains(p->distinct, p->distinct_count, document->ids[k]))
            (void)id_set_add(&out->seen, document->ids[k]);
    out->ratio = (float)out->seen.count / (float)p->distinct_count;
}

void passage_search(const ngram_index *x, const eval_record *r, const token_list *document,
                    size_t question_start, passage_found *out)
{
    const eval_part *p = &r->passage;
    size_t end = question_start > 0 ? question_start - 1 : 0;
    size_t window = MAX(2 * (size_t)p->token_count, x->settings->min_passage_distance);
    size_t start = end > window ? end - window : 0;
    out->overlap = out->ratio = 0.0f;
    out->found = false;
    out->seen.count = 0;
    if (start < end && end - start >= x->settings->passage_ngram_size &&
        index_part_can_match(x, p)) {
        float sum = walk_back(x, p, document, start, end, out);
        out->overlap = index_part_overlap(x, p, out->seen.count, sum);
    }
}
