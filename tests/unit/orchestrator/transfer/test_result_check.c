/* orchestrator/transfer/result_check: inconsistent results are not committed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/transfer/result_check.h"

static char *dir;
static workdir *work;
static result_dirs *dirs;

#define KEY "data/a.jsonl"

static int make_dir(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-test-XXXXXX";
    dir = xstrdup(mkdtemp(path));
    AUTO_FREE char *root = xasprintf("%s/work", dir);
    AUTO_FREE char *results = xasprintf("%s/results", dir);
    err e = ERR_INIT;
    work = workdir_open(
        &(workdir_options){.root = root, .input_uri = "s3://b/data", .host_count = 1}, &e);
    if (!work || !fs_make_dirs(results, &e) ||
        !(dirs = result_dirs_new(NULL, workdir_fd(work), &e)))
        fail_msg("%s", e.message);
    result_dirs_learn(dirs, results, NULL);
    return 0;
}

static int remove_dir(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    result_dirs_free(dirs);
    workdir_close(work);
    bool ok = fs_remove_tree(dir, &e);
    free(dir);
    return ok ? 0 : 1;
}

/* The result of a job whose report has 3 lines of 5. */
static result_options options_of(const char *report, const char *cleaned)
{
    return (result_options){.name = "s3://b/x",
                            .key = KEY,
                            .workdir = work,
                            .dirs = dirs,
                            .job_id = "job-1",
                            .lines_known = true,
                            .lines = 5,
                            .report_path = report,
                            .cleaned_path = cleaned};
}

/* A result of job-1. */
static char *result_path(const char *name)
{
    return xasprintf("%s/results/job-1.%s", dir, name);
}

static char *write_text(const char *name, const char *text)
{
    char *path = result_path(name);
    err e = ERR_INIT;
    if (!fs_write_file(path, slice_from(text), false, &e))
        fail_msg("%s", e.message);
    return path;
}

static void read_recoded(buf *out)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_file_open(work, KEY, WORKDIR_RECODED, &e);
    assert_true(fd >= 0);
    char text[100];
    ssize_t got = read(fd, text, sizeof text);
    buf_clear(out);
    buf_append(out, text, (size_t)MAX(got, (ssize_t)0));
}

static char *write_gzip(const char *name, const char *text)
{
    AUTO_FREE char *plain = write_text("plain.tmp", text);
    char *path = result_path(name);
    err e = ERR_INIT;
    if (!codec_recode_file(plain, path, CODEC_GZIP, 0, &e))
        fail_msg("%s", e.message);
    return path;
}

/* The downloaded file. */
static void make_input(const char *text)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_part_open(work, KEY, true, &e);
    assert_true(fd >= 0 && fs_write_all(fd, text, strlen(text), &e));
    assert_true(workdir_part_commit(work, KEY, fd, "\"e\"", "", &e));
}

#define INPUT "0\n1\n2\n3\n4\n"
#define REPORT_OF_0_AND_2                                                                          \
    "{\"training_line\":2,\"x\":1}\n{\"training_line\":0}\n{\"training_line\":2}\n"

static bool check(const char *report, const char *cleaned, codec_format format, result_facts *out,
                  err *e)
{
    result_options o = options_of(report, cleaned);
    make_input(INPUT);
    o.purify = true;
    o.format = format;
    return result_check(&o, out, e);
}

static void counts_distinct_lines(void **state)
{
    UNUSED(state);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *cleaned = write_gzip("c.gz", "1\n3\n4\n");
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    if (!check(report, cleaned, CODEC_GZIP, &facts, &e))
        fail_msg("%s", e.message);
    assert_int_equal(facts.contaminated_lines, 2);
    assert_int_equal(facts.report_bytes, strlen(REPORT_OF_0_AND_2));
    assert_int_equal(facts.recoded_fd, 0);
}

