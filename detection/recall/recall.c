#include "base/array.h"
#include "base/util.h"
#include "detection/recall/recall.h"

#include "detection/match/match.h"
#include "detection/recall/recall_records.h"
#include "detection/table/hash.h"

#define DOCUMENT_MAX_BYTES ((size_t)512 << 20)
#define WORDS_LEAST        20
#define WORDS_MORE         60

typedef struct scan_result {
    const eval_record *wanted; /* NULL: none was injected */
    bool found, flagged;
} scan_result;

/* State of a running self-test. */
typedef struct self_test {
    matcher matcher;
    const recall_options *options;
    recall_result *out;
    word_counts words;
    buf document, copy;
} self_test;

void recall_result_deinit(recall_result *r)
{
    for (size_t i = 0; i < r->set_count; i++)
        free(r->sets[i].name);
    free(r->sets);
    *r = (recall_result){0};
}

double recall_share(const recall_count *c)
{
    return c->injected > 0 ? (double)c->found / (double)c->injected : 1;
}

recall_neighbours recall_all_neighbours(const recall_result *r)
{
    recall_neighbours all = {0};
    for (size_t i = 0; i < NEIGHBOUR_KINDS; i++) {
        all.made += r->neighbours[i].made;
        all.flagged += r->neighbours[i].flagged;
    }
    return all;
}

double recall_precision(const recall_result *r)
{
    uint64_t all = r->flagged + r->clean_flagged + recall_all_neighbours(r).flagged;
    return all > 0 ? (double)r->flagged / (double)all : 1;
}

/* The choices of one question are one instance: any of them finds it. */
static bool on_match(void *ctx, const match *m, err *e)
{
    scan_result *r = ctx;
    UNUSED(e);
    r->flagged = true;
    r->found |= r->wanted && m->record->instance == r->wanted->instance &&
                slice_equal(m->record->origin->eval_key, r->wanted->origin->eval_key) &&
                slice_equal(m->record->origin->split, r->wanted->origin->split);
    return true;
}

/* Every text has its own seed, so that it does not depend on other texts. */
static carrier carrier_of(const self_test *t, const eval_record *r, unsigned kind)
{
    const uint64_t parts[] = {t->options->seed, r->doc_id, kind};
    return carrier_new(hash_bytes(parts, sizeof parts, 0));
}

/* The text around the copies of a record is the same for all kinds, so that kinds differ in nothing
 * else: results also depend on the distance of the copy from the beginning. */
static void put_around(self_test *t, carrier *c)
{
    carrier_put(c, WORDS_LEAST + (size_t)carrier_number(c, WORDS_MORE), &t->document);
}

static void put_document(self_test *t, const eval_record *r, slice copy)
{
    carrier c = carrier_of(t, r, ALTER_KINDS + NEIGHBOUR_KINDS);
    buf_clear(&t->document);
    put_around(t, &c);
    buf_append_char(&t->document, ' ');
    buf_append_slice(&t->document, copy);
    buf_append_char(&t->document, ' ');
    put_around(t, &c);
}

static bool scan(self_test *t, scan_result *r, err *e)
{
    return match_document(&t->matcher, buf_slice(&t->document), on_match, r, NULL, e);
}

static void count(recall_count *c, bool found)
{
    c->injected++;
    c->found += found;
}

static recall_length *length_of(recall_result *out, const eval_record *r)
{
    size_t tokens = (size_t)r->question_tokens + r->answer.distinct_count + r->passage.token_count;
    size_t i = 0;
    while (tokens > out->lengths[i].most)
        i++;
    return &out->lengths[i];
}

static bool inject(self_test *t, recall_set *set, const recall_record *r, alter_kind kind, err *e)
{
    carrier c = carrier_of(t, r->record, kind);
    scan_result result = {.wanted = r->record};
    recall_length *length = length_of(t->out, r->record);
    buf_clear(&t->copy);
    if (!alter_record(kind, &r->input, &c, &t->copy))
        return true;
    put_document(t, r->record, buf_slice(&t->copy));
    if (!scan(t, &result, e))
        return false;
    count(&set->kinds[kind], result.found);
    count(&length->kinds[kind], result.found);
    t->out->flagged += result.flagged;
    return true;
}

