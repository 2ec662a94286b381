/* Whole files: reports and cleaned files, in every compression; bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "compression/splice/splice.h"
#include "detection/job/job_run.h"
#include "tests/fake/detect_site.h"

#define HIT_1                                                                                      \
    "{\"text\":\"Intro words here. Which river flows through the old town of Lindow? Havel\"}"
#define HIT_2 "{\"id\":1,\"text\":\"Ask: how many eggs does the brown hen lay each week?\"}"
/* Lines 0 and 5 match; all others are kept byte for byte. */
#define KEPT_1    "{\"text\":\"Nothing of note is in this line of plain words at all.\"}\r\n"
#define KEPT_2    "not JSON\n\n{\"txt\":\"no text\"}\n"
#define KEPT_3    "{\"text\":\"the last line without its end\"}"
#define FILE_TEXT HIT_1 "\n" KEPT_1 KEPT_2 HIT_2 "\r\n" KEPT_3
#define KEPT_TEXT KEPT_1 KEPT_2 KEPT_3

static const char *const quiz[] = {
    "{\"doc_id\":7,\"eval_key\":\"towns\",\"question\":\"Which river flows through the old town of "
    "Lindow?\",\"answer\":\"Havel\",\"split\":\"test\",\"fingerprint\":\"f0\",\"is_correct\":true}",
    "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};

static int set_up(void **state)
{
    detect_site *s = detect_site_set_up(state, quiz);
    s->job.lenient = true; /* files are checked in test_job_judge.c */
    return 0;
}

static bool count_name(void *ctx, const char *name, err *e)
{
    UNUSED(name), UNUSED(e);
    ++*(unsigned *)ctx;
    return true;
}

static unsigned count_files(const char *dir)
{
    unsigned count = 0;
    if (fs_exists(dir))
        assert_true(fs_each_name(dir, count_name, &count, NULL));
    return count;
}

/* Neither results nor temporary files. */
static void expect_nothing_left(const detect_site *s)
{
    assert_int_equal(count_files(s->report_dir), 0);
    assert_int_equal(count_files(s->cleaned_dir), 0);
}

static const char *const suffixes[] = {"", ".gz", ".zst", ".bz2", ".xz"};
static const codec_format formats[] = {CODEC_PLAIN, CODEC_GZIP, CODEC_ZSTD, CODEC_BZIP2, CODEC_XZ};

static void every_compression_gives_the_same(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *plain = detect_site_file(s, "plain", SLICE_LIT(FILE_TEXT));
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        AUTO_FREE char *path = xasprintf("%s/f.jsonl%s", s->dir, suffixes[i]);
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        assert_true(codec_recode_file(plain, path, formats[i], 0, NULL));
        if (!detect_site_run(s, path, &out, &e))
            fail_msg("%s", e.message);
        assert_int_equal(out.lines, 7);
        assert_int_equal(out.matches, 2);
        assert_int_equal(out.contaminated_lines, 2);
        AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
        assert_string_equal(kept, KEPT_TEXT);
        AUTO_FREE char *report = detect_site_read(out.report_path);
        assert_non_null(strstr(report, "\"training_line\":0,"));
        assert_non_null(strstr(report, "\"training_line\":5,"));
    }
    assert_int_equal(count_files(s->report_dir), 1);
    assert_int_equal(count_files(s->cleaned_dir), 1);
}

/* In the requested format; formats that cannot be spliced, and files without a request, are written
 * as gzip. */
static void cleaned_copies_keep_the_format_where_asked(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *plain = detect_site_file(s, "plain", SLICE_LIT(FILE_TEXT));
    AUTO(job_runner) runner = {0};
    job_runner_init(&runner, &s->job, s->index);
    for (size_t i = 0; i < 2 * ARRAY_LEN(suffixes); i++) {
        size_t f = i / 2;
        codec_format expected = i % 2 && splice_offers(formats[f]) ? formats[f] : CODEC_GZIP;
        AUTO_FREE char *path = xasprintf("%s/f.jsonl%s", s->dir, suffixes[f]);
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        assert_true(codec_recode_file(plain, path, formats[f], 0, NULL));
        job_request request = {.id = "id-1", .path = path, .cleaned_as_input = i % 2};
        if (!job_run(&runner, &request, &out, &e))
            fail_msg("%s", e.message);
        AUTO(buf) file = BUF(100000);
        assert_true(fs_read_file(out.cleaned_path, 100000, &file, NULL));
        assert_int_equal(codec_by_magic(buf_slice(&file)), expected);
        const char *suffix = codec_get(expected)->suffixes[0];
        AUTO_FREE char *name = xasprintf("/id-1.jsonl%s", suffix ? suffix : "");
        assert_true(str_ends_with(out.cleaned_path, name));
        AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
        assert_string_equal(kept, KEPT_TEXT);
        assert_true(fs_remove(out.cleaned_path, NULL));
    }
    assert_int_equal(count_files(s->cleaned_dir), 0);
}

