/* Leftovers of killed runs: results in the server's folders, shares of an earlier host count. */
#include "base/util.h"
#include "tests/flow/flow_support.h"
#include "tests/fake/world_inside.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

static char *place_of(const world *w, const char *folder, const char *id, const char *suffix)
{
    return xasprintf("%s/%s/%s%s", w->dir, folder, id, suffix);
}

/* As if it had been written an hour ago. */
static void age(const char *path)
{
    struct timespec old[2] = {{.tv_sec = time(NULL) - 3600}, {.tv_sec = time(NULL) - 3600}};
    UNUSED(utimensat(AT_FDCWD, path, old, 0)); /* not every job has every file */
}

static void age_results(const world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        AUTO_FREE char *report = place_of(w, "reports", w->jobs[i].id, ".report.jsonl");
        AUTO_FREE char *cleaned = place_of(w, "cleaned", w->jobs[i].id, ".jsonl.gz");
        age(report);
        age(cleaned);
    }
}

static char *leave(const world *w, const char *folder, const char *id, const char *suffix)
{
    char *path = place_of(w, folder, id, suffix);
    assert_true(fs_write_file(path, SLICE_LIT("x"), false, NULL));
    age(path);
    return path;
}

/* The run ends at the commit of b as after SIGKILL: both are committed, nothing is removed. */
static void end_at_b(world *w, const char *key)
{
    if (!strstr(key, "rep/b"))
        return;
    transport *clock = fake_transport_base(w->fake);
    timer_start(clock, 1, world_signal, w);
    timer_start(clock, 2, world_signal_again, w);
}

/* `ours`: the server begins job ids with the tag. */
static world *world_with_leftovers_of(bool ours)
{
    world *w = world_new();
    w->tags = ours;
    w->purify = true;
    world_add(w, "a.jsonl", BAD GOOD GOOD);
    world_add(w, "b.jsonl", BAD BAD BAD BAD); /* the smaller one goes first */
    w->before_put = end_at_b;
    w->slow_put = "rep/b";
    expect_status(w, WORDS("--max-concurrent-jobs", "1"), 143);
    w->before_put = NULL;
    w->slow_put = NULL;
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    assert_true(world_files_in(w, "reports") > 0);
    assert_true(world_files_in(w, "cleaned") > 0);
    age_results(w);
    return w;
}

static world *world_with_leftovers(void)
{
    return world_with_leftovers_of(true);
}

static void results_of_a_killed_run_go_with_the_next_one(void **state)
{
    UNUSED(state);
    world *w = world_with_leftovers();
    for (size_t i = 0; i < w->job_count; i++)
        w->jobs[i].known = false; /* the server was started again */
    expect_status(w, NULL, 0);
    expect_nothing_left(w);
    world_free(w);
}

static void those_of_a_server_that_takes_no_tag_stay(void **state)
{
    UNUSED(state);
    world *w = world_with_leftovers_of(false);
    size_t reports = world_files_in(w, "reports");
    for (size_t i = 0; i < w->job_count; i++)
        w->jobs[i].known = false;
    expect_status(w, NULL, 0);
    assert_int_equal(world_files_in(w, "reports"), reports);
    world_free(w);
}

/* As left by a server that was killed after the result was written and before a client requested
 * it. */
static void leave_results_of_the_first_job(world *w, const char *key)
{
    if (strstr(key, "rep/") == NULL)
        return;
    const char *const left[][2] = {{"reports", ".report.jsonl"},
                                   {"reports", ".report.jsonl.tmp-0123abcd"},
                                   {"cleaned", ".jsonl.gz"}};
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        AUTO_FREE char *path = place_of(w, left[i][0], w->jobs[0].id, left[i][1]);
        assert_true(fs_write_file(path, SLICE_LIT("x"), false, NULL));
    }
}

static void results_of_a_forgotten_job_go_with_the_same_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->tags = w->purify = true;
    w->forget_jobs = 1; /* after a restart: the file gets a second job */
    w->before_put = leave_results_of_the_first_job;
    world_add(w, "a.jsonl", BAD GOOD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->job_count, 2);
    expect_nothing_left(w);
    world_free(w);
}

