/* Clusters compared with the definition: each record expanded separately, with its matches in one
 * set. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "tests/fake/detect_site.h"

#define WORDS   120
#define RECORDS 40

typedef struct context {
    const ngram_index *x;
    const token_list *document; /* whole */
    size_t chunk_bytes;         /* of the window */
    token_window window;
    unsigned clusters;
    size_t groups; /* of the last one */
} context;

/* --- the definition --- */

typedef struct set {
    uint32_t ids[4 * WORDS];
    size_t count;
} set;

static bool set_add(set *s, uint32_t id)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->ids[i] == id)
            return false;
    s->ids[s->count++] = id;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Whether the record holds the n-gram at the position. */
static bool holds(const context *c, uint32_t record, size_t position, uint32_t *id)
{
    *id = ngram_table_find(&c->x->table, c->document->ids + position, c->x->settings->ngram_size);
    record_list docs = index_docs(c->x, *id);
    return sorted_contains(docs.records, docs.count, record);
}

/* Yields the last position that was examined. */
static size_t walk(const context *c, uint32_t record, size_t seed, int step, set *matched,
                   size_t *bound)
{
    size_t total = c->document->count - c->x->settings->ngram_size + 1, misses = 0, at = seed;
    while (step > 0 ? at + 1 < total : at > 0) {
        uint32_t id;
        at = step > 0 ? at + 1 : at - 1;
        if (holds(c, record, at, &id)) {
            misses = set_add(matched, id) ? 0 : misses;
            *bound = at;
        } else if (++misses >= c->x->settings->question_max_misses) {
            break;
        }
    }
    return at;
}

static bool check_cluster(void *ctx, const cluster *found, err *e)
{
    context *c = ctx;
    size_t base = c->window.base, end = 0, seed = base + found->seed;
    UNUSED(e);
    for (size_t i = 0; i < cluster_count(found); i++) {
        candidate got = cluster_candidate(found, i);
        set matched = {.count = 0};
        uint32_t id;
        size_t lo = seed, hi = seed;
        assert_true(holds(c, got.record, seed, &id));
        set_add(&matched, id);
        walk(c, got.record, seed, -1, &matched, &lo);
        size_t looked_at = walk(c, got.record, seed, 1, &matched, &hi);
        end = MAX(end, looked_at);
        qsort(matched.ids, matched.count, sizeof *matched.ids, compare_ids);
        float sum = 0.0f;
        for (size_t k = 0; k < matched.count; k++)
            sum += index_question_idf(c->x, matched.ids[k]);
        assert_int_equal(base + got.lo, lo);
        assert_int_equal(base + got.hi, hi);
        assert_int_equal(got.matched, matched.count);
        assert_true(got.matched_sum == sum);
    }
    assert_int_equal(base + found->end, end);
    c->clusters++;
    c->groups = found->groups->count;
    return true;
}

/* --- random texts --- */

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Words out of `vocabulary`; some of them repeat what is `back` words before. */
static void put_words(buf *out, uint64_t *seed, size_t count, unsigned vocabulary)
{
    unsigned words[WORDS];
    for (size_t i = 0; i < count; i++) {
        words[i] = (unsigned)next_random(seed) % vocabulary;
        if (i > 7 && next_random(seed) % 3 > 0)
            words[i] = words[i - 1 - next_random(seed) % 7];
        buf_printf(out, "%sw%u", i ? " " : "", words[i]);
    }
}

static void scan_text(context *c, slice text, token_list *document)
{
    scan_scratch scratch = {0};
    AUTO(buf) normal = BUF(1 << 20);
    assert_true(normalize_text(&c->x->normal, text, &normal));
    tokenizer_encode(c->x->tokens, buf_slice(&normal), document);
    c->document = document;
    token_window_init(&c->window, c->x);
    if (c->chunk_bytes > 0)
        c->window.chunk_bytes = c->chunk_bytes;
    assert_true(token_window_begin(&c->window, text, NULL));
    assert_true(scan_document(c->x, &scratch, &c->window, check_cluster, c, NULL));
    scan_scratch_deinit(&scratch);
    token_window_deinit(&c->window);
}

static void groups_are_what_each_record_would_be(void **state)
{
    unsigned clusters = 0;
    UNUSED(state);
    for (uint64_t world = 1; world <= 60; world++) {
        uint64_t seed = world;
        detect_site site;
        char *lines[RECORDS + 1] = {NULL};
        unsigned vocabulary = 2 + (unsigned)next_random(&seed) % 12;
        AUTO(token_list) document = {0};
        detect_site_init(&site);
        site.settings.ngram_size = 2 + next_random(&seed) % 3;
        site.settings.question_max_misses = 1 + next_random(&seed) % 5;
        site.settings.eval_dedup = false;
        for (unsigned i = 0; i < RECORDS; i++) {
            AUTO(buf) question = BUF(1 << 16);
            put_words(&question, &seed, 3 + next_random(&seed) % 20, vocabulary);
            lines[i] = xasprintf("{\"doc_id\":%u,\"question\":\"%s\"}", i, buf_str(&question));
        }
        detect_site_index(&site, (const char *const *)lines);
        context c = {.x = site.index};
        for (int i = 0; i < 10; i++) {
            AUTO(buf) text = BUF(1 << 16);
            put_words(&text, &seed, WORDS, vocabulary + (unsigned)i % 3);
            c.chunk_bytes = i % 2 == 0 ? 0 : 1 + next_random(&seed) % 40;
            scan_text(&c, buf_slice(&text), &document);
        }
        clusters += c.clusters;
        for (unsigned i = 0; i < RECORDS; i++)
            free(lines[i]);
        detect_site_deinit(&site);
    }
    assert_true(clusters > 500);
}

/* Time and memory depend on the number of groups. */
static void a_template_is_expanded_once(void **state)
{
    enum { MANY = 2000 };
    UNUSED(state);
    detect_site site;
    char **lines = xcalloc(MANY + 1, sizeof *lines);
    AUTO(token_list) document = {0};
    detect_site_init(&site);
    for (unsigned i = 0; i < MANY; i++)
        lines[i] = xasprintf("{\"doc_id\":%u,\"question\":\"a merchant carries crates of copper "
                             "wire across the bridge to number%u every morning while the clerk "
                             "records each passage\"}",
                             i, i);
    detect_site_index(&site, (const char *const *)lines);
    context c = {.x = site.index};
    scan_text(&c,
              SLICE_LIT("we know that a merchant carries crates of copper wire across the bridge "
                        "to number77 every morning while the clerk records each passage of them"),
              &document);
    assert_int_equal(c.clusters, 1);
    assert_int_equal(c.groups, 2); /* record 77, and the others */
    for (unsigned i = 0; i < MANY; i++)
        free(lines[i]);
    free(lines);
    detect_site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_what_each_record_would_be),
        cmocka_unit_test(a_template_is_expanded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