static void a_cleaned_file_is_brought_into_the_inputs_compression(void **state)
{
    UNUSED(state);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *cleaned = write_gzip("c.gz", "1\n3\n4\n");
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    assert_true(check(report, cleaned, CODEC_PLAIN, &facts, &e));
    assert_true(facts.recoded_fd > 0);
    AUTO(buf) text = BUF(100);
    read_recoded(&text);
    assert_string_equal(buf_str(&text), "1\n3\n4\n");
    result_facts_deinit(&facts);
    assert_true(check(report, cleaned, CODEC_ZSTD, &facts, &e));
    read_recoded(&text);
    assert_int_equal(codec_by_magic(buf_slice(&text)), CODEC_ZSTD);
}

static void expect_refused(const char *report, const char *cleaned, const char *words)
{
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    assert_false(check(report, cleaned, CODEC_PLAIN, &facts, &e));
    assert_int_equal(e.code, ERR_RESULT);
    if (!strstr(e.message, words))
        fail_msg("'%s' is not in: %s", words, e.message);
}

static void a_bad_report_line_names_the_file_once(void **state)
{
    UNUSED(state);
    AUTO_FREE char *beyond = write_text("b", "{\"training_line\":5}\n");
    AUTO_FREE char *two = write_gzip("c.gz", "1\n2\n");
    AUTO_FREE char *words = xasprintf("%s: line 1 names", beyond);
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    assert_false(check(beyond, two, CODEC_PLAIN, &facts, &e));
    assert_true(str_starts_with(e.message, words));
}

static void what_does_not_add_up_is_refused(void **state)
{
    UNUSED(state);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *beyond = write_text("b", "{\"training_line\":5}\n");
    AUTO_FREE char *garbage = write_text("g", "{\"training_line\":\"1\"}\n");
    AUTO_FREE char *empty = write_text("e", "");
    AUTO_FREE char *two = write_gzip("c.gz", "1\n2\n");
    expect_refused(report, two,
                   "its line 2 is not line 4 of the input (lines: input 5, reported 2, cleaned 2)");
    expect_refused(NULL, two,
                   "its line 1 is not line 1 of the input (lines: input 5, reported 0, cleaned 2)");
    expect_refused(report, NULL, "no cleaned file");
    expect_refused(beyond, two, "line 1 names no line");
    expect_refused(garbage, two, "line 1 names no line");
    AUTO_FREE char *broken = write_text("x", "{\"training_line\":1\n");
    AUTO_FREE char *list = write_text("l", "[1]\n");
    AUTO_FREE char *latin = write_text("u", "{\"a\":\"\xe9\",\"training_line\":1}\n");
    expect_refused(broken, two, "line 1 is not a report's: byte 18");
    expect_refused(list, two, "line 1 is not a report's: it is not a JSON object");
    expect_refused(latin, two, "line 1 is not a report's: byte 6 is not UTF-8");
    expect_refused(empty, two, "the report has no line");
    AUTO_FREE char *absent = result_path("absent");
    expect_refused(absent, two, absent);
    expect_refused("relative/job-1.r2", two, "absolute");
}

/* A report may contain anything that a training text or an evaluation record may contain. */
static void a_report_line_may_hold_any_json(void **state)
{
    UNUSED(state);
    static const char *const members[] = {
        "\"training_overlap_text\":\"a\\u0000b\"",
        "\"a\\u0000b\":1",
        "\"eval_instance_index\":9223372036854775808",
        "\"eval_instance_index\":18446744073709551616",
        "\"doc_id\":-9223372036854775809",
        "\"x\":123456789012345678901234567890123456789012345678901234567890",
        "\"x\":1e308,\"y\":-0.0,\"z\":1E-400",
        "\"x\":\"\\ud83d\\ude00\",\"y\":\"\xf0\x9f\x98\x80\"",
        "\"training_line\":7,\"x\":[{\"training_line\":8}]",
    };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        AUTO_FREE char *lines =
            xasprintf("{%s,\"training_line\":2}\n{\"training_line\":0,%s}\n", members[i],
                      i + 1 < ARRAY_LEN(members) ? members[i] : "\"x\":{\"training_line\":8}");
        AUTO_FREE char *report = write_text("r", lines);
        AUTO_FREE char *cleaned = write_gzip("c.gz", "1\n3\n4\n");
        AUTO(result_facts) facts = {0};
        err e = ERR_INIT;
        if (!check(report, cleaned, CODEC_GZIP, &facts, &e))
            fail_msg("%s: %s", members[i], e.message);
        assert_int_equal(facts.contaminated_lines, 2);
    }
}

