/* Partial files of downloads into folders that other users may write. */
#include "base/util.h"
#include "s3/cli/transfer/transfer.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "base/utf8.h"
#include "s3/cli/source/source.h"
#include "tests/fake/sync_log.h"

static char *dir, *target, *partial_path, *secret;

static int begin(void **state)
{
    UNUSED(state);
    char name[] = "/tmp/decon-partial-XXXXXX";
    dir = xstrdup(mkdtemp(name));
    target = xasprintf("%s/x", dir);
    partial_path = xasprintf("%s" PARTIAL_SUFFIX, target);
    secret = xasprintf("%s/secret", dir);
    return fs_write_file(secret, SLICE_LIT("secret"), false, NULL) ? 0 : 1;
}

static int end(void **state)
{
    UNUSED(state);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    free(target);
    free(partial_path);
    free(secret);
    return ok ? 0 : 1;
}

static void download(bool expect_aside)
{
    partial p = PARTIAL_INIT;
    err e = ERR_INIT;
    if (!partial_open(&p, target, &e))
        fail_msg("%s", e.message);
    assert_int_equal(str_equal(p.path, partial_path), !expect_aside);
    assert_true(fs_pwrite_all(p.fd, "object", 6, 0, &e));
    assert_true(partial_commit(&p, target, NULL, &e));
    AUTO(buf) text = BUF(100);
    struct stat st;
    assert_true(fs_read_file(target, 100, &text, &e));
    assert_string_equal(buf_str(&text), "object");
    assert_int_equal(lstat(target, &st), 0);
    assert_int_equal(st.st_uid, geteuid());
    assert_true(S_ISREG(st.st_mode));
    assert_true(fs_read_file(secret, 100, &text, &e));
    assert_string_equal(buf_str(&text), "secret");
}

static void an_ordinary_download_uses_the_usual_name(void **state)
{
    UNUSED(state);
    download(false);
    assert_false(fs_exists(partial_path));
}

/* Names with and without space for a suffix; `é` has two bytes. The second run finds the files of
 * the first. */
static void each_name_has_files_that_the_next_run_finds(void **state)
{
    UNUSED(state);
    for (size_t len = 230; len <= NAME_MAX; len++) {
        AUTO(buf) name = BUF(PATH_MAX);
        err e = ERR_INIT;
        partial first = PARTIAL_INIT, second = PARTIAL_INIT;
        buf_printf(&name, "%s/%s", dir, len % 2 ? "x" : "");
        for (size_t i = 0; i < len / 2; i++)
            buf_append_str(&name, "é");
        assert_true(partial_open(&first, buf_str(&name), &e));
        assert_non_null(first.ranges_path); /* it can be resumed */
        assert_true(fs_write_file(first.ranges_path, SLICE_LIT("1"), false, &e));
        AUTO_FREE char *path = xstrdup(first.path);
        assert_int_equal(utf8_check(slice_from(path)), strlen(path));
        assert_true(partial_abandon(&first));
        assert_true(partial_open(&second, buf_str(&name), &e));
        assert_string_equal(second.path, path);
        assert_true(partial_commit(&second, buf_str(&name), NULL, &e));
        assert_true(fs_exists(buf_str(&name)));
    }
}

static void long_names_that_begin_alike_have_files_of_their_own(void **state)
{
    UNUSED(state);
    char name[NAME_MAX + 1] = "";
    err e = ERR_INIT;
    partial one = PARTIAL_INIT, other = PARTIAL_INIT;
    memset(name, 'x', NAME_MAX);
    AUTO_FREE char *first = xasprintf("%s/%s", dir, name);
    name[NAME_MAX - 1] = 'y';
    AUTO_FREE char *second = xasprintf("%s/%s", dir, name);
    assert_true(partial_open(&one, first, &e));
    assert_true(partial_open(&other, second, &e));
    assert_non_null(other.ranges_path);
    assert_string_not_equal(one.path, other.path);
    assert_false(partial_abandon(&one));
    assert_false(partial_abandon(&other));
}

static void what_others_put_there_is_not_written_to(void **state)
{
    UNUSED(state);
    assert_int_equal(symlink(secret, partial_path), 0);
    download(true);
    assert_int_equal(unlink(partial_path), 0);
    assert_int_equal(link(secret, partial_path), 0);
    download(true);
    assert_int_equal(unlink(partial_path), 0);
    assert_int_equal(mkfifo(partial_path, 0666), 0);
    download(true);
}

/* Its owner could change the object after it was checked. */
static void another_users_file_is_not_used(void **state)
{
    UNUSED(state);
    if (geteuid() != 0)
        skip();
    assert_true(fs_write_file(partial_path, SLICE_LIT("theirs"), false, NULL));
    assert_int_equal(chown(partial_path, 65534, 65534), 0);
    download(true);
}

static void commit_in(const char *path, char **synced_dir)
{
    partial p = PARTIAL_INIT;
    err e = ERR_INIT;
    if (!partial_open(&p, path, &e) || !partial_commit(&p, path, synced_dir, &e))
        fail_msg("%s", e.message);
    assert_true(fs_exists(path));
}

/* mv removes the object only when the file, its name and the names of new folders are on the
 * disk. */
static void a_moved_object_survives_a_power_cut(void **state)
{
    UNUSED(state);
    char *synced_dir = NULL;
    AUTO_FREE char *above = xasprintf("%s/new", dir), *folder = xasprintf("%s/new/a", dir);
    AUTO_FREE char *first = xasprintf("%s/1", folder), *second = xasprintf("%s/2", folder);
    commit_in(first, &synced_dir);
    assert_true(was_synced(first, 0));
    assert_true(was_synced(folder, 0));
    assert_true(was_synced(above, 0));
    assert_true(was_synced(dir, 0));
    size_t from = synced_count;
    commit_in(second, &synced_dir);
    assert_true(was_synced(second, from));
    assert_true(was_synced(folder, from));
    assert_false(was_synced(dir, from)); /* known */
    from = synced_count;
    AUTO_FREE char *elsewhere = xasprintf("%s/other/3", dir);
    commit_in(elsewhere, &synced_dir);
    assert_true(was_synced(dir, from));
    from = synced_count;
    AUTO_FREE char *copied = xasprintf("%s/other/4", dir);
    commit_in(copied, NULL);
    assert_int_equal(synced_count, from);
    free(synced_dir);
}

int main(void)
{
#define PARTIAL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        PARTIAL_TEST(an_ordinary_download_uses_the_usual_name),
        PARTIAL_TEST(each_name_has_files_that_the_next_run_finds),
        PARTIAL_TEST(long_names_that_begin_alike_have_files_of_their_own),
        PARTIAL_TEST(what_others_put_there_is_not_written_to),
        PARTIAL_TEST(another_users_file_is_not_used),
        PARTIAL_TEST(a_moved_object_survives_a_power_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
