#include "detection/index/record_lists.h"

#include "base/array.h"
#include "base/util.h"
#include "detection/index/index_build.h"
#include "detection/table/hash.h"
#include "detection/table/sort.h"

#define SEED        UINT64_C(0x2545F4914F6CDD1D)
#define FIRST_SLOTS ((size_t)1024)

void record_lists_deinit(record_lists *l)
{
    rank_bits_deinit(&l->shared);
    free(l->holders);
    free(l->owners);
    free(l->owner_at);
    free(l->posts);
    free(l->starts);
    *l = (record_lists){0};
}

uint32_t record_lists_own(const record_lists *l, uint32_t id)
{
    size_t low = l->owner_at[id / OWNER_STEP], high = l->owner_at[id / OWNER_STEP + 1];
    while (low < high) { /* the last one that begins at or before it */
        size_t middle = (low + high + 1) / 2;
        if (l->owners[middle].first <= id)
            low = middle;
        else
            high = middle - 1;
    }
    const ngram_owner *o = &l->owners[low];
    return id - o->first < o->question ? o->record + 1 : 0;
}

static number_reader reader_of(const ngram_index *x, const ngram_numbers *numbers)
{
    return (number_reader){.numbers = numbers, .places = {.rows = &x->build->rows}};
}

/* --- the first record of each n-gram, and n-grams of several texts --- */

/* Reads the places of one text; counts its rows. */
static uint32_t read_part(record_lists *l, number_reader *r, size_t places)
{
    size_t before = r->places.row;
    for (size_t i = 0; i < places; i++) {
        uint32_t id = number_reader_next(r);
        if (id < before)
            rank_bits_set(&l->shared, id);
    }
    return (uint32_t)(r->places.row - before);
}

static void find_owners(ngram_index *x, const ngram_numbers *numbers)
{
    record_lists *l = &x->lists;
    number_reader r = reader_of(x, numbers);
    l->owners = xcalloc(x->record_count + 1, sizeof *l->owners);
    for (size_t i = 0; i < x->record_count; i++)
        l->owners[x->records[i].sequence].record = (uint32_t)i;
    for (size_t k = 0; k < x->record_count; k++) {
        ngram_owner *o = &l->owners[k];
        const eval_record *e = &x->records[o->record];
        o->first = (uint32_t)r.places.row;
        o->question = read_part(l, &r, e->question_ngrams);
        (void)read_part(l, &r, e->answer.ngram_count);
        (void)read_part(l, &r, e->passage.ngram_count);
    }
}

static void index_owners(ngram_index *x)
{
    record_lists *l = &x->lists;
    size_t steps = x->build->rows.count / OWNER_STEP + 1, last = 0;
    l->owner_at = xcalloc(steps + 1, sizeof *l->owner_at);
    for (size_t i = 0; i < steps; i++) {
        while (last + 1 < x->record_count && l->owners[last + 1].first <= i * OWNER_STEP)
            last++;
        l->owner_at[i] = (uint32_t)last;
    }
    l->owner_at[steps] = x->record_count > 0 ? (uint32_t)x->record_count - 1 : 0;
}

/* --- the records of n-grams in several texts --- */

typedef struct listing {
    ngram_index *x;
    number_reader reader;
    uint32_t *starts; /* by shared n-gram, and one more: in `records` */
    uint32_t *records;
    uint32_t *last; /* by shared n-gram: number of the last text that contains it, from 1 */
    uint32_t texts;
    uint32_t
        *found; /* shared n-grams of questions, each once in a question, as numbers of holders */
    size_t found_count, found_capacity;
    uint32_t *found_of; /* by reading order, and one more: in `found` */
    uint32_t *spare;
    size_t spare_capacity;
} listing;

/* Whether the text had this one before. */
static bool seen_in_text(listing *ls, uint32_t holders)
{
    bool seen = ls->last[holders] == ls->texts;
    ls->last[holders] = ls->texts;
    return seen;
}

static void read_question(listing *ls, size_t places)
{
    const rank_bits *shared = &ls->x->lists.shared;
    ARRAY_RESERVE(ls->found, ls->found_capacity, ls->found_count + places);
    ls->texts++;
    for (size_t i = 0; i < places; i++) {
        uint32_t id = number_reader_next(&ls->reader);
        if (!rank_bits_has(shared, id))
            continue;
        uint32_t holders = rank_bits_below(shared, id);
        if (seen_in_text(ls, holders))
            continue;
        ls->starts[holders + 2]++;
        ls->found[ls->found_count++] = holders;
    }
}

static void read_other(listing *ls, size_t places, bool answer)
{
    record_lists *l = &ls->x->lists;
    ls->texts++;
    for (size_t i = 0; i < places; i++) {
        uint32_t id = number_reader_next(&ls->reader);
        if (!rank_bits_has(&l->shared, id))
            continue;
        uint32_t holders = rank_bits_below(&l->shared, id);
        if (!seen_in_text(ls, holders))
            (*(answer ? &l->holders[holders].answers : &l->holders[holders].passages))++;
    }
}

