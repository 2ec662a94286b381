/* Evaluation files, filters, and the resulting index. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "tests/fake/detect_site.h"

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

static void write_file(detect_site *s, const char *name, const char *text)
{
    free(detect_site_file(s, name, slice_from(text)));
}

static bool load(detect_site *s, bool old_way, err *e)
{
    evals_options options = {
        .dir = s->dir, .bad_line_ends_file = old_way, .max_line_bytes = 1 << 20};
    s->index = index_new(&s->settings, e);
    assert_non_null(s->index);
    if (!evals_load(&options, s->index, e))
        return false;
    index_freeze(s->index);
    return true;
}

static void load_well(detect_site *s)
{
    err e = ERR_INIT;
    if (!load(s, false, &e))
        fail_msg("%s", e.message);
}

static void record_lines(void **state)
{
    detect_site *s = *state;
    write_file(
        s, "b.set.jsonl",
        "# a comment\n"
        "{\"doc_id\":4294967298,\"question\":\"One?\",\"eval_key\":\"k\",\"split\":\"test\","
        "\"eval_instance_index\":12,\"fingerprint\":\"f\",\"is_correct\":false,"
        "\"answer\":\"A-B\",\"passage\":\"P q\"}\r\n"
        "\n"
        "{\"doc_id\":1,\"question\":\"Two\",\"eval_name\":\"n\",\"eval_instance_index\":1.0}\n"
        "{\"doc_id\":9,\"question\":\"Three\"}");
    load_well(s);
    const eval_record *r = s->index->records;
    assert_int_equal(s->index->record_count, 3);
    assert_int_equal(r[0].doc_id, 1); /* ascending; larger ones are cut to 32 bits */
    assert_int_equal(r[1].doc_id, 2);
    assert_int_equal(r[2].doc_id, 9);
    assert_string_equal(r[0].origin->eval_key.data, "n");
    assert_int_equal(r[0].instance, 3); /* 1.0 is not an integer: the line number is used */
    assert_int_equal(r[0].is_correct, -1);
    assert_null(index_texts(s->index, &r[0]).fingerprint.data);
    assert_string_equal(r[1].origin->eval_key.data, "k");
    assert_string_equal(r[1].origin->split.data, "test");
    assert_string_equal(r[1].origin->reference_file.data, "b.set.jsonl");
    assert_string_equal(index_texts(s->index, &r[1]).question.data, "one");
    assert_string_equal(index_texts(s->index, &r[1]).answer.data, "a b");
    assert_string_equal(index_texts(s->index, &r[1]).passage.data, "p q");
    assert_int_equal(r[1].instance, 12);
    assert_int_equal(r[1].line, 1);
    assert_int_equal(r[1].is_correct, 0);
    assert_string_equal(r[2].origin->eval_key.data, "b.set");
    assert_int_equal(r[2].line, 4);
}

static void recode(detect_site *s, const char *from, const char *to, codec_format format)
{
    AUTO_FREE char *source = xasprintf("%s/%s", s->dir, from);
    AUTO_FREE char *target = xasprintf("%s/%s", s->dir, to);
    assert_true(codec_recode_file(source, target, format, 0, NULL));
}

/* In every compression, in folders, by path: a/x, a-b, c; the first of two equal records is
 * kept. */
static void files_in_order_and_every_compression(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *sub = xasprintf("%s/a", s->dir);
    assert_true(fs_make_dirs(sub, NULL));
    write_file(s, "a/x.jsonl",
               "{\"doc_id\":1,\"question\":\"q1\",\"eval_key\":\"k\",\"fingerprint\":"
               "\"f\"}\n");
    write_file(s, "a-b.jsonl",
               "{\"doc_id\":2,\"question\":\"q2\",\"eval_key\":\"k\",\"fingerprint\":"
               "\"f\"}\n");
    write_file(s, "notes.txt", "nothing\n");
    static const struct {
        const char *name;
        codec_format format;
    } rows[] = {{"c.gz", CODEC_GZIP},
                {"d.zst", CODEC_ZSTD},
                {"e.bz2", CODEC_BZIP2},
                {"f.jsonl.xz", CODEC_XZ}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *line = xasprintf("{\"doc_id\":%zu,\"question\":\"q%zu\"}\n", i + 3, i + 3);
        write_file(s, "plain", line);
        recode(s, "plain", rows[i].name, rows[i].format);
    }
    load_well(s);
    assert_int_equal(s->index->counts.duplicates, 1);
    assert_int_equal(s->index->record_count, 5);
    assert_int_equal(s->index->records[0].doc_id, 1); /* of a/x.jsonl: a slash sorts first */
    assert_string_equal(s->index->records[4].origin->reference_file.data, "f.jsonl.xz");
    assert_string_equal(s->index->records[4].origin->eval_key.data, "f.jsonl");
}

