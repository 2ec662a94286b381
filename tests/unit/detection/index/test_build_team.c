/* An index built by several threads equals that of one thread, including counts and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "tests/fake/detect_site.h"

#define RECORDS 1500

typedef struct context {
    detect_site site;
    buf file;
} context;

static int set_up(void **state)
{
    context *c = xcalloc(1, sizeof *c);
    detect_site_init(&c->site);
    c->site.settings.tokenizer = "cl100k";
    c->site.settings.vocabulary_dir = "detection/data";
    c->site.settings.eval_min_tokens = 12;
    c->site.settings.eval_min_unique_words = 5;
    buf_init(&c->file, 16 << 20);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    context *c = *state;
    detect_site_deinit(&c->site);
    buf_deinit(&c->file);
    free(c);
    return 0;
}

/* Words repeat in several records, and so do n-grams. */
static void put_words(buf *out, size_t from, size_t count)
{
    static const char *const words[] = {"harbour",
                                        "ebb",
                                        "tide",
                                        "What",
                                        "is",
                                        "caf\xC3\xA9",
                                        "12345",
                                        "the",
                                        "of",
                                        "answer?",
                                        "keel",
                                        "mast",
                                        "lantern",
                                        "rope",
                                        "a",
                                        "reef",
                                        "\\u00e9t\\u00e9",
                                        "quay",
                                        "bollard"};
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "",
                   words[(from * (i / 6 + 1) + i * 7) % ARRAY_LEN(words)]);
}

static void put_record(buf *out, size_t i)
{
    buf_printf(out, "{\"doc_id\":%zu,\"eval_key\":\"set-%zu\",\"fingerprint\":\"f%zu\",",
               (i * 7919) % 100003, i / 100, i % 97 == 5 ? i - 1 : i);
    buf_append_str(out, "\"question\":\"");
    if (i % 43 == 8)
        buf_append_str(out, "rope rope rope rope rope rope rope rope rope rope rope rope rope");
    else
        put_words(out, i, i % 31 == 9 ? 0 : 4 + i % 40);
    buf_append_str(out, "\",\"answer\":\"");
    put_words(out, i * 3, i % 43 == 8 ? 0 : i % 9);
    buf_append_str(out, "\",\"passage\":\"");
    put_words(out, i * 5, i % 3 == 0 && i % 43 != 8 ? 20 : 0);
    buf_append_str(out, "\"}\n");
    if (i % 111 == 3)
        buf_append_str(out, "# a comment\n\n");
}

static void write_records(context *c, const char *name, size_t from, const char *end)
{
    buf_clear(&c->file);
    for (size_t i = from; i < from + RECORDS; i++)
        put_record(&c->file, i);
    buf_append_str(&c->file, end);
    free(detect_site_file(&c->site, name, buf_slice(&c->file)));
}

static ngram_index *load(context *c, unsigned threads, bool bad_line_ends_file, err *e)
{
    evals_options options = {.dir = c->site.dir,
                             .bad_line_ends_file = bad_line_ends_file,
                             .max_line_bytes = 1 << 20,
                             .threads = threads};
    AUTO_PTR(ngram_index) x = index_new(&c->site.settings, e);
    assert_non_null(x);
    if (!evals_load(&options, x, e))
        return NULL;
    index_freeze(x);
    return move(x);
}

static void expect_equal_parts(const eval_part *a, const eval_part *b)
{
    assert_int_equal(a->token_count, b->token_count);
    assert_int_equal(a->distinct_count, b->distinct_count);
    assert_int_equal(a->ngram_count, b->ngram_count);
    assert_memory_equal(&a->ngram_sum, &b->ngram_sum, sizeof a->ngram_sum);
    if (a->distinct_count > 0)
        assert_memory_equal(a->distinct, b->distinct, a->distinct_count * sizeof *a->distinct);
    if (a->ngram_count > 0)
        assert_memory_equal(a->ngrams, b->ngrams, a->ngram_count * sizeof *a->ngrams);
}

static void expect_equal(const ngram_index *a, const ngram_index *b)
{
    assert_int_equal(a->record_count, b->record_count);
    assert_int_equal(a->question_count, b->question_count);
    assert_int_equal(a->table.count, b->table.count);
    assert_memory_equal(a->table.entries, b->table.entries,
                        a->table.count * ngram_table_entry_bytes(&a->table));
    assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
    assert_memory_equal(&a->kept, &b->kept, sizeof a->kept);
    for (size_t i = 0; i < a->record_count; i++) {
        const eval_record *x = &a->records[i], *y = &b->records[i];
        assert_int_equal(x->doc_id, y->doc_id);
        assert_int_equal(x->line, y->line);
        assert_int_equal(x->question_ngrams, y->question_ngrams);
        assert_memory_equal(&x->question_sum, &y->question_sum, sizeof x->question_sum);
        record_texts one = index_texts(a, x), other = index_texts(b, y);
        assert_true(slice_equal(one.question, other.question));
        assert_true(slice_equal(one.answer, other.answer));
        assert_true(slice_equal(one.passage, other.passage));
        assert_true(slice_equal(one.fingerprint, other.fingerprint));
        assert_true(slice_equal(x->origin->eval_key, y->origin->eval_key));
        assert_true(slice_equal(x->origin->reference_file, y->origin->reference_file));
        expect_equal_parts(&x->answer, &y->answer);
        expect_equal_parts(&x->passage, &y->passage);
    }
}

static void threads_change_nothing(void **state)
{
    context *c = *state;
    err e = ERR_INIT;
    write_records(c, "a.jsonl", 0, "");
    write_records(c, "b.jsonl", RECORDS / 2, ""); /* half of them repeated under another name */
    AUTO_PTR(ngram_index) one = load(c, 0, false, &e);
    AUTO_PTR(ngram_index) several = load(c, 3, false, &e);
    assert_non_null(one);
    assert_non_null(several);
    const index_counts *n = &one->counts;
    assert_true(n->few_tokens > 0 && n->few_words > 0 && n->duplicates > 0 && n->empty > 0);
    assert_true(n->no_records > 0 && n->indexed > RECORDS);
    expect_equal(one, several);
}

static void a_bad_line_is_the_same_one(void **state)
{
    context *c = *state;
    err one = ERR_INIT, several = ERR_INIT;
    write_records(c, "a.jsonl", 0, "{\"doc_id\":1,}\nworse\n");
    write_records(c, "b.jsonl", RECORDS, "worse\n");
    assert_null(load(c, 0, false, &one));
    assert_null(load(c, 3, false, &several));
    assert_string_equal(one.message, several.message);
    assert_non_null(strstr(one.message, "a.jsonl"));
    AUTO_PTR(ngram_index) with_one = load(c, 0, true, &one);
    AUTO_PTR(ngram_index) with_several = load(c, 3, true, &several);
    assert_true(with_one->counts.after_bad_line >= 3);
    expect_equal(with_one, with_several);
}

/* Words are numbered as they are read: these records are prepared one after the other. */
static void a_tokenizer_that_learns_is_served_in_order(void **state)
{
    context *c = *state;
    err e = ERR_INIT;
    c->site.settings.tokenizer = "uniseg";
    write_records(c, "a.jsonl", 0, "");
    AUTO_PTR(ngram_index) one = load(c, 0, false, &e);
    AUTO_PTR(ngram_index) several = load(c, 3, false, &e);
    assert_true(one->record_count > 0);
    expect_equal(one, several);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(threads_change_nothing),
        TEST(a_bad_line_is_the_same_one),
        TEST(a_tokenizer_that_learns_is_served_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
