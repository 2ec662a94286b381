/* Long documents by windows: the same report as in one piece, for any windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/match/report.h"
#include "tests/fake/detect_site.h"

#define RECORDS 30

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Letters with forms that depend on others, signs that become spaces, white space of all kinds. */
static const char *const words[] = {"alpha",
                                    "beta",
                                    "\xCE\x9F\xCE\xA3",                  /* a final sigma */
                                    "\xCE\x9F\xCE\xA3.\xCE\xA3\xCE\x91", /* not final */
                                    "mill",
                                    "x",
                                    "Straße",
                                    "don't",
                                    "42,000",
                                    "\xE4\xB8\xAD\xE6\x96\x87",
                                    "--",
                                    "river"};
static const char *const spaces[] = {" ", " ", " ", "\n", " \t ", ", ", "\xC2\xA0", "... ", "-"};

static void put_words(buf *out, uint64_t *seed, size_t count, size_t vocabulary)
{
    for (size_t i = 0; i < count; i++) {
        buf_append_str(out, words[next_random(seed) % vocabulary]);
        buf_append_str(out, spaces[next_random(seed) % ARRAY_LEN(spaces)]);
    }
}

static char *make_line(uint64_t *seed, unsigned number, size_t vocabulary)
{
    buf parts[3] = {BUF(4096), BUF(4096), BUF(4096)};
    static const size_t most[] = {20, 6, 15};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf text = BUF(4096);
        put_words(&text, seed, 3 + next_random(seed) % most[i], vocabulary);
        for (size_t k = 0; k < text.len; k++)
            buf_append_char(&parts[i], (unsigned char)text.data[k] < 32 ? ' ' : text.data[k]);
        buf_deinit(&text);
    }
    char *line =
        xasprintf("{\"doc_id\":%u,\"question\":\"%s\",\"answer\":\"%s\",\"passage\":\"%s\"}",
                  number, buf_str(&parts[0]), buf_str(&parts[1]), buf_str(&parts[2]));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        buf_deinit(&parts[i]);
    return line;
}

typedef struct reports {
    buf lines, scratch;
    unsigned count;
} reports;

static bool on_match(void *ctx, const match *m, err *e)
{
    reports *r = ctx;
    report_place place = {.training_file = SLICE_LIT("f"), .training_line = 1};
    UNUSED(e);
    r->count++;
    report_line(m, &place, &r->scratch, &r->lines);
    return true;
}

static unsigned run(const ngram_index *x, slice text, size_t chunk_bytes, reports *r)
{
    AUTO(matcher) m = {0};
    bool scanned = false;
    err e = ERR_INIT;
    matcher_init(&m, x);
    if (chunk_bytes > 0) {
        m.window.chunk_bytes = chunk_bytes;
        m.window.spare = chunk_bytes % 8;
    }
    *r = (reports){.lines = BUF((size_t)1 << 28), .scratch = BUF(1 << 24)};
    if (!match_document(&m, text, on_match, r, &scanned, &e))
        fail_msg("%s", e.message);
    assert_true(scanned);
    return r->count;
}

/* The text of the record, whole or without its end, and other words. */
static void put_document(buf *out, uint64_t *seed, const ngram_index *x, size_t vocabulary)
{
    for (int i = 0; i < 25; i++) {
        const eval_record *r = &x->records[next_random(seed) % x->record_count];
        record_texts texts = index_texts(x, r);
        if (next_random(seed) % 4 == 0)
            buf_append_slice(out, texts.passage);
        buf_append_str(out, " ");
        buf_append_slice(out, texts.question);
        buf_append_str(out, "\n");
        if (next_random(seed) % 2 == 0)
            buf_append_slice(out, texts.answer);
        buf_append_str(out, ". ");
        put_words(out, seed, next_random(seed) % 60, vocabulary);
    }
}

