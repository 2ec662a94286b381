/* orchestrator/local/result_dirs: which paths reported by a server are accepted as its results. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "orchestrator/local/result_dirs.h"
#include "tests/fake/sync_log.h"

static char *dir, *work, *reports;
static int work_fd;
static result_dirs *dirs;

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static char *write_text(const char *name, const char *text)
{
    char *path = path_of(name);
    assert_true(fs_write_file(path, slice_from(text), false, NULL));
    return path;
}

static void make(const char *name)
{
    AUTO_FREE char *path = path_of(name);
    assert_true(fs_make_dirs(path, NULL));
}

static int begin(void **state)
{
    UNUSED(state);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    char name[] = "/tmp/decon-test-XXXXXX";
    dir = xstrdup(mkdtemp(name));
    make("base/work/input/0-of-1");
    make("reports/sub");
    work = path_of("base/work/input/0-of-1");
    reports = path_of("reports");
    work_fd = open(work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    dirs = result_dirs_new(NULL, work_fd, NULL);
    result_dirs_learn(dirs, reports, NULL);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    result_dirs_free(dirs);
    close(work_fd);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    free(work);
    free(reports);
    return ok ? 0 : 1;
}

static void expect_opened(const char *named)
{
    AUTO(result_file) f = {0};
    err e = ERR_INIT;
    if (!result_file_open(dirs, named, "job-1", &f, &e))
        fail_msg("%s", e.message);
}

static void expect_refused(const char *named, err_code code)
{
    AUTO(result_file) f = {0};
    err e = ERR_INIT;
    if (result_file_open(dirs, named, "job-1", &f, &e))
        fail_msg("%s was opened", named);
    if (e.code != code)
        fail_msg("%s: %s: %s", named, err_code_name(e.code), e.message);
    assert_null(f.path);
}

static void results_carry_the_job_in_their_name(void **state)
{
    UNUSED(state);
    static const char *const good[] = {"reports/job-1.report.jsonl", "reports/job-1.jsonl.gz",
                                       "reports/sub/of job-1.gz", "reports/job-1"};
    static const char *const bad[] = {"reports/job-12.report.jsonl", "reports/job-2.jsonl.gz",
                                      "reports/xjob-1.gz", "reports/job-1/x.gz", "reports/data"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        AUTO_FREE char *path = write_text(good[i], "x");
        expect_opened(path);
        unlink(path);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO_FREE char *path = path_of(bad[i]);
        expect_refused(path, ERR_RESULT_PATH);
    }
}

static void what_lies_elsewhere_is_refused_however_it_is_named(void **state)
{
    UNUSED(state);
    make("other");
    free(write_text("other/job-1.jsonl", "x"));
    free(write_text("job-1.jsonl", "x"));
    AUTO_FREE char *into = path_of("reports/job-1.link");
    AUTO_FREE char *way = path_of("reports/way");
    AUTO_FREE char *target = path_of("other/job-1.jsonl"), *other = path_of("other");
    assert_int_equal(symlink(target, into), 0);
    assert_int_equal(symlink(other, way), 0);
    static const char *const refused[] = {"other/job-1.jsonl", "job-1.jsonl",
                                          "reports/../job-1.jsonl", "reports/job-1.link",
                                          "reports/sub/../../job-1.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        AUTO_FREE char *path = path_of(refused[i]);
        expect_refused(path, ERR_RESULT_PATH);
    }
    AUTO_FREE char *through = path_of("reports/way/job-1.jsonl");
    AUTO(result_file) f = {0};
    assert_false(result_file_open(dirs, through, "job-1", &f, NULL));
    assert_true(fs_exists(target));
}

static void only_plain_files_with_one_link_count(void **state)
{
    UNUSED(state);
    AUTO_FREE char *fifo = path_of("reports/job-1.fifo");
    AUTO_FREE char *folder = path_of("reports/job-1.dir");
    AUTO_FREE char *first = write_text("reports/job-1.a", "x");
    AUTO_FREE char *second = path_of("reports/job-1.b");
    assert_int_equal(mkfifo(fifo, 0666), 0);
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(link(first, second), 0);
    expect_refused(fifo, ERR_RESULT_PATH);
    expect_refused(folder, ERR_RESULT_PATH);
    expect_refused(second, ERR_RESULT_PATH);
    expect_refused("/dev/null", ERR_RESULT_PATH);
}

/* As for a reference server, which reports its folder as configured. */
static void a_relative_folder_is_below_the_working_directory(void **state)
{
    UNUSED(state);
    AUTO_FREE char *before = getcwd(NULL, 0);
    free(write_text("reports/job-1.report.jsonl", "x"));
    assert_int_equal(chdir(dir), 0);
    result_dirs_free(dirs);
    dirs = result_dirs_new(NULL, work_fd, NULL);
    result_dirs_learn(dirs, "./reports", NULL);
    expect_opened("reports/job-1.report.jsonl");
    expect_opened("elsewhere/job-1.report.jsonl"); /* the server has another working directory */
    AUTO_FREE char *absolute = path_of("reports/job-1.report.jsonl");
    expect_opened(absolute);
    assert_int_equal(chdir(before), 0);
}

