#include "base/array.h"
#include "base/util.h"
#include "detection/index/record_lists.h"

#include "detection/table/hash.h"

#define SEED        UINT64_C(0x2545F4914F6CDD1D)
#define FIRST_SLOTS ((size_t)1024)

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
    size_t slot_count;
    uint32_t lists;        /* list 0 included */
    uint32_t last;         /* the one that was found last */
    size_t start_capacity; /* of list_start */
} sharing;

static bool holds(const ngram_index *x, uint32_t list, slice records)
{
    size_t len = (x->list_start[list + 1] - x->list_start[list]) * sizeof *x->posts;
    return len == records.len &&
           memcmp(x->posts + x->list_start[list], records.data, records.len) == 0;
}

static slice list_bytes(const ngram_index *x, uint32_t list)
{
    uint32_t from = x->list_start[list];
    return (slice){.data = (const char *)(x->posts + from),
                   .len = (x->list_start[list + 1] - from) * sizeof *x->posts};
}

static size_t first_slot(const sharing *s, slice bytes)
{
    return hash_bytes(bytes.data, bytes.len, SEED) & (s->slot_count - 1);
}

static void grow(sharing *s)
{
    free(s->slots);
    s->slot_count *= 2;
    s->slots = xcalloc(s->slot_count, sizeof *s->slots);
    for (uint32_t list = 1; list < s->lists; list++) {
        size_t i = first_slot(s, list_bytes(s->x, list));
        while (s->slots[i])
            i = (i + 1) & (s->slot_count - 1);
        s->slots[i] = list;
    }
}

/* The list of these records, which are in `posts`, at its end or after it. */
static uint32_t share(sharing *s, const uint32_t *records, size_t count)
{
    ngram_index *x = s->x;
    slice bytes = {.data = (const char *)records, .len = count * sizeof *records};
    if (s->last > 0 && holds(x, s->last, bytes)) /* of n-grams of one record in a row */
        return s->last;
    size_t i = first_slot(s, bytes);
    while (s->slots[i] && !holds(x, s->slots[i], bytes))
        i = (i + 1) & (s->slot_count - 1);
    s->last = s->slots[i];
    if (s->last > 0)
        return s->last;
    uint32_t end = x->list_start[s->lists];
    memmove(x->posts + end, records, bytes.len);
    s->last = s->slots[i] = s->lists;
    ARRAY_RESERVE(x->list_start, s->start_capacity, (size_t)s->lists + 2);
    x->list_start[++s->lists] = end + (uint32_t)count;
    if ((size_t)s->lists * 2 > s->slot_count)
        grow(s);
    return s->last;
}

size_t record_lists_make(ngram_index *x)
{
    size_t count = x->table.count;
    AUTO_FREE uint32_t *start = make_postings(x);
    sharing s = {.x = x,
                 .slots = xcalloc(FIRST_SLOTS, sizeof *s.slots),
                 .slot_count = FIRST_SLOTS,
                 .lists = 1};
    x->list_of = xcalloc(count + 1, sizeof *x->list_of);
    ARRAY_RESERVE(x->list_start, s.start_capacity, FIRST_SLOTS);
    x->list_start[0] = x->list_start[1] = 0;
    for (size_t id = 0; id < count; id++)
        if (start[id + 1] > start[id])
            x->list_of[id] = share(&s, x->posts + start[id], start[id + 1] - start[id]);
    free(s.slots);
    x->list_start = xrealloc(x->list_start, ((size_t)s.lists + 1) * sizeof *x->list_start);
    x->posts = xrealloc(x->posts, ((size_t)x->list_start[s.lists] + 1) * sizeof *x->posts);
    return s.lists;
}
