/* The end of a job: both results get their final names, or none does; and lines at the limits of
 * nesting. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/job/job_run.h"
#include "tests/fake/detect_site.h"

#define HIT "Ask: how many eggs does the brown hen lay each week?"

static const char *const quiz[] = {
    "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}",
    "{\"doc_id\":4,\"question\":\"Which colour has the old gate behind the school house?\"}", NULL};

static int set_up(void **state)
{
    detect_site_set_up(state, quiz);
    return 0;
}

static bool add_name(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    return buf_printf(ctx, "%s;", name);
}

static void expect_names(const char *dir, const char *names)
{
    AUTO(buf) found = BUF(4096);
    if (fs_exists(dir))
        assert_true(fs_each_name(dir, add_name, &found, NULL));
    assert_string_equal(buf_str(&found), names);
}

/* `path` becomes a directory that no file can replace. */
static void occupy(const char *dir, const char *name)
{
    AUTO_FREE char *path = xasprintf("%s/%s/in-the-way", dir, name);
    assert_true(fs_make_dirs(path, NULL));
}

static void fails_with_nothing_left(detect_site *s, const char *in_the_way)
{
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", SLICE_LIT("{\"text\":\"" HIT "\"}\n"));
    AUTO(job_outcome) out = {0};
    err e = ERR_INIT;
    assert_false(detect_site_run(s, path, &out, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.message, in_the_way));
    assert_null(out.report_path);
    assert_null(out.cleaned_path);
}

static void a_cleaned_file_without_a_name_takes_the_report_back(void **state)
{
    detect_site *s = *state;
    occupy(s->cleaned_dir, "id-1.jsonl.gz");
    fails_with_nothing_left(s, "id-1.jsonl.gz");
    expect_names(s->report_dir, "");
    expect_names(s->cleaned_dir, "id-1.jsonl.gz;");
}

static void a_report_without_a_name_leaves_no_cleaned_file(void **state)
{
    detect_site *s = *state;
    occupy(s->report_dir, "id-1.report.jsonl");
    fails_with_nothing_left(s, "id-1.report.jsonl");
    expect_names(s->report_dir, "id-1.report.jsonl;");
    expect_names(s->cleaned_dir, "");
}

static void a_directory_that_is_a_file_fails_the_job(void **state)
{
    detect_site *s = *state;
    free(detect_site_file(s, "file", SLICE_LIT("x")));
    AUTO_FREE char *dir = xasprintf("%s/file", s->dir);
    s->job.report_dir = dir;
    fails_with_nothing_left(s, dir);
    expect_names(s->cleaned_dir, "");
}

/* A line whose text matches, with another member of `depth` nested arrays. */
static void put_nested(buf *out, unsigned depth)
{
    buf_append_str(out, "{\"deep\":");
    for (unsigned i = 0; i < depth; i++)
        buf_append_char(out, '[');
    for (unsigned i = 0; i < depth; i++)
        buf_append_char(out, ']');
    buf_append_str(out, ",\"text\":\"" HIT "\"}\n");
}

static void lines_of_128_levels_are_kept_unscanned(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = BUF(1 << 20);
    AUTO(buf) deep = BUF(1 << 20);
    put_nested(&deep, 127);
    put_nested(&text, 126);
    buf_append_slice(&text, buf_slice(&deep));
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    AUTO(job_outcome) out = {0};
    assert_true(detect_site_run(s, path, &out, NULL));
    assert_int_equal(out.lines, 2);
    assert_int_equal(out.scanned, 1);
    assert_int_equal(out.contaminated_lines, 1);
    AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
    assert_string_equal(kept, buf_str(&deep));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, detect_site_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_cleaned_file_without_a_name_takes_the_report_back),
        TEST(a_report_without_a_name_leaves_no_cleaned_file),
        TEST(a_directory_that_is_a_file_fails_the_job),
        TEST(lines_of_128_levels_are_kept_unscanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