static void a_folder_may_be_reached_by_a_link_of_the_administrator(void **state)
{
    UNUSED(state);
    AUTO_FREE char *alias = path_of("alias");
    assert_int_equal(symlink(reports, alias), 0);
    AUTO_FREE char *path = write_text("reports/job-1.gz", "x");
    AUTO_FREE char *by_alias = path_of("alias/job-1.gz");
    expect_refused(by_alias, ERR_RESULT_PATH); /* only the other name was reported */
    result_dirs_learn(dirs, alias, NULL);
    expect_opened(by_alias);
    expect_opened(path);
}

/* A reported path, and the reason of its refusal. */
static void expect_folder_refused(const char *folder)
{
    err e = ERR_INIT;
    char *list[] = {(char *)folder, NULL};
    AUTO_PTR(result_dirs) d = result_dirs_new(list, work_fd, NULL);
    if (result_dirs_check(d, &e))
        fail_msg("%s was taken", folder);
    assert_int_equal(e.code, ERR_CONFIG);
    AUTO_FREE char *file = xasprintf("%s/job-1.gz", folder);
    AUTO(result_file) f = {0};
    assert_false(result_file_open(d, file, "job-1", &f, &e));
    result_dirs_free(move(d));
    d = result_dirs_new(NULL, work_fd, NULL);
    result_dirs_learn(d, folder, folder);
    assert_false(result_file_open(d, file, "job-1", &f, &e));
    assert_int_equal(e.code, ERR_RESULT_PATH);
}

static void folders_that_hold_more_than_results_are_refused(void **state)
{
    UNUSED(state);
    AUTO_FREE char *base = path_of("base"), *work_root = path_of("base/work");
    AUTO_FREE char *home = path_of("people/me"), *homes = path_of("people");
    free(write_text("base/job-1.gz", "x"));
    free(write_text("base/work/job-1.gz", "x"));
    free(write_text("base/work/input/0-of-1/job-1.gz", "x"));
    make("people/me");
    free(write_text("people/me/job-1.gz", "x"));
    free(write_text("people/job-1.gz", "x"));
    AUTO_FREE char *before = xstrdup_or_null(getenv("HOME"));
    setenv("HOME", home, 1);
    expect_folder_refused("/");
    expect_folder_refused("//");
    expect_folder_refused(base);
    expect_folder_refused(work_root);
    expect_folder_refused(work);
    expect_folder_refused(home);
    expect_folder_refused(homes);
    AUTO_FREE char *hidden = xasprintf("%s/../people/./me/", reports);
    expect_folder_refused(hidden);
    if (before)
        setenv("HOME", before, 1);
    else
        unsetenv("HOME");
}