static bool scan_neighbour(self_test *t, const recall_records *records, size_t number,
                           neighbour_kind kind, err *e)
{
    const eval_record *r = records->each[number].record;
    carrier c = carrier_of(t, r, ALTER_KINDS + (unsigned)kind);
    scan_result result = {0};
    buf_clear(&t->copy);
    if (!neighbour_put(kind, records, &t->words, number, &c, &t->copy))
        return true;
    put_document(t, r, buf_slice(&t->copy));
    if (!scan(t, &result, e))
        return false;
    t->out->neighbours[kind].made++;
    t->out->neighbours[kind].flagged += result.flagged;
    return true;
}

static bool scan_clean(self_test *t, const recall_record *r, err *e)
{
    carrier c = carrier_of(t, r->record, ALTER_KINDS);
    scan_result result = {0};
    buf_clear(&t->document);
    carrier_put(&c, 2 * (WORDS_LEAST + (size_t)carrier_number(&c, WORDS_MORE)), &t->document);
    t->out->clean++;
    bool ok = scan(t, &result, e);
    t->out->clean_flagged += result.flagged;
    return ok;
}

static recall_set *set_of(recall_result *out, const eval_record *r)
{
    recall_set *last = out->set_count > 0 ? &out->sets[out->set_count - 1] : NULL;
    if (last && slice_equal(slice_from(last->name), r->origin->eval_key))
        return last;
    last = ARRAY_ADD(out->sets, out->set_count);
    *last = (recall_set){.name = r->origin->eval_key.len ? slice_dup(r->origin->eval_key)
                                                         : xstrdup("")};
    return last;
}

static bool test_records(self_test *t, const recall_records *records, err *e)
{
    for (size_t i = 0; i < records->count; i++) {
        const recall_record *r = &records->each[i];
        if (r->input.question.len == 0)
            continue; /* the file has changed since the index was built */
        recall_set *set = set_of(t->out, r->record);
        set->records++;
        t->out->records++;
        length_of(t->out, r->record)->records++;
        if (!scan_clean(t, r, e))
            return false;
        for (alter_kind kind = 0; kind < ALTER_KINDS; kind++)
            if (!inject(t, set, r, kind, e))
                return false;
        for (neighbour_kind kind = 0; kind < NEIGHBOUR_KINDS; kind++)
            if (!scan_neighbour(t, records, i, kind, e))
                return false;
    }
    return true;
}

static void add_up(recall_result *out)
{
    for (size_t i = 0; i < out->set_count; i++)
        for (size_t kind = 0; kind < ALTER_KINDS; kind++) {
            out->kinds[kind].injected += out->sets[i].kinds[kind].injected;
            out->kinds[kind].found += out->sets[i].kinds[kind].found;
        }
}

bool recall_run(const ngram_index *x, const recall_options *options, recall_result *out, err *e)
{
    AUTO(recall_records) records = {0};
    *out = (recall_result){
        .seed = options->seed,
        .lengths = {{.most = 20}, {.most = 30}, {.most = 50}, {.most = 100}, {.most = SIZE_MAX}}};
    if (!recall_records_read(&records, x, options->evals_dir, options->per_set,
                             options->max_line_bytes, e))
        return false;
    self_test t = {.options = options,
                   .out = out,
                   .document = BUF(DOCUMENT_MAX_BYTES),
                   .copy = BUF(DOCUMENT_MAX_BYTES)};
    matcher_init(&t.matcher, x);
    word_counts_make(&t.words, &records);
    bool ok = test_records(&t, &records, e);
    add_up(out);
    matcher_deinit(&t.matcher);
    word_counts_deinit(&t.words);
    buf_deinit(&t.document);
    buf_deinit(&t.copy);
    return ok;
}