static void bad_lines_refuse_the_start(void **state)
{
    static const struct {
        const char *line, *cause;
    } rows[] = {
        {"{\"question\":\"q\"}", "doc_id"},
        {"{\"doc_id\":-1}", "doc_id"},
        {"{\"doc_id\":1.5}", "doc_id"},
        {"{\"doc_id\":\"1\"}", "doc_id"},
        {"[1]", "doc_id"},
        {"{\"doc_id\":1", "object"},
        {"{\"doc_id\":1,\"a\":\"\xff\"}", "UTF-8"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        detect_site *s = *state;
        err e = ERR_INIT;
        AUTO_FREE char *text = xasprintf("{\"doc_id\":5,\"question\":\"q\"}\n%s\n", rows[i].line);
        write_file(s, "bad.jsonl", text);
        assert_false(load(s, false, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.message, "bad.jsonl"));
        assert_non_null(strstr(e.message, "line 2"));
        assert_non_null(strstr(e.message, rows[i].cause));
        index_free(s->index);
        s->index = NULL;
    }
}

static void the_old_behaviour_skips_the_rest_of_the_file(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    write_file(s, "a.jsonl",
               "{\"doc_id\":5,\"question\":\"q\"}\n\n{\"doc_id\":6,\"question\":\"q\"}");
    write_file(s, "b.jsonl", "{\"doc_id\":7,\"question\":\"q\"}");
    assert_true(load(s, true, &e));
    assert_int_equal(s->index->record_count, 2);
    assert_int_equal(s->index->records[1].doc_id, 7);
}

static void damaged_and_missing_files(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    assert_false(load(s, false, &e)); /* an empty folder */
    assert_int_equal(e.code, ERR_CONFIG);
    index_free(s->index);
    write_file(s, "a.jsonl.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b");
    assert_false(load(s, false, &e));
    assert_int_equal(e.code, ERR_CODEC_EARLY_END);
    assert_non_null(strstr(e.message, "a.jsonl.gz"));
    index_free(s->index);
    evals_options nowhere = {.dir = "/nowhere/at/all", .max_line_bytes = 100};
    s->index = index_new(&s->settings, &e);
    assert_false(evals_load(&nowhere, s->index, &e));
    assert_non_null(strstr(e.message, "/nowhere/at/all"));
}

static void filters_fire_in_order(void **state)
{
    detect_site *s = *state;
    s->settings.eval_min_tokens = 6;
    s->settings.eval_min_unique_words = 4;
    static const char *const lines[] = {
        "{\"doc_id\":1,\"question\":\"one two three four five\",\"fingerprint\":\"f\"}", /* tokens */
        "{\"doc_id\":2,\"question\":\"one two three\",\"answer\":\"x y\",\"passage\":\"z\"}",
        "{\"doc_id\":3,\"question\":\"one one two two three three three\"}", /* words */
        "{\"doc_id\":4,\"question\":\"one two three four five six\",\"fingerprint\":\"f\"}",
        "{\"doc_id\":5,\"question\":\"a b c d e f\",\"fingerprint\":\"f\"}", /* duplicate */
        "{\"doc_id\":6,\"question\":\"a b c d e f\",\"fingerprint\":\"f\",\"eval_key\":\"other\"}",
        "{\"doc_id\":7,\"passage\":\"a b c d e f\"}",                    /* no question */
        "{\"doc_id\":8,\"question\":\"?!\",\"answer\":\"a b c d e f\"}", /* kept, not counted in N */
        NULL};
    detect_site_index(s, lines);
    const index_counts *c = &s->index->counts;
    assert_int_equal(c->read, 8);
    assert_int_equal(c->few_tokens, 1);
    assert_int_equal(c->few_words, 1);
    assert_int_equal(c->duplicates, 1);
    assert_int_equal(c->empty, 1);
    assert_int_equal(c->indexed, 4);
    assert_int_equal(c->unfindable, 1); /* the question of record 2 */
    assert_int_equal(s->index->question_count, 3);
}

/* Every reason is counted, and for records without a question their keys are shown. */
static void lines_are_counted_by_reason(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    s->settings.eval_min_tokens = 4;
    s->settings.eval_min_unique_words = 2;
    write_file(s, "a.jsonl",
               "# comment\n\n"
               "{\"doc_id\":1,\"prompt\":\"a b c d e f\",\"more\":{\"x\":[{\"y\":1}]}}\n"
               "{\"doc_id\":2,\"prompt\":\"a \\\" b\",\"id\":\"q\"}\n"
               "{\"doc_id\":3,\"question\":\"\",\"passage\":\"a b c d e f\"}\n"
               "{\"doc_id\":4,\"question\":\"a b c\"}\n"
               "{\"doc_id\":5,\"question\":\"a a a a a a\"}\n"
               "{\"doc_id\":6,\"question\":\"a b c d e f\",\"fingerprint\":\"f\"}\n"
               "{\"doc_id\":7,\"question\":\"a b c d e g\",\"fingerprint\":\"f\"}\n"
               "broken\n{\"doc_id\":8}\n");
    assert_true(load(s, true, &e));
    const index_counts *c = &s->index->counts;
    assert_int_equal(c->lines, 11);
    assert_int_equal(c->no_records, 1); /* in compatible mode a blank line is an error */
    assert_int_equal(c->after_bad_line, 10);
    index_free(s->index);
    write_file(s, "a.jsonl",
               "# comment\n\n"
               "{\"doc_id\":1,\"prompt\":\"a b c d e f\",\"more\":{\"x\":[{\"y\":1}]}}\n"
               "{\"doc_id\":2,\"prompt\":\"a \\\" b\",\"id\":\"q\"}\n"
               "{\"doc_id\":3,\"question\":\"\",\"passage\":\"a b c d e f\"}\n"
               "{\"doc_id\":4,\"question\":\"a b c\"}\n"
               "{\"doc_id\":5,\"question\":\"a a a a a a\"}\n"
               "{\"doc_id\":6,\"question\":\"a b c d e f\",\"fingerprint\":\"f\"}\n"
               "{\"doc_id\":7,\"question\":\"a b c d e g\",\"fingerprint\":\"f\"}\n");
    load_well(s);
    c = &s->index->counts;
    AUTO(buf) reasons = BUF(1024);
    eval_tally_reasons(c, &s->index->tally.keys, &reasons);
    assert_string_equal(
        buf_str(&reasons),
        "3 without a question (keys: doc_id, prompt, more, id, question, ...), 1 of fewer than "
        "eval_min_token_length tokens, 1 of fewer than eval_min_unique_word_count different words "
        "(text without spaces is one word), 1 duplicates, 2 blank lines or comments");
    assert_int_equal(c->indexed, 1);
    assert_int_equal(eval_tally_sets(&s->index->tally), 1);
}

/* A file, and a set within a file, that add nothing. */
static void what_adds_nothing_is_named(void **state)
{
    detect_site *s = *state;
    int fds[2];
    char log[4096] = "";
    s->settings.eval_min_unique_words = 3;
    write_file(s, "empty.jsonl", "");
    write_file(s, "good.jsonl",
               "{\"doc_id\":1,\"eval_key\":\"good\",\"question\":\"a b c d e f\"}\n"
               "{\"doc_id\":2,\"eval_key\":\"lost\",\"question\":\"a a\"}\n");
    write_file(s, "zh.jsonl", "{\"doc_id\":3,\"eval_key\":\"zh\",\"question\":\"a a\"}\n");
    assert_int_equal(pipe(fds), 0);
    log_setup(&(log_options){.level = LOG_WARN, .fd = fds[1]});
    load_well(s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    assert_true(read(fds[0], log, sizeof log - 1) > 0);
    close(fds[0]);
    close(fds[1]);
    assert_non_null(strstr(log, "empty.jsonl: the file is empty"));
    assert_non_null(strstr(log, "zh.jsonl: none of its 1 lines is in the index: 1 of fewer"));
    assert_non_null(strstr(log, "set lost: none of its 1 records is in the index"));
    assert_null(strstr(log, "set zh"));
    assert_null(strstr(log, "good.jsonl"));
}

static void parts_that_are_off_do_not_count_for_filters(void **state)
{
    detect_site *s = *state;
    s->settings.eval_min_tokens = 6;
    s->settings.index_answers = false;
    static const char *const lines[] = {
        "{\"doc_id\":2,\"question\":\"one two three\",\"answer\":\"x y\",\"passage\":\"z\"}", NULL};
    detect_site_index(s, lines);
    assert_int_equal(s->index->counts.few_tokens, 1);
}

/* Two questions share two of their three n-grams; N = 3. */
static void sums_and_frequencies(void **state)
{
    detect_site *s = *state;
    static const char *const lines[] = {
        "{\"doc_id\":1,\"question\":\"a b c d e f g\",\"answer\":\"a\",\"passage\":\"a b\"}",
        "{\"doc_id\":2,\"question\":\"b c d e f g h\",\"answer\":\"a\"}",
        "{\"doc_id\":3,\"question\":\"t u v\"}", NULL};
    detect_site_index(s, lines);
    const ngram_index *x = s->index;
    token_list tokens = {0};
    tokenizer_encode(x->tokens, SLICE_LIT("b c d e f"), &tokens);
    record_list docs = index_docs(x, ngram_table_find(&x->table, tokens.ids, 5));
    assert_int_equal(docs.count, 2);
    assert_int_equal(docs.records[0], 0);
    assert_int_equal(docs.records[1], 1);
    assert_int_equal(x->records[0].question_ngrams, 3);
    assert_int_equal(x->records[0].question_tokens, 7);
    assert_int_equal(x->records[2].question_ngrams, 1); /* a single shorter n-gram */
    /* ln 3 + 2 ln 1.5 */
    assert_float_equal(x->records[0].question_sum, 1.9095425f, 1e-6f);
    tokenizer_encode(x->tokens, SLICE_LIT("a zebra"), &tokens);
    assert_int_equal(tokens.ids[1], TOKEN_UNKNOWN);
    /* `a` is in four parts of three records: ln(3/4) */
    assert_float_equal(index_token_idf(x, tokens.ids[0]), -0.2876821f, 1e-6f);
    token_list_deinit(&tokens);
}

static void note_progress(void *ctx, const evals_progress *now)
{
    evals_progress *notes = ctx;
    for (; notes->files_total > 0; notes++)
        ;
    *notes = *now;
}

static void progress_is_reported_file_by_file(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    evals_progress notes[4] = {{0}};
    write_file(s, "a.jsonl", "{\"doc_id\":1,\"question\":\"a b c d e f\"}\n");
    write_file(s, "b.jsonl", "{\"doc_id\":2,\"question\":\"\"}\n{\"doc_id\":3}\n");
    evals_options options = {.dir = s->dir,
                             .max_line_bytes = 1 << 20,
                             .on_progress = note_progress,
                             .progress_ctx = notes};
    s->index = index_new(&s->settings, &e);
    assert_true(evals_load(&options, s->index, &e));
    assert_int_equal(notes[0].files_done, 1);
    assert_int_equal(notes[0].files_total, 2);
    assert_int_equal(notes[0].records, 1);
    assert_int_equal(notes[1].files_done, 2);
    assert_int_equal(notes[1].records, 3);
    assert_int_equal(notes[2].files_total, 0);
    index_freeze(s->index);
}

static void other_tokenizers_are_refused(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    s->settings.tokenizer = "bytes";
    assert_null(index_new(&s->settings, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, "bytes"));
    assert_non_null(strstr(e.message, "word"));
}

static void a_line_beyond_the_limit_is_refused(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    AUTO(buf) text = BUF(3 << 20);
    buf_append_str(&text, "{\"doc_id\":1,\"question\":\"");
    while (text.len <= 1 << 20)
        buf_append_str(&text, "many words ");
    buf_append_str(&text, "\"}\n");
    write_file(s, "a.jsonl", buf_str(&text));
    assert_false(load(s, false, &e));
    assert_non_null(strstr(e.message, "raise max_line_size"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(record_lines),
        TEST(files_in_order_and_every_compression),
        TEST(bad_lines_refuse_the_start),
        TEST(the_old_behaviour_skips_the_rest_of_the_file),
        TEST(damaged_and_missing_files),
        TEST(filters_fire_in_order),
        TEST(lines_are_counted_by_reason),
        TEST(what_adds_nothing_is_named),
        TEST(parts_that_are_off_do_not_count_for_filters),
        TEST(sums_and_frequencies),
        TEST(progress_is_reported_file_by_file),
        TEST(other_tokenizers_are_refused),
        TEST(a_line_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