/* Many batches, on several threads, and more ranges than are kept in memory. */
static void many_lines_are_spliced_out(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = BUF((size_t)16 << 20);
    AUTO(buf) kept = BUF((size_t)16 << 20);
    for (unsigned i = 0; i < 30000; i++) {
        size_t from = text.len;
        if (i % 3 == 0) {
            buf_append_str(&text, HIT_1 "\n");
            continue;
        }
        buf_printf(&text, "{\"text\":\"Line %u is of plain words, and is kept.\"}\n", i * 7919);
        buf_append(&kept, text.data + from, text.len - from);
    }
    AUTO_FREE char *plain = detect_site_file(s, "plain", buf_slice(&text));
    s->job.threads = 3;
    AUTO(job_runner) runner = {0};
    job_runner_init(&runner, &s->job, s->index);
    for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
        AUTO_FREE char *path = xasprintf("%s/f.jsonl%s", s->dir, suffixes[f]);
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        assert_true(codec_recode_file(plain, path, formats[f], 0, NULL));
        job_request request = {.id = "id-1", .path = path, .cleaned_as_input = true};
        if (!job_run(&runner, &request, &out, &e))
            fail_msg("%s", e.message);
        assert_int_equal(out.contaminated_lines, 10000);
        AUTO_FREE char *got = detect_site_read(out.cleaned_path);
        assert_true(str_equal(got, buf_str(&kept)));
        assert_int_equal(count_files(s->cleaned_dir), 1 + f);
    }
}

/* "\\u0000" in a record is an ordinary character: the text after it is kept. */
static void records_with_nul_characters(void **state)
{
    static const char *const records[] = {
        "{\"doc_id\":1,\"eval_key\":\"a\\u0000b\",\"split\":\"c\\u0000d\",\"fingerprint\":"
        "\"e\\u0000f\","
        "\"question\":\"Where did\\u0000the old grey goose go last "
        "night?\",\"answer\":\"to\\u0000Lindow\"}",
        "{\"doc_id\":2,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};
    detect_site *s = *state;
    AUTO(job_outcome) out = {0};
    index_free(s->index);
    detect_site_index(s, records);
    AUTO_FREE char *path =
        detect_site_file(s, "f.jsonl",
                         SLICE_LIT("{\"text\":\"Some intro words here: where did\\u0000the old "
                                   "grey goose go last night? to\\u0000Lindow and on\"}\n"));
    assert_true(detect_site_run(s, path, &out, NULL));
    AUTO_FREE char *report = detect_site_read(out.report_path);
    static const char *const wanted[] = {
        "\"eval_key\":\"a\\u0000b\"", "\"split\":\"c\\u0000d\"", "\"fingerprint\":\"e\\u0000f\"",
        "\"eval_question_text\":\"where did\\u0000the old grey goose go last night\"",
        "\"eval_answer_text\":\"to\\u0000lindow\""};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!strstr(report, wanted[i]))
            fail_msg("%s is not in %s", wanted[i], report);
}