static unsigned compare_world(uint64_t seed, const char *kind)
{
    detect_site site;
    char *lines[RECORDS + 1] = {NULL};
    size_t vocabulary = 4 + next_random(&seed) % (ARRAY_LEN(words) - 3);
    unsigned matches = 0;
    detect_site_init(&site);
    site.settings.tokenizer = kind;
    site.settings.vocabulary_dir = "detection/data";
    site.settings.ngram_size = 2 + next_random(&seed) % 3;
    site.settings.question_max_misses = 1 + next_random(&seed) % 8;
    site.settings.sample_every_m_tokens = 1 + next_random(&seed) % 4;
    site.settings.threshold = 0.4f;
    site.settings.min_passage_distance = site.settings.min_long_answer_window = 10;
    site.settings.decay = (score_decay){0};
    site.settings.extended_normal = next_random(&seed) % 2;
    for (unsigned i = 0; i < RECORDS; i++)
        lines[i] = make_line(&seed, i, vocabulary);
    detect_site_index(&site, (const char *const *)lines);
    for (int i = 0; i < 3; i++) {
        AUTO(buf) text = BUF(1 << 20);
        reports whole;
        put_document(&text, &seed, site.index, vocabulary);
        matches += run(site.index, buf_slice(&text), 0, &whole);
        for (size_t bytes = 1; bytes < 4000; bytes = bytes * 4 + 3) {
            reports parts;
            run(site.index, buf_slice(&text), bytes, &parts);
            assert_string_equal(buf_str(&parts.lines), buf_str(&whole.lines));
            buf_deinit(&parts.lines);
            buf_deinit(&parts.scratch);
        }
        buf_deinit(&whole.lines);
        buf_deinit(&whole.scratch);
    }
    for (unsigned i = 0; i < RECORDS; i++)
        free(lines[i]);
    detect_site_deinit(&site);
    return matches;
}

static void windows_give_the_report_of_the_whole(void **state)
{
    static const char *const tokenizers[] = {"word", "uniseg", "cl100k"};
    unsigned matches = 0;
    UNUSED(state);
    for (uint64_t i = 0; i < 24; i++)
        matches += compare_world(i + 1, tokenizers[i % ARRAY_LEN(tokenizers)]);
    assert_true(matches > 1000);
}

/* Counted, not timed: tokens that are held at once, of a text of any length. */
static void memory_is_that_of_a_window(void **state)
{
    static const char *const lines[] = {
        "{\"doc_id\":1,\"question\":\"how many eggs does the brown hen lay each week\"}",
        "{\"doc_id\":2,\"question\":\"which river flows through the old town of Lindow\"}", NULL};
    detect_site site;
    UNUSED(state);
    detect_site_init(&site);
    detect_site_index(&site, lines);
    AUTO(matcher) m = {0};
    AUTO(buf) text = BUF((size_t)1 << 24);
    matcher_init(&m, site.index);
    m.window.chunk_bytes = 65536;
    while (text.len < (size_t)8 << 20)
        buf_append_str(&text, "a b how many eggs does the brown hen lay each week c d ");
    reports whole, parts = {.lines = BUF((size_t)1 << 28), .scratch = BUF(1 << 20)};
    assert_true(match_document(&m, buf_slice(&text), on_match, &parts, NULL, NULL));
    assert_true(m.window.tokens.capacity < 400000); /* the text has 2,100,000 */
    assert_true(m.window.text.capacity < 1000000);
    matcher_trim(&m);
    m.window.chunk_bytes = (size_t)1 << 30;
    reports again = {.lines = BUF((size_t)1 << 28), .scratch = BUF(1 << 20)};
    assert_true(match_document(&m, buf_slice(&text), on_match, &again, NULL, NULL));
    assert_true(slice_equal(buf_slice(&again.lines), buf_slice(&parts.lines)));
    buf_deinit(&again.lines);
    buf_deinit(&again.scratch);
    assert_true(m.window.tokens.capacity > 2000000);
    matcher_trim(&m);
    assert_int_equal(m.window.tokens.capacity, 0);
    assert_int_equal(parts.count, run(site.index, buf_slice(&text), (size_t)1 << 30, &whole));
    assert_true(slice_equal(buf_slice(&parts.lines), buf_slice(&whole.lines)));
    assert_true(parts.count > 50000);
    buf_deinit(&parts.lines);
    buf_deinit(&parts.scratch);
    buf_deinit(&whole.lines);
    buf_deinit(&whole.scratch);
    detect_site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_give_the_report_of_the_whole),
        cmocka_unit_test(memory_is_that_of_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