static void a_clean_file_needs_no_files(void **state)
{
    UNUSED(state);
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    assert_true(check(NULL, NULL, CODEC_PLAIN, &facts, &e));
    assert_null(facts.report.path);
}

static void lines_are_counted_where_nothing_was_verified(void **state)
{
    UNUSED(state);
    make_input("a\nb\nc");
    AUTO_FREE char *cleaned = write_gzip("c.gz", "a\nb\nc");
    AUTO_FREE char *part = write_gzip("p.gz", "a\nb\n");
    result_options o = options_of(NULL, cleaned);
    o.lines_known = false;
    o.purify = true;
    AUTO(result_facts) facts = {.report_bytes = 0};
    err e = ERR_INIT;
    assert_true(result_check(&o, &facts, &e));
    result_facts_deinit(&facts);
    o.cleaned_path = part;
    assert_false(result_check(&o, &facts, &e));
    assert_int_equal(e.code, ERR_RESULT);
}

static bool notified;

static void on_checked(void *ctx, result_facts *facts, const err *error)
{
    UNUSED(ctx);
    assert_null(error);
    assert_int_equal(facts->contaminated_lines, 2);
    notified = true;
}

static void runs_on_the_pool_and_can_be_cancelled(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    result_options o = options_of(report, NULL);
    codec_memory *memory = codec_memory_new((uint64_t)32 << 20);
    notified = false;
    UNUSED(!result_check_start(p, memory, &o, on_checked, NULL));
    pool_collect(p);
    assert_true(notified);
    notified = false;
    op_cancel(result_check_start(p, memory, &o, on_checked, NULL));
    pool_collect(p);
    assert_false(notified);
    codec_memory_free(memory);
}

static void on_refused(void *ctx, result_facts *facts, const err *error)
{
    UNUSED(facts);
    *(err *)ctx = *error;
    notified = true;
}

static void on_nothing(codec_ticket *t)
{
    UNUSED(t);
}

/* xz -6 needs 94 MiB, with two threads 262: with 100 MiB one thread is used. */
static void an_encoder_waits_for_its_memory_or_is_refused(void **state)
{
    UNUSED(state);
    err e = ERR_INIT, refused = ERR_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *cleaned = write_text("c", "{}\n{}\n{}\n");
    result_options o = options_of(report, cleaned);
    make_input("{}\n{}\n{}\n{}\n{}\n");
    o.format = CODEC_XZ;
    o.codec = (codec_options){.level = 6, .threads = 2};
    codec_memory *memory = codec_memory_new((uint64_t)100 << 20);
    codec_ticket other = {.on_admitted = on_nothing};
    codec_memory_ask(memory, &other, 50 << 20);
    notified = false;
    UNUSED(!result_check_start(p, memory, &o, on_checked, NULL));
    pool_collect(p);
    assert_false(notified);
    codec_memory_give(memory, &other);
    pool_collect(p);
    assert_true(notified);
    codec_memory_ask(memory, &other, 50 << 20);
    op_cancel(result_check_start(p, memory, &o, on_checked, NULL)); /* while it waits */
    codec_memory_give(memory, &other);
    codec_memory_free(memory);

    memory = codec_memory_new((uint64_t)90 << 20);
    notified = false;
    UNUSED(!result_check_start(p, memory, &o, on_refused, &refused));
    pool_collect(p);
    assert_true(notified);
    assert_int_equal(refused.code, ERR_CODEC_MEMORY);
    assert_non_null(strstr(refused.message, "s3://b/x: its cleaned file cannot be written as xz of "
                                            "level 6, which needs 9"));
    assert_non_null(strstr(refused.message, "lower xz_level; raise codec_memory, which is 90 MiB"));
    codec_memory_free(memory);
}