static void count_holders(listing *ls)
{
    const record_lists *l = &ls->x->lists;
    for (size_t k = 0; k < l->record_count; k++) {
        const eval_record *e = &ls->x->records[l->owners[k].record];
        read_question(ls, e->question_ngrams);
        read_other(ls, e->answer.ngram_count, true);
        read_other(ls, e->passage.ngram_count, false);
        ls->found_of[k + 1] = (uint32_t)ls->found_count;
    }
}

/* After the summation, the entry after that of a list is the position of its next record, and
 * finally its end. */
static void fill_lists(listing *ls)
{
    const record_lists *l = &ls->x->lists;
    for (size_t i = 2; i < (size_t)l->shared.set + 2; i++)
        ls->starts[i] += ls->starts[i - 1];
    ls->records = xcalloc(ls->found_count + 1, sizeof *ls->records);
    for (size_t k = 0; k < l->record_count; k++)
        for (size_t i = ls->found_of[k]; i < ls->found_of[k + 1]; i++)
            ls->records[ls->starts[ls->found[i] + 1]++] = l->owners[k].record;
}

static void sort_lists(listing *ls)
{
    for (size_t i = 0; i < ls->x->lists.shared.set; i++) {
        size_t count = ls->starts[i + 1] - ls->starts[i];
        ARRAY_RESERVE(ls->spare, ls->spare_capacity, count + 1);
        sort_u32(ls->records + ls->starts[i], count, ls->spare);
    }
}

/* --- equal lists are stored once --- */

/* The long lists so far, found by their records. */
typedef struct sharing {
    record_lists *l;
    uint32_t *slots; /* number of the long list + 1; 0: free */
    size_t slot_count;
    size_t start_capacity;
} sharing;

static slice list_bytes(const record_lists *l, uint32_t number)
{
    uint32_t from = l->starts[number];
    return (slice){.data = (const char *)(l->posts + from),
                   .len = (l->starts[number + 1] - from) * sizeof *l->posts};
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
    for (uint32_t number = 0; number < s->l->long_count; number++) {
        size_t i = first_slot(s, list_bytes(s->l, number));
        while (s->slots[i])
            i = (i + 1) & (s->slot_count - 1);
        s->slots[i] = number + 1;
    }
}

/* The number of the long list of these records. */
static uint32_t share(sharing *s, const uint32_t *records, size_t count)
{
    record_lists *l = s->l;
    slice bytes = {.data = (const char *)records, .len = count * sizeof *records};
    size_t i = first_slot(s, bytes);
    while (s->slots[i] && !slice_equal(list_bytes(l, s->slots[i] - 1), bytes))
        i = (i + 1) & (s->slot_count - 1);
    if (s->slots[i])
        return s->slots[i] - 1;
    uint32_t number = (uint32_t)l->long_count++, end = l->starts[number];
    memcpy(l->posts + end, records, bytes.len);
    s->slots[i] = number + 1;
    ARRAY_RESERVE(l->starts, s->start_capacity, l->long_count + 1);
    l->starts[l->long_count] = end + (uint32_t)count;
    if (l->long_count * 2 > s->slot_count)
        grow(s);
    return number;
}

static void share_lists(listing *ls)
{
    record_lists *l = &ls->x->lists;
    size_t records = l->record_count;
    sharing s = {.l = l, .slots = xcalloc(FIRST_SLOTS, sizeof *s.slots), .slot_count = FIRST_SLOTS};
    l->posts = xcalloc(records + ls->starts[l->shared.set] + 1, sizeof *l->posts);
    for (size_t i = 0; i < records; i++)
        l->posts[i] = (uint32_t)i;
    ARRAY_RESERVE(l->starts, s.start_capacity, 2);
    l->starts[0] = (uint32_t)records;
    for (size_t i = 0; i < l->shared.set; i++) {
        const uint32_t *list = ls->records + ls->starts[i];
        size_t count = ls->starts[i + 1] - ls->starts[i];
        if (count > 1)
            l->holders[i].list = (uint32_t)(records + 1 + share(&s, list, count));
        else
            l->holders[i].list = count == 1 ? list[0] + 1 : 0;
    }
    free(s.slots);
    l->starts = xrealloc(l->starts, (l->long_count + 1) * sizeof *l->starts);
    l->posts = xrealloc(l->posts, ((size_t)l->starts[l->long_count] + 1) * sizeof *l->posts);
}

void record_lists_make(ngram_index *x, const ngram_numbers *numbers)
{
    record_lists *l = &x->lists;
    listing ls = {.x = x, .reader = reader_of(x, numbers)};
    l->record_count = x->record_count;
    rank_bits_init(&l->shared, x->build->rows.count);
    find_owners(x, numbers);
    index_owners(x);
    rank_bits_count(&l->shared);
    l->holders = xcalloc((size_t)l->shared.set + 1, sizeof *l->holders);
    ls.starts = xcalloc((size_t)l->shared.set + 2, sizeof *ls.starts);
    ls.found_of = xcalloc(x->record_count + 1, sizeof *ls.found_of);
    ls.last = xcalloc((size_t)l->shared.set + 1, sizeof *ls.last);
    count_holders(&ls);
    fill_lists(&ls);
    sort_lists(&ls);
    share_lists(&ls);
    free(ls.starts);
    free(ls.records);
    free(ls.last);
    free(ls.found);
    free(ls.found_of);
    free(ls.spare);
}
