/* orchestrator/local/workdir: names, lock, reuse, clearing, budget. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/local/workdir.h"
#include "tests/fake/sync_log.h"

static char *root;

static int make_root(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-test-XXXXXX";
    root = xstrdup(mkdtemp(path));
    return 0;
}

static int remove_root(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    bool ok = fs_remove_tree(root, &e);
    free(root);
    return ok ? 0 : 1;
}

static workdir *open_dir(uint64_t budget_bytes)
{
    err e = ERR_INIT;
    workdir *w = workdir_open(&(workdir_options){.root = root,
                                                 .input_uri = "s3://bucket/data",
                                                 .host_index = 1,
                                                 .host_count = 4,
                                                 .disk_budget_bytes = budget_bytes},
                              &e);
    if (!w)
        fail_msg("%s", e.message);
    return w;
}

static void make_whole(workdir *w, const char *key, const char *text, const char *etag)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_part_open(w, key, true, &e);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, text, strlen(text), &e));
    assert_true(workdir_part_commit(w, key, fd, etag, "c2Ft", &e));
}

static void lies_where_the_issue_says(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    AUTO_FREE char *expected = xasprintf("%s/input-397b84d867d3/1-of-4", root);
    assert_string_equal(workdir_path(w), expected);
    AUTO_FREE char *path = workdir_final_path(w, "data/x y.jsonl.gz");
    assert_true(str_starts_with(path, expected));
    assert_true(str_ends_with(path, "/x y.jsonl.gz"));
    assert_true(workdir_budget_bytes(w) > 0);
}

static char *file_in_share(const workdir *w, const char *name)
{
    char *path = xasprintf("%s/%s", workdir_path(w), name);
    assert_true(fs_write_file(path, SLICE_LIT("x"), false, NULL));
    return path;
}

static void records_that_a_killed_run_did_not_finish_are_removed(void **state)
{
    UNUSED(state);
    workdir *w = open_dir(0);
    AUTO_FREE char *unfinished = file_in_share(w, "result-folders.tmp-0123abcd");
    AUTO_FREE char *record = file_in_share(w, "result-folders");
    AUTO_FREE char *other = file_in_share(w, "notes.tmp-0123abcx");
    workdir_close(w);
    w = open_dir(0);
    assert_false(fs_exists(unfinished));
    assert_true(fs_exists(record) && fs_exists(other));
    workdir_close(w);
}

/* Paths go to the server as JSON, which cannot carry such a path. */
static void a_path_that_is_not_utf8_is_refused(void **state)
{
    UNUSED(state);
    AUTO_FREE char *odd = xasprintf("%s/w\xFF", root);
    err e = ERR_INIT;
    workdir *w = workdir_open(
        &(workdir_options){.root = odd, .input_uri = "s3://bucket/data", .host_count = 1}, &e);
    workdir_close(w);
    assert_null(w);
    assert_non_null(strstr(e.message, "not UTF-8"));
    assert_false(fs_exists(odd));
}

static void no_key_leaves_the_directory(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    static const char *const keys[] = {"../x.jsonl", "/etc/x.jsonl", "a/../../x.jsonl",
                                       "d//.jsonl",  "a/./x.jsonl",  "a\nb.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        AUTO_FREE char *dir = workdir_item_dir(w, keys[i]);
        AUTO_FREE char *path = workdir_final_path(w, keys[i]);
        assert_true(str_starts_with(path, dir));
        assert_null(strchr(path + strlen(dir) + 1, '/'));
        make_whole(w, keys[i], "{}\n", "\"e\"");
        assert_true(workdir_has_whole(w, keys[i], "\"e\"", 3));
    }
}

