/* Whole runs with a detection server that names files which are not its results. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

#define FOREIGN "{\"training_line\":0}\n" /* would do as a report of BAD */

/* A file outside the world's folders that a run must not touch. */
typedef struct foreign {
    world *w;
    char *path;
} foreign;

static foreign foreign_new(const char *name, bool purify)
{
    foreign f = {.w = world_new()};
    f.w->purify = purify;
    f.path = xasprintf("%s/%s", f.w->dir, name);
    assert_true(fs_write_file(f.path, SLICE_LIT(FOREIGN), false, NULL));
    world_add(f.w, "a.jsonl", BAD);
    return f;
}

static void expect_untouched(foreign *f)
{
    AUTO(buf) text = BUF(1000);
    if (!fs_read_file(f->path, 1000, &text, NULL))
        fail_msg("%s is gone; log:\n%s", f->path, buf_str(&f->w->log));
    assert_string_equal(buf_str(&text), FOREIGN);
    assert_null(world_find(f->w, "rep/a.report.jsonl"));
    assert_null(world_find(f->w, "rep/a.clean"));
    assert_null(strstr(f->w->order, "PUT cle/"));
    expect_log(f->w, "not used as a result");
    world_free(f->w);
    free(f->path);
}

static void a_foreign_report_is_neither_sent_nor_removed(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"notes.jsonl", "job-1.report.jsonl", "reports/notes.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        foreign f = foreign_new(names[i], false);
        f.w->name_report = f.path;
        expect_status(f.w, NULL, 3);
        expect_untouched(&f);
    }
}

static void a_foreign_cleaned_file_is_neither_sent_nor_removed(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("data.jsonl.gz", true);
    f.w->name_cleaned = f.path;
    expect_status(f.w, NULL, 3);
    assert_int_equal(world_files_in(f.w, "reports"), 1); /* neither is the valid one beside it */
    expect_untouched(&f);
}