/* The exact text of a report. */
static void report_lines(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl.zst", SLICE_LIT(HIT_1 "\n" HIT_2));
    AUTO(job_outcome) out = {0};
    s->job.cleaned_dir = NULL;
    assert_true(detect_site_run(s, path, &out, NULL));
    assert_null(out.cleaned_path);
    AUTO_FREE char *report = detect_site_read(out.report_path);
    assert_string_equal(
        report,
        "{\"answer_boundaries\":[[12,12]],\"answer_end_idx\":12,\"answer_idf_overlap\":1.0,"
        "\"answer_overlap_ratio\":1.0,\"answer_start_idx\":12,\"cluster_token_length\":9,"
        "\"contamination_score\":1.0,\"eval_answer_text\":\"havel\",\"eval_dataset\":\"towns\","
        "\"eval_instance_index\":0,\"eval_key\":\"towns\",\"eval_line\":0,"
        "\"eval_overlap_text\":\"which river flows through the old town of lindow\","
        "\"eval_question_text\":\"which river flows through the old town of lindow\","
        "\"eval_token_length\":9,\"eval_unique_ngrams\":5,\"fingerprint\":\"f0\","
        "\"idf_overlap\":1.0,\"is_correct\":true,\"length_adjusted_question_threshold\":1.0,"
        "\"method\":\"simple\",\"ngram_match_cnt\":5,\"question_end_idx\":11,"
        "\"question_start_idx\":3,\"reference_file\":\"quiz.jsonl\",\"split\":\"test\","
        "\"token_length_delta\":0,\"training_file\":\"f.jsonl\",\"training_line\":0,"
        "\"training_overlap_text\":\"... intro words here【which river flows through the old town "
        "of lindow】⟦havel⟧\"}\n"
        "{\"cluster_token_length\":10,\"contamination_score\":1.0,\"eval_dataset\":\"quiz\","
        "\"eval_instance_index\":1,\"eval_key\":\"quiz\",\"eval_line\":1,"
        "\"eval_overlap_text\":\"how many eggs does the brown hen lay each week\","
        "\"eval_question_text\":\"how many eggs does the brown hen lay each week\","
        "\"eval_token_length\":10,\"eval_unique_ngrams\":6,\"idf_overlap\":1.0,"
        "\"length_adjusted_question_threshold\":1.0,\"method\":\"simple\",\"ngram_match_cnt\":6,"
        "\"question_end_idx\":10,\"question_start_idx\":1,\"reference_file\":\"quiz.jsonl\","
        "\"token_length_delta\":0,\"training_file\":\"f.jsonl\",\"training_line\":1,"
        "\"training_overlap_text\":\"... ask【how many eggs does the brown hen lay each "
        "week】\"}\n");
}

/* The reference reads only the first member and loses the rest. */
static void all_members_are_read(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *first = detect_site_file(s, "1", SLICE_LIT(KEPT_1));
    AUTO_FREE char *second = detect_site_file(s, "2", SLICE_LIT(HIT_2 "\n"));
    for (size_t i = 1; i < ARRAY_LEN(suffixes); i++) {
        AUTO(buf) both = {0};
        AUTO_FREE char *name = xasprintf("both%s", suffixes[i]);
        AUTO_FREE char *part = xasprintf("%s/part", s->dir);
        buf_init(&both, 1 << 20);
        assert_true(codec_recode_file(first, part, formats[i], 0, NULL));
        assert_true(fs_read_file(part, 1 << 20, &both, NULL));
        AUTO(buf) more = BUF(1 << 20);
        assert_true(codec_recode_file(second, part, formats[i], 0, NULL));
        assert_true(fs_read_file(part, 1 << 20, &more, NULL));
        buf_append_slice(&both, buf_slice(&more));
        AUTO_FREE char *path = detect_site_file(s, name, buf_slice(&both));
        AUTO(job_outcome) out = {0};
        assert_true(detect_site_run(s, path, &out, NULL));
        assert_int_equal(out.lines, 2);
        assert_int_equal(out.contaminated_lines, 1);
        AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
        assert_string_equal(kept, KEPT_1);
    }
}

static void clean_and_empty_files(void **state)
{
    detect_site *s = *state;
    static const char *const texts[] = {"", KEPT_1 KEPT_2, "\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO_FREE char *path = detect_site_file(s, "f.jsonl", slice_from(texts[i]));
        AUTO(job_outcome) out = {0};
        assert_true(detect_site_run(s, path, &out, NULL));
        assert_null(out.report_path);
        assert_string_equal(strrchr(out.cleaned_path, '/'), "/id-1.jsonl.gz");
        AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
        assert_string_equal(kept, texts[i]);
        AUTO(buf) raw = BUF(1 << 20);
        assert_true(fs_read_file(out.cleaned_path, 1 << 20, &raw, NULL));
        assert_int_equal(codec_by_magic(buf_slice(&raw)), CODEC_GZIP);
    }
    assert_false(fs_exists(s->report_dir));
}

