/* orchestrator/transfer/result_check: files that the server named are closed again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/transfer/result_check.h"

typedef struct fixture {
    char *dir, *results;
    workdir *work;
    result_dirs *dirs;
} fixture;

static fixture *fixture_new(void)
{
    char path[] = "/tmp/decon-test-XXXXXX";
    fixture *f = xcalloc(1, sizeof *f);
    f->dir = xstrdup(mkdtemp(path));
    err e = ERR_INIT;
    AUTO_FREE char *root = xasprintf("%s/work", f->dir);
    f->work = workdir_open(
        &(workdir_options){.root = root, .input_uri = "s3://b/data", .host_count = 1}, &e);
    f->dirs = f->work ? result_dirs_new(NULL, workdir_fd(f->work), &e) : NULL;
    if (!f->dirs)
        fail_msg("%s", e.message);
    f->results = xasprintf("%s/results", f->dir);
    if (!fs_make_dirs(f->results, &e))
        fail_msg("%s", e.message);
    result_dirs_learn(f->dirs, f->results, NULL);
    return f;
}

static void fixture_free(fixture *f)
{
    err e = ERR_INIT;
    result_dirs_free(f->dirs);
    workdir_close(f->work);
    if (!fs_remove_tree(f->dir, &e))
        fail_msg("%s", e.message);
    free(f->results);
    free(f->dir);
    free(f);
}

static char *write_result(const fixture *f, const char *name)
{
    char *path = xasprintf("%s/job-1.%s", f->results, name);
    err e = ERR_INIT;
    if (!fs_write_file(path, SLICE_LIT("{\"training_line\":0}\n"), false, &e))
        fail_msg("%s", e.message);
    return path;
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void a_refused_result_leaves_no_file_open(void **state)
{
    UNUSED(state);
    fixture *f = fixture_new();
    AUTO_FREE char *report = write_result(f, "report.jsonl");
    AUTO_FREE char *near = write_result(f, "near.jsonl");
    AUTO_FREE char *absent = xasprintf("%s/job-1.absent", f->results);
    result_options o = {.name = "s3://b/x",
                        .key = "data/a.jsonl",
                        .workdir = f->work,
                        .dirs = f->dirs,
                        .job_id = "job-1",
                        .lines_known = true,
                        .lines = 1,
                        .report_path = report,
                        .near_path = near,
                        .cleaned_path = absent,
                        .purify = true};
    err e = ERR_INIT;
    result_facts facts;
    int before = open_descriptors();
    assert_false(result_check(&o, &facts, &e));
    result_facts_deinit(&facts);
    assert_non_null(strstr(e.message, absent));
    assert_int_equal(open_descriptors(), before);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_result_leaves_no_file_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