/* A second start is refused and names the pid. */
static void a_second_instance_is_refused(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    assert_non_null(w);
    err e = ERR_INIT;
    workdir_options same = {
        .root = root, .input_uri = "s3://bucket/data", .host_index = 1, .host_count = 4};
    assert_null(workdir_open(&same, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_int_equal(err_exit_status(&e), 1);
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld)", (long)getpid());
    assert_non_null(strstr(e.message, pid));
    same.host_index = 2; /* another share works beside it */
    AUTO_PTR(workdir) other = workdir_open(&same, &e);
    assert_non_null(other);
}

static void the_lock_ends_with_its_holder(void **state)
{
    UNUSED(state);
    workdir_close(open_dir(0));
    AUTO_PTR(workdir) again = open_dir(0);
    assert_non_null(again);
}

static void a_whole_file_counts_only_for_its_version(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    make_whole(w, "data/a.jsonl", "{}\n{}\n", "\"one\"");
    assert_true(workdir_has_whole(w, "data/a.jsonl", "\"one\"", 6));
    assert_false(workdir_has_whole(w, "data/a.jsonl", "\"two\"", 6));
    assert_false(workdir_has_whole(w, "data/a.jsonl", "\"one\"", 7));
    assert_false(workdir_has_whole(w, "data/a.jsonl", "", 6));
    assert_false(workdir_has_whole(w, "data/b.jsonl", "\"one\"", 6));
}

static void a_part_file_is_no_whole_file(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    err e = ERR_INIT;
    AUTO_FD fd = workdir_part_open(w, "data/a.jsonl", true, &e);
    assert_true(fs_write_all(fd, "{}\n", 3, &e));
    assert_false(workdir_has_whole(w, "data/a.jsonl", "\"one\"", 3));
}

static void stale_files_go_and_wanted_ones_stay(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(0);
    make_whole(w, "data/keep.jsonl", "{}\n", "\"e\"");
    make_whole(w, "data/stale.jsonl", "{}\n", "\"e\"");
    size_t removed = 0;
    err e = ERR_INIT;
    assert_true(workdir_scan(w, &e));
    workdir_want(w, "data/new.jsonl");
    workdir_want(w, "data/keep.jsonl");
    assert_true(workdir_clear_unwanted(w, &removed, &e));
    assert_int_equal(removed, 1);
    assert_true(workdir_has_whole(w, "data/keep.jsonl", "\"e\"", 3));
    assert_false(workdir_has_whole(w, "data/stale.jsonl", "\"e\"", 3));
    assert_true(workdir_remove_item(w, "data/keep.jsonl", &e));
    assert_false(workdir_has_whole(w, "data/keep.jsonl", "\"e\"", 3));
}

static void the_budget_admits_and_takes_back(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir(100);
    assert_int_equal(workdir_budget_bytes(w), 100);
    assert_int_equal(workdir_admit(w, "k", 60, false), WORKDIR_ROOM);
    assert_int_equal(workdir_admit(w, "k", 60, false), WORKDIR_ROOM_LATER);
    assert_int_equal(workdir_admit(w, "k", 40, false), WORKDIR_ROOM);
    workdir_release(w, 60);
    assert_int_equal(workdir_admit(w, "k", 50, false), WORKDIR_ROOM);
    assert_int_equal(workdir_admit(w, "k", 5000, false), WORKDIR_ROOM_LATER);
    assert_int_equal(workdir_admit(w, "k", 5000, true), WORKDIR_ROOM); /* more than the budget */
    assert_int_equal(workdir_admit(w, "k", UINT64_MAX / 2, false), WORKDIR_ROOM_NEVER);
    assert_int_equal(workdir_admit(w, "k", UINT64_MAX / 2, true), WORKDIR_ROOM_NEVER);
}

/* Results at the server are found by a tag derived from the directory's inode. */
static void the_names_of_a_new_directory_are_on_the_disk(void **state)
{
    UNUSED(state);
    AUTO_FREE char *input = xasprintf("%s/input-397b84d867d3", root);
    size_t from = synced_count;
    AUTO_PTR(workdir) w = open_dir(0);
    assert_true(was_synced(input, from));
    assert_true(was_synced(root, from));
    assert_true(was_synced("/tmp", from));
}

int main(void)
{
#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        DIR_TEST(lies_where_the_issue_says),
        DIR_TEST(records_that_a_killed_run_did_not_finish_are_removed),
        DIR_TEST(a_path_that_is_not_utf8_is_refused),
        DIR_TEST(no_key_leaves_the_directory),
        DIR_TEST(a_second_instance_is_refused),
        DIR_TEST(the_lock_ends_with_its_holder),
        DIR_TEST(a_whole_file_counts_only_for_its_version),
        DIR_TEST(a_part_file_is_no_whole_file),
        DIR_TEST(stale_files_go_and_wanted_ones_stay),
        DIR_TEST(the_budget_admits_and_takes_back),
        DIR_TEST(the_names_of_a_new_directory_are_on_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