/* One frame with a window of 64 MiB and a raw block: a decoder needs 65 MiB. */
static char *write_long_window(const char *name, const char *text)
{
    char *path = result_path(name);
    unsigned block = (unsigned)strlen(text) << 3 | 1;
    AUTO(buf) frame = BUF(1000);
    buf_append(&frame, "\x28\xb5\x2f\xfd\x00\x80", 6);
    for (int i = 0; i < 3; i++)
        buf_append_char(&frame, (char)(block >> 8 * i));
    buf_append_str(&frame, text);
    err e = ERR_INIT;
    if (!fs_write_file(path, buf_slice(&frame), false, &e))
        fail_msg("%s", e.message);
    return path;
}

/* zstd to bzip2: a decoder of 9 MiB beside an encoder of 9. */
static void decoders_are_counted_beside_the_encoder(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *cleaned = write_text("c.zst", "{}\n{}\n{}\n");
    result_options o = options_of(report, cleaned);
    make_input("{}\n{}\n{}\n{}\n{}\n");
    o.format = CODEC_BZIP2;
    codec_memory *memory = codec_memory_new((uint64_t)30 << 20);
    codec_ticket other = {.on_admitted = on_nothing};
    codec_memory_ask(memory, &other, (uint64_t)13 << 20);
    notified = false;
    UNUSED(!result_check_start(p, memory, &o, on_checked, NULL));
    pool_collect(p);
    assert_false(notified);
    codec_memory_give(memory, &other);
    pool_collect(p);
    assert_true(notified);
    codec_memory_free(memory);
}

static void collect_all(pool *p)
{
    while (pool_collect(p) > 0)
        ;
}

static void a_file_that_needs_more_starts_over_or_is_refused(void **state)
{
    UNUSED(state);
    err e = ERR_INIT, refused = ERR_INIT;
    AUTO_PTR(pool) p = pool_new(0, &e);
    AUTO_FREE char *report = write_text("r", REPORT_OF_0_AND_2);
    AUTO_FREE char *cleaned = write_long_window("c.zst", "{}\n{}\n{}\n");
    result_options o = options_of(report, cleaned);
    make_input("{}\n{}\n{}\n{}\n{}\n");
    o.format = CODEC_BZIP2;
    codec_memory *memory = codec_memory_new((uint64_t)74 << 20); /* 65 and the encoder's 9 */
    codec_ticket other = {.on_admitted = on_nothing};
    codec_memory_ask(memory, &other, (uint64_t)40 << 20);
    notified = false;
    UNUSED(!result_check_start(p, memory, &o, on_checked, NULL));
    pool_collect(p);
    assert_false(notified); /* it has read the window size, and waits for the memory */
    codec_memory_give(memory, &other);
    collect_all(p);
    assert_true(notified);
    AUTO_FD recoded = workdir_file_open(work, KEY, WORKDIR_RECODED, &e);
    assert_true(recoded >= 0);
    codec_memory_free(memory);

    static const struct {
        unsigned mib;
        const char *words;
    } rows[] = {{64, "its window of 64 MiB (zstd --long=26) needs 65 MiB of memory; raise "
                     "codec_memory, which is 64 MiB"},
                {73, "the encoder uses 9 MiB of the limit: "}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        memory = codec_memory_new((uint64_t)rows[i].mib << 20);
        notified = false;
        UNUSED(!result_check_start(p, memory, &o, on_refused, &refused));
        collect_all(p);
        assert_true(notified);
        assert_int_equal(refused.code, ERR_CODEC_MEMORY);
        if (!strstr(refused.message, rows[i].words))
            fail_msg("'%s' does not say '%s'", refused.message, rows[i].words);
        codec_memory_free(memory);
    }
}

int main(void)
{
#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        DIR_TEST(counts_distinct_lines),
        DIR_TEST(a_cleaned_file_is_brought_into_the_inputs_compression),
        DIR_TEST(a_bad_report_line_names_the_file_once),
        DIR_TEST(what_does_not_add_up_is_refused),
        DIR_TEST(a_report_line_may_hold_any_json),
        DIR_TEST(a_clean_file_needs_no_files),
        DIR_TEST(lines_are_counted_where_nothing_was_verified),
        DIR_TEST(runs_on_the_pool_and_can_be_cancelled),
        DIR_TEST(an_encoder_waits_for_its_memory_or_is_refused),
        DIR_TEST(decoders_are_counted_beside_the_encoder),
        DIR_TEST(a_file_that_needs_more_starts_over_or_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