static void invalid_utf8_fails_the_job_or_is_kept(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", SLICE_LIT(HIT_1 "\nab\xff\n" HIT_2 "\n"));
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) second = {0};
    err e = ERR_INIT;
    assert_false(detect_site_run(s, path, &out, &e));
    assert_int_equal(e.code, ERR_UTF8);
    assert_non_null(strstr(e.message, "f.jsonl"));
    assert_non_null(strstr(e.message, "line 2"));
    assert_non_null(strstr(e.message, "byte 2"));
    expect_nothing_left(s);
    s->job.skip_invalid_utf8 = true;
    assert_true(detect_site_run(s, path, &second, &e));
    assert_int_equal(second.invalid_lines, 1);
    AUTO_FREE char *kept = detect_site_read(second.cleaned_path);
    assert_string_equal(kept, "ab\xff\n");
}

static void expect_failure(detect_site *s, const char *path, err_code code)
{
    AUTO(job_outcome) out = {0};
    err e = ERR_INIT;
    assert_false(detect_site_run(s, path, &out, &e));
    assert_string_equal(err_code_name(e.code), err_code_name(code));
    assert_non_null(strstr(e.message, path));
    expect_nothing_left(s);
}

static void damaged_files_fail_and_leave_nothing(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *plain = detect_site_file(s, "plain", SLICE_LIT(FILE_TEXT));
    for (size_t i = 1; i < ARRAY_LEN(suffixes); i++) {
        AUTO_FREE char *name = xasprintf("f%s", suffixes[i]);
        AUTO_FREE char *path = xasprintf("%s/%s", s->dir, name);
        AUTO(buf) raw = BUF(1 << 20);
        assert_true(codec_recode_file(plain, path, formats[i], 0, NULL));
        assert_true(fs_read_file(path, 1 << 20, &raw, NULL));
        raw.len -= 9;
        free(detect_site_file(s, name, buf_slice(&raw)));
        expect_failure(s, path, ERR_CODEC_EARLY_END);
        free(detect_site_file(s, name, (slice){0}));
        expect_failure(s, path, ERR_CODEC_EARLY_END);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *fifo = xasprintf("%s/fifo", s->dir);
    AUTO_FREE char *nowhere = xasprintf("%s/nowhere", s->dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    expect_failure(s, fifo, ERR_IO);
    expect_failure(s, s->dir, ERR_IO);
    expect_failure(s, nowhere, ERR_IO);
}

static void lines_have_a_limit(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", SLICE_LIT(KEPT_2 HIT_1 "\n"));
    s->job.max_line_bytes = 40;
    expect_failure(s, path, ERR_LIMIT);
}

static void what_was_read_is_counted(void **state)
{
    detect_site *s = *state;
    job_meter meter = {0};
    AUTO(job_outcome) first = {0};
    AUTO(job_outcome) second = {0};
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", SLICE_LIT(FILE_TEXT));
    s->job.meter = &meter;
    s->job.cleaned_suffix = ".clean.jsonl.gz";
    assert_true(detect_site_run(s, path, &first, NULL));
    assert_int_equal(first.text_bytes, strlen(FILE_TEXT));
    assert_true(str_ends_with(first.cleaned_path, "/id-1.clean.jsonl.gz"));
    assert_true(detect_site_run(s, path, &second, NULL));
    assert_int_equal(meter.text_bytes, 2 * strlen(FILE_TEXT)); /* of all jobs that share it */
    assert_int_equal(meter.lines, first.lines + second.lines);
}

static void content_key_leads_inwards(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(
        s, "f.jsonl", SLICE_LIT("{\"doc\":" HIT_2 "}\n" HIT_2 "\n{\"doc\":[" HIT_2 "]}\n"));
    AUTO(job_outcome) out = {0};
    s->job.content_key = "doc.text";
    assert_true(detect_site_run(s, path, &out, NULL));
    assert_int_equal(out.scanned, 1);
    assert_int_equal(out.matches, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, detect_site_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_compression_gives_the_same),
        TEST(cleaned_copies_keep_the_format_where_asked),
        TEST(many_lines_are_spliced_out),
        TEST(report_lines),
        TEST(records_with_nul_characters),
        TEST(all_members_are_read),
        TEST(clean_and_empty_files),
        TEST(invalid_utf8_fails_the_job_or_is_kept),
        TEST(damaged_files_fail_and_leave_nothing),
        TEST(what_is_no_file_is_refused),
        TEST(lines_have_a_limit),
        TEST(what_was_read_is_counted),
        TEST(content_key_leads_inwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