/* The upload failed: the next run requests the same job. */
static void results_of_a_failed_file_stay_for_the_next_run(void **state)
{
    UNUSED(state);
    for (int ours = 0; ours < 2; ours++) {
        world *w = world_new();
        w->tags = ours;
        w->purify = w->keys_known = true;
        w->cut_put = "cle/a";
        world_add(w, "a.jsonl", BAD GOOD);
        world_add(w, "b.jsonl", BAD GOOD);
        expect_status(w, NULL, 3);
        assert_int_equal(world_files_in(w, "reports"), 1);
        assert_int_equal(world_files_in(w, "cleaned"), 1);
        w->cut_put = NULL;
        expect_status(w, NULL, 0);
        assert_int_equal(w->job_count, 2);
        expect_nothing_left(w);
        world_free(w);
    }
}

static void results_are_removed_by_a_run_without_work(void **state)
{
    UNUSED(state);
    world *w = world_with_leftovers();
    w->server_down = true; /* not needed */
    expect_status(w, NULL, 0);
    expect_nothing_left(w);
    world_free(w);
}

static void other_results_stay(void **state)
{
    UNUSED(state);
    world *w = world_with_leftovers();
    const char *id = w->jobs[0].id;
    char other[40], reference[40];
    snprintf(other, sizeof other, "%s", id);
    other[0] = other[0] == '0' ? '1' : '0';
    snprintf(reference, sizeof reference, "%s", id);
    reference[14] = '4';
    char *paths[] = {leave(w, "reports", "job-77", ".report.jsonl"),  /* another client's */
                     leave(w, "reports", other, ".report.jsonl"),     /* another input's */
                     leave(w, "reports", reference, ".report.jsonl"), /* another server's */
                     leave(w, "reports", id, ".notes"),
                     leave(w, "reports", "x", ".report.jsonl"),
                     leave(w, "work", id, ".report.jsonl")};
    expect_status(w, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (!fs_exists(paths[i]))
            fail_msg("%s is gone", paths[i]);
        free(paths[i]);
    }
    assert_int_equal(world_files_in(w, "reports"), 5);
    world_free(w);
}

static void a_debug_run_removes_none(void **state)
{
    UNUSED(state);
    world *w = world_with_leftovers();
    size_t before = world_files_in(w, "reports");
    expect_status(w, WORDS("--max-files-debug", "5"), 0);
    assert_true(world_files_in(w, "reports") >= before);
    world_free(w);
}

/* The share's directory, as a run with this count names it. */
static char *share_of(const world *w, const char *name)
{
    return xasprintf("%s/work/input-839a547b6f6a/%s", w->dir, name);
}

static void shares_of_another_count_go_unless_a_process_has_them(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->tags = true;
    w->before_put = end_at_b;
    w->slow_put = "rep/b";
    world_add(w, "a.jsonl", BAD GOOD GOOD);
    world_add(w, "b.jsonl", BAD);
    expect_status(w, WORDS("--max-concurrent-jobs", "1"), 143);
    w->before_put = NULL;
    w->slow_put = NULL;
    AUTO_FREE char *old = share_of(w, "0-of-1"), *busy = share_of(w, "1-of-3");
    AUTO_FREE char *same = share_of(w, "1-of-2"), *odd = share_of(w, "notes");
    AUTO_FREE char *lock = xasprintf("%s/orchestrator.lock", busy);
    assert_true(fs_exists(old));
    assert_true(fs_make_dirs(busy, NULL) && fs_make_dirs(same, NULL) && fs_make_dirs(odd, NULL));
    AUTO_FD lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(lock_fd, LOCK_EX), 0);
    for (size_t i = 0; i < w->job_count; i++)
        w->jobs[i].known = false;
    age_results(w);
    expect_status(w, WORDS("--host-index", "0", "--host-count", "2"), 0);
    assert_false(fs_exists(old));
    assert_true(fs_exists(busy) && fs_exists(same) && fs_exists(odd));
    expect_nothing_left(w); /* and no results */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_a_killed_run_go_with_the_next_one),
        cmocka_unit_test(those_of_a_server_that_takes_no_tag_stay),
        cmocka_unit_test(results_of_a_forgotten_job_go_with_the_same_run),
        cmocka_unit_test(results_of_a_failed_file_stay_for_the_next_run),
        cmocka_unit_test(results_are_removed_by_a_run_without_work),
        cmocka_unit_test(other_results_stay),
        cmocka_unit_test(a_debug_run_removes_none),
        cmocka_unit_test(shares_of_another_count_go_unless_a_process_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
