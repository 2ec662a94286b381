/* orchestrator/local/workdir_spares: directories of finished items serve others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "orchestrator/local/workdir_private.h"

#define ONE "data/one.jsonl"
#define TWO "data/two.jsonl"

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

static workdir *open_dir(void)
{
    err e = ERR_INIT;
    workdir *w = workdir_open(
        &(workdir_options){.root = root, .input_uri = "s3://bucket/data", .host_count = 1}, &e);
    if (!w)
        fail_msg("%s", e.message);
    return w;
}

static void make_whole(const workdir *w, const char *key)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_part_open(w, key, false, &e);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, "{}\n", 3, &e));
    assert_true(workdir_part_commit(w, key, fd, "\"e\"", "c2Ft", &e));
}

static ino_t inode_of(const workdir *w, const char *key)
{
    struct stat st;
    AUTO_FREE char *dir = workdir_item_dir(w, key);
    return stat(dir, &st) == 0 ? st.st_ino : 0;
}

static bool count_name(void *ctx, const char *name, err *e)
{
    UNUSED(name), UNUSED(e);
    ++*(size_t *)ctx;
    return true;
}

static size_t names_in(const char *dir)
{
    size_t count = 0;
    err e = ERR_INIT;
    assert_true(fs_each_name(dir, count_name, &count, &e));
    return count;
}

static void the_directory_of_a_finished_item_serves_the_next(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    make_whole(w, ONE);
    AUTO_FD recoded = workdir_file_create(w, ONE, WORKDIR_RECODED, &e);
    assert_true(recoded >= 0);
    ino_t inode = inode_of(w, ONE);
    assert_true(workdir_remove_item(w, ONE, &e));
    assert_int_equal(inode_of(w, ONE), 0);
    AUTO_FD fd = workdir_part_open(w, TWO, false, &e);
    assert_true(fd >= 0);
    assert_int_equal(inode_of(w, TWO), inode);
    AUTO_FREE char *dir = workdir_item_dir(w, TWO);
    assert_int_equal(names_in(dir), 1); /* the part */
    assert_int_equal(names_in(w->download), 1);
}

static void a_directory_with_a_part_keeps_it(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    make_whole(w, ONE);
    AUTO_FD part = workdir_part_open(w, TWO, false, &e);
    assert_true(part >= 0 && fs_write_all(part, "kept", 4, &e));
    assert_true(workdir_remove_item(w, ONE, &e));
    AUTO_FD again = workdir_part_open(w, TWO, false, &e);
    char text[8];
    assert_int_equal(pread(again, text, sizeof text, 0), 4);
}

static void a_link_in_its_place_is_not_followed(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    AUTO_FREE char *private = xasprintf("%s/private", root), *two = workdir_item_dir(w, TWO);
    make_whole(w, ONE);
    assert_int_equal(mkdir(private, 0700), 0);
    assert_int_equal(symlink(private, two), 0);
    assert_true(workdir_remove_item(w, ONE, &e));
    make_whole(w, TWO);
    assert_int_equal(names_in(private), 0);
    unlink(two);
    AUTO_FREE char *one = workdir_item_dir(w, ONE);
    assert_int_equal(symlink(private, one), 0);
    AUTO_FREE char *secret = xasprintf("%s/secret", private);
    assert_true(fs_write_file(secret, SLICE_LIT("x"), false, &e));
    assert_true(workdir_remove_item(w, ONE, &e));
    assert_true(fs_exists(secret));
}

static void nothing_of_them_stays(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {ONE, TWO};
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        make_whole(w, keys[i]);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(workdir_remove_item(w, keys[i], &e));
    assert_int_equal(names_in(w->download), 2);
    workdir_remove_if_empty(w);
    assert_false(fs_exists(w->download));
}

/* Neither an aborted run nor a killed one leaves any for the next. */
static void those_of_an_earlier_run_are_removed(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    size_t removed = 0;
    make_whole(w, ONE);
    assert_true(workdir_remove_item(w, ONE, &e));
    workdir_close(move(w));
    w = open_dir();
    assert_int_equal(names_in(w->download), 0);
    assert_int_equal(mkdirat(w->download_fd, WORKDIR_SPARE "7", 0700), 0);
    assert_true(workdir_scan(w, &e));
    assert_true(workdir_clear_unwanted(w, &removed, &e));
    assert_int_equal(removed, 0); /* of downloads */
    assert_int_equal(names_in(w->download), 0);
}

static void one_that_was_removed_is_forgotten(void **state)
{
    UNUSED(state);
    AUTO_PTR(workdir) w = open_dir();
    err e = ERR_INIT;
    make_whole(w, ONE);
    assert_true(workdir_remove_item(w, ONE, &e));
    assert_int_equal(unlinkat(w->download_fd, WORKDIR_SPARE "0", AT_REMOVEDIR), 0);
    make_whole(w, TWO);
    assert_true(workdir_has_whole(w, TWO, "\"e\"", 3));
}

static void at_most_64_are_kept(void **state)
{
    UNUSED(state);
    AUTO_FREE spare_dirs *s = spare_dirs_new();
    AUTO_FD parent = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 65; i++) {
        assert_int_equal(mkdirat(parent, "dir", 0700), 0);
        assert_int_equal(spare_dirs_keep(s, parent, "dir"), i < 64);
    }
    assert_false(spare_dirs_take(s, parent, "missing/dir"));
    assert_true(spare_dirs_take(s, parent, "dir")); /* the one that was not kept is empty */
    assert_int_equal(names_in(root), 64);
    assert_true(spare_dirs_keep(s, parent, "dir"));
    spare_dirs_remove(s, parent);
    assert_int_equal(names_in(root), 0);
    assert_false(spare_dirs_take(s, parent, "dir"));
}

int main(void)
{
#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        DIR_TEST(the_directory_of_a_finished_item_serves_the_next),
        DIR_TEST(a_directory_with_a_part_keeps_it),
        DIR_TEST(a_link_in_its_place_is_not_followed),
        DIR_TEST(nothing_of_them_stays),
        DIR_TEST(those_of_an_earlier_run_are_removed),
        DIR_TEST(one_that_was_removed_is_forgotten),
        DIR_TEST(at_most_64_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
