#include "base/util.h"
#include "detection/index/record_lists.h"

#include "detection/table/hash.h"

#define SEED UINT64_C(0x2545F4914F6CDD1D)

/* Postings in one row: counted, summed up to where each list ends, filled from the back, so that
 * each place ends as its list's start and the records of a list ascend. The starts are malloc'ed. */
static uint32_t *make_postings(ngram_index *x)
{
    size_t count = x->table.count;
    uint32_t total = 0;
    uint32_t *start = xcalloc(count + 1, sizeof *start);
    for (size_t i = 0; i < x->record_count; i++)
        for (size_t k = 0; k < x->records[i].question_ngrams; k++)
            start[x->records[i].question_ids[k]]++;
    for (size_t id = 0; id <= count; id++)
        start[id] = total += start[id];
    x->posts = xcalloc((size_t)total + 1, sizeof *x->posts);
    for (size_t i = x->record_count; i-- > 0;)
        for (size_t k = 0; k < x->records[i].question_ngrams; k++)
            x->posts[--start[x->records[i].question_ids[k]]] = (uint32_t)i;
    return start;
}

/* The lists so far, found by what they hold. */
typedef struct sharing {
    ngram_index *x;
    uint32_t *slots; /* list numbers; 0: free */
    size_t mask;
    uint32_t lists; /* list 0 included */
} sharing;

static bool holds(const ngram_index *x, uint32_t list, slice records)
{
    size_t len = (x->list_start[list + 1] - x->list_start[list]) * sizeof *x->posts;
    return len == records.len &&
           memcmp(x->posts + x->list_start[list], records.data, records.len) == 0;
}

/* The list of these records, which are in `posts`, at its end or after it. */
static uint32_t share(sharing *s, const uint32_t *records, size_t count)
{
    ngram_index *x = s->x;
    slice bytes = {.data = (const char *)records, .len = count * sizeof *records};
    size_t i = hash_bytes(bytes.data, bytes.len, SEED) & s->mask;
    while (s->slots[i] && !holds(x, s->slots[i], bytes))
        i = (i + 1) & s->mask;
    if (s->slots[i])
        return s->slots[i];
    uint32_t end = x->list_start[s->lists];
    memmove(x->posts + end, records, bytes.len);
    s->slots[i] = s->lists;
    x->list_start[++s->lists] = end + (uint32_t)count;
    return s->slots[i];
}

void record_lists_make(ngram_index *x)
{
    size_t count = x->table.count, slots = 1024;
    AUTO_FREE uint32_t *start = make_postings(x);
    while (slots < 2 * count)
        slots *= 2;
    AUTO_FREE uint32_t *table = xcalloc(slots, sizeof *table);
    sharing s = {.x = x, .slots = table, .mask = slots - 1, .lists = 1};
    x->list_of = xcalloc(count + 1, sizeof *x->list_of);
    x->list_start = xcalloc(count + 2, sizeof *x->list_start);
    for (size_t id = 0; id < count; id++)
        if (start[id + 1] > start[id])
            x->list_of[id] = share(&s, x->posts + start[id], start[id + 1] - start[id]);
    x->list_start = xrealloc(x->list_start, ((size_t)s.lists + 1) * sizeof *x->list_start);
    x->posts = xrealloc(x->posts, ((size_t)x->list_start[s.lists] + 1) * sizeof *x->posts);
}