/* With a limit of 0, 1, 2 ... descriptors above those open. */
static void a_folder_that_cannot_be_examined_is_not_used(void **state)
{
    UNUSED(state);
    struct rlimit before;
    AUTO_FREE char *good = write_text("reports/job-1.gz", "x");
    make("people/me");
    AUTO_FREE char *home = path_of("people/me"), *homes = path_of("people");
    AUTO_FREE char *above_home = write_text("people/job-1.gz", "x");
    AUTO_FREE char *home_before = xstrdup_or_null(getenv("HOME"));
    setenv("HOME", home, 1);
    result_dirs *of_homes = result_dirs_new((char *[]){homes, NULL}, work_fd, NULL);
    AUTO_FD next = dup(work_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    bool opened = false;
    for (int more = 0; more < 10; more++) {
        AUTO(result_file) f = {0}, hidden = {0};
        err why = ERR_INIT, e = ERR_INIT;
        struct rlimit low = {.rlim_cur = (rlim_t)(next + more), .rlim_max = before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &low);
        opened = result_file_open(dirs, good, "job-1", &f, &why);
        bool refused_opened = result_file_open(of_homes, above_home, "job-1", &hidden, &e);
        setrlimit(RLIMIT_NOFILE, &before);
        assert_false(refused_opened);
        if (!opened && (why.code != ERR_IO || why.sys_errno != EMFILE))
            fail_msg("%d descriptors more: %s", more, why.message);
    }
    assert_true(opened);
    result_dirs_free(of_homes);
    if (home_before)
        setenv("HOME", home_before, 1);
    else
        unsetenv("HOME");
}

static void a_folder_of_another_user_is_refused_unless_it_is_the_servers(void **state)
{
    UNUSED(state);
    if (geteuid() != 0)
        skip();
    AUTO_FREE char *path = write_text("reports/job-1.gz", "x");
    assert_int_equal(chown(reports, 65533, 65533), 0);
    expect_refused(path, ERR_RESULT_PATH);
    result_dirs_trust(dirs, 65533);
    expect_opened(path);
    result_dirs_trust(dirs, 65532);
    expect_refused(path, ERR_RESULT_PATH);
    result_dirs_trust(dirs, 65533);
    assert_int_equal(chown(path, 65532, 65532), 0); /* a third user put it there */
    expect_refused(path, ERR_RESULT_PATH);
}

static void without_folders_nothing_is_a_result(void **state)
{
    UNUSED(state);
    AUTO_FREE char *path = write_text("reports/job-1.gz", "x");
    AUTO_PTR(result_dirs) none = result_dirs_new(NULL, work_fd, NULL);
    AUTO(result_file) f = {0};
    err e = ERR_INIT;
    result_dirs_learn(none, NULL, NULL);
    assert_false(result_file_open(none, path, "job-1", &f, &e));
    assert_non_null(strstr(e.message, "set server_result_dirs"));
}

static void configured_folders_replace_reported_ones(void **state)
{
    UNUSED(state);
    make("mine");
    AUTO_FREE char *mine = path_of("mine");
    AUTO_FREE char *reported = write_text("reports/job-1.gz", "x");
    AUTO_FREE char *own = write_text("mine/job-1.gz", "x");
    char *list[] = {mine, NULL};
    result_dirs_free(dirs);
    dirs = result_dirs_new(list, work_fd, NULL);
    assert_true(result_dirs_check(dirs, NULL));
    result_dirs_learn(dirs, reports, reports);
    expect_opened(own);
    expect_refused(reported, ERR_RESULT_PATH);
}

static void what_was_swapped_after_the_check_is_kept(void **state)
{
    UNUSED(state);
    AUTO_FREE char *path = write_text("reports/job-1.gz", "checked");
    AUTO(result_file) f = {0};
    assert_true(result_file_open(dirs, path, "job-1", &f, NULL));
    assert_true(result_file_unchanged(&f));
    free(write_text("reports/job-1.gz", "another one"));
    assert_false(result_file_remove(dirs, &f, NULL));
    assert_true(fs_exists(path));
    char text[8] = "";
    assert_int_equal(pread(f.fd, text, 7, 0), 7); /* the open file is the checked one */
    assert_string_equal(text, "checked");
    result_file_deinit(&f);
    assert_true(result_file_open(dirs, path, "job-1", &f, NULL));
    result_file_close(&f);
    assert_true(result_file_remove(dirs, &f, NULL));
    assert_false(fs_exists(path));
    assert_true(result_file_remove(dirs, &f, NULL));
}

static void a_result_that_is_absent_is_another_matter(void **state)
{
    UNUSED(state);
    AUTO_FREE char *path = path_of("reports/job-1.gz");
    expect_refused(path, ERR_RESULT);
    assert_true(fs_remove_tree(reports, NULL)); /* a server may re-create its folder */
    expect_refused(path, ERR_RESULT);
    make("reports");
    free(write_text("reports/job-1.gz", "x"));
    expect_opened(path);
}

static void a_jobs_report_is_found_by_its_name(void **state)
{
    UNUSED(state);
    AUTO_FREE char *mine = write_text("reports/job-1.report.jsonl", "x");
    AUTO_FREE char *other = write_text("reports/job-12.report.jsonl", "x");
    AUTO_FREE char *link_path = path_of("reports/job-3.report.jsonl");
    assert_int_equal(symlink(other, link_path), 0);
    result_dirs_remove_job(dirs, "job-1", ".report.jsonl");
    result_dirs_remove_job(dirs, "job-3", ".report.jsonl");
    assert_false(fs_exists(mine));
    assert_true(fs_exists(other));
    assert_true(fs_exists(link_path));
}

static void the_record_of_the_folders_is_written_once_and_synced(void **state)
{
    UNUSED(state);
    AUTO_FREE char *record = path_of("base/work/input/0-of-1/result-folders");
    AUTO_PTR(result_dirs) old = result_dirs_new(NULL, work_fd, NULL);
    size_t from = synced_count;
    result_dirs_remember(dirs, old, work_fd);
    assert_true(was_synced(record, from));
    assert_true(was_synced(work, from));
    from = synced_count;
    result_dirs_remember(dirs, old, work_fd);
    assert_int_equal(synced_count, from);
    make("more");
    AUTO_FREE char *more = path_of("more");
    result_dirs_learn(dirs, more, NULL);
    result_dirs_remember(dirs, old, work_fd);
    assert_true(was_synced(record, from));
    result_dirs_recall(old, work_fd);
    free(write_text("more/job-1.gz", "x"));
    result_dirs_free(dirs);
    dirs = move(old);
    AUTO_FREE char *named = path_of("more/job-1.gz");
    expect_opened(named);
}

int main(void)
{
#define DIRS_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        DIRS_TEST(results_carry_the_job_in_their_name),
        DIRS_TEST(what_lies_elsewhere_is_refused_however_it_is_named),
        DIRS_TEST(only_plain_files_with_one_link_count),
        DIRS_TEST(a_relative_folder_is_below_the_working_directory),
        DIRS_TEST(a_folder_may_be_reached_by_a_link_of_the_administrator),
        DIRS_TEST(folders_that_hold_more_than_results_are_refused),
        DIRS_TEST(the_record_of_the_folders_is_written_once_and_synced),
        DIRS_TEST(a_folder_that_cannot_be_examined_is_not_used),
        DIRS_TEST(a_folder_of_another_user_is_refused_unless_it_is_the_servers),
        DIRS_TEST(without_folders_nothing_is_a_result),
        DIRS_TEST(configured_folders_replace_reported_ones),
        DIRS_TEST(what_was_swapped_after_the_check_is_kept),
        DIRS_TEST(a_result_that_is_absent_is_another_matter),
        DIRS_TEST(a_jobs_report_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