static void links_and_pipes_are_neither_followed_nor_waited_for(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("notes.jsonl", false);
    AUTO_FREE char *linked = xasprintf("%s/reports/job-1.link", f.w->dir);
    AUTO_FREE char *pattern = xasprintf("%s/reports/*.link", f.w->dir);
    AUTO_FREE char *fifo = xasprintf("%s/reports/job-2.fifo", f.w->dir);
    AUTO_FREE char *fifos = xasprintf("%s/reports/*.fifo", f.w->dir);
    assert_int_equal(symlink(f.path, linked), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    f.w->name_report = pattern;
    expect_status(f.w, NULL, 3);
    struct stat st;
    assert_int_equal(lstat(linked, &st), 0);
    f.w->keys_known = false;
    f.w->name_report = fifos;
    expect_status(f.w, NULL, 3);
    assert_int_equal(lstat(fifo, &st), 0);
    f.w->name_report = "/dev/null";
    expect_status(f.w, NULL, 3);
    expect_untouched(&f);
}

/* The same when the server had done the job already for an earlier run. */
static void an_old_job_gives_no_right_to_foreign_files(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("notes.jsonl", false);
    f.w->name_report = f.path;
    expect_status(f.w, NULL, 3);
    expect_status(f.w, NULL, 3);
    expect_untouched(&f);
}

static void a_debug_run_reads_no_foreign_file(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("notes.jsonl", false);
    f.w->name_report = f.path;
    expect_status(f.w, WORDS("--max-files-debug", "1"), 3);
    expect_untouched(&f);
}

static void refused_folders_hold_no_results(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("job-1.report.jsonl", false);
    AUTO_FREE char *reported = xasprintf("\"%s\"", f.w->dir); /* a parent of the work directory */
    f.w->tell_report_dir = reported;
    f.w->name_report = f.path;
    expect_status(f.w, NULL, 3);
    expect_log(f.w, "the work directory or one above it");
    f.w->tell_report_dir = "\"/\"";
    f.w->keys_known = false;
    expect_status(f.w, NULL, 3);
    expect_log(f.w, "the root directory");
    AUTO_FREE char *word = xasprintf("--server-result-dirs=%s", f.w->dir);
    expect_status(f.w, WORDS(word), 2);
    f.w->tell_report_dir = f.w->tell_cleaned_dir = "null";
    expect_status(f.w, NULL, 3);
    expect_untouched(&f);
}

/* As the reference server does if no cleaned folder is configured. */
static void null_for_the_cleaned_folder_means_the_report_folder(void **state)
{
    UNUSED(state);
    world *w = world_new();
    AUTO_FREE char *reports = xasprintf("%s/reports", w->dir);
    AUTO_FREE char *cleaned = xasprintf("%s/cleaned", w->dir);
    assert_int_equal(rmdir(cleaned), 0);
    assert_int_equal(symlink("reports", cleaned), 0); /* so the world writes there */
    AUTO_FREE char *pattern = xasprintf("%s/*.jsonl.gz", reports);
    w->purify = true;
    w->tell_cleaned_dir = "null";
    w->name_cleaned = pattern;
    world_add(w, "a.jsonl", BAD GOOD);
    expect_status(w, NULL, 0);
    expect_text(w, "cle/a.clean.jsonl", GOOD);
    assert_int_equal(world_files_in(w, "reports"), 0);
    world_free(w);
}

static void configured_folders_are_used(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->tell_report_dir = w->tell_cleaned_dir = "\"/nowhere\"";
    world_add(w, "a.jsonl", BAD GOOD);
    AUTO_FREE char *reports = xasprintf("--server-result-dirs=%s/reports", w->dir);
    AUTO_FREE char *cleaned = xasprintf("--server-result-dirs=%s/cleaned", w->dir);
    expect_status(w, WORDS(reports, cleaned), 0);
    expect_text(w, "cle/a.clean.jsonl", GOOD);
    expect_nothing_left(w);
    world_free(w);
}

/* `decon server` creates a new folder at each start if none is configured. */
static void a_restarted_server_reports_its_new_folders(void **state)
{
    UNUSED(state);
    for (unsigned at = 1; at <= 3; at++) {
        world *w = world_new();
        w->purify = true;
        w->moves_at_submit = at;
        w->polls_before_done = 1;
        world_add(w, "a.jsonl", BAD GOOD);
        world_add(w, "b.jsonl", BAD);
        world_add(w, "c.jsonl", GOOD);
        expect_status(w, NULL, 0);
        expect_text(w, "cle/a.clean.jsonl", GOOD);
        assert_int_equal(world_files_in(w, "moved-reports"), 0);
        assert_int_equal(world_files_in(w, "moved-cleaned"), 0);
        world_free(w);
    }
}

/* The world counts it as the same result, under a second name. */
static void swap_report(world *w, const char *job_id)
{
    AUTO_FREE char *path = xasprintf("%s/reports/%s.report.jsonl", w->dir, job_id);
    AUTO_FREE char *aside = xasprintf("%s/aside", w->dir);
    if (rename(path, aside) != 0 || link(aside, path) != 0)
        fail_msg("%s", path);
}

static void a_second_link_to_a_result_is_refused(void **state)
{
    UNUSED(state);
    foreign f = foreign_new("notes.jsonl", false);
    f.w->before_status = swap_report;
    expect_status(f.w, NULL, 3);
    expect_untouched(&f);
}

/* The cleaned file goes up first: by then the report has been checked. */
static void replace_results(world *w, const char *key)
{
    if (!str_starts_with(key, "cle/"))
        return;
    static const char *const names[] = {"reports/job-1.report.jsonl", "cleaned/job-1.jsonl.gz"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", w->dir, names[i]);
        assert_true(fs_exists(path));
        assert_true(fs_write_file(path, SLICE_LIT("another"), false, NULL));
    }
}

static void the_checked_file_is_uploaded_even_if_another_has_its_name(void **state)
{
    UNUSED(state);
    static const char *const inputs[] = {"a.jsonl", "a.jsonl.gz"}; /* encoded again, and not */
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        world *w = world_new();
        w->purify = true;
        w->before_put = replace_results;
        world_add(w, inputs[i], BAD GOOD);
        expect_status(w, NULL, 0);
        expect_text(w, "rep/a.report.jsonl", FOREIGN);
        if (i == 0)
            expect_text(w, "cle/a.clean.jsonl", GOOD);
        assert_int_equal(world_files_in(w, "reports"), 1); /* not the file that was checked */
        assert_int_equal(world_files_in(w, "cleaned"), 1);
        expect_log(w, "kept: the file was replaced or changed after it was read");
        world_free(w);
    }
}

static void overwrite_report(world *w, const char *key)
{
    AUTO_FREE char *path = xasprintf("%s/reports/job-1.report.jsonl", w->dir);
    if (!str_starts_with(key, "cle/"))
        return;
    AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, FOREIGN FOREIGN, 2 * strlen(FOREIGN), NULL));
}

static void a_report_that_changes_after_the_check_is_not_committed(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->before_put = overwrite_report;
    world_add(w, "a.jsonl", BAD GOOD);
    expect_status(w, NULL, 3);
    expect_log(w, "was changed after it was checked");
    assert_null(world_find(w, "rep/a.report.jsonl"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_foreign_report_is_neither_sent_nor_removed),
        cmocka_unit_test(a_foreign_cleaned_file_is_neither_sent_nor_removed),
        cmocka_unit_test(links_and_pipes_are_neither_followed_nor_waited_for),
        cmocka_unit_test(an_old_job_gives_no_right_to_foreign_files),
        cmocka_unit_test(a_debug_run_reads_no_foreign_file),
        cmocka_unit_test(refused_folders_hold_no_results),
        cmocka_unit_test(null_for_the_cleaned_folder_means_the_report_folder),
        cmocka_unit_test(configured_folders_are_used),
        cmocka_unit_test(a_restarted_server_reports_its_new_folders),
        cmocka_unit_test(a_second_link_to_a_result_is_refused),
        cmocka_unit_test(the_checked_file_is_uploaded_even_if_another_has_its_name),
        cmocka_unit_test(a_report_that_changes_after_the_check_is_not_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
