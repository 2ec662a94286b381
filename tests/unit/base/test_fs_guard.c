/* base/fs_guard: folders in which other users could replace files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "base/fs_guard.h"
#include "base/fsutil.h"

static char *dir, *below;

static int begin(void **state)
{
    UNUSED(state);
    char name[] = "/tmp/decon-test-XXXXXX";
    dir = xstrdup(mkdtemp(name));
    below = xasprintf("%s/below", dir);
    return mkdir(below, 0700);
}

static int end(void **state)
{
    UNUSED(state);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    free(below);
    return ok ? 0 : 1;
}

static bool check(const char *path, err *e)
{
    AUTO_FD fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fs_guard_check(fd, path, e);
}

static void expect(const char *path, mode_t mode, const char *words)
{
    err e = ERR_INIT;
    assert_int_equal(chmod(path, mode), 0);
    if (check(below, &e) != (words == NULL))
        fail_msg("%s of mode %o: %s", path, (unsigned)mode, e.message);
    if (words && !strstr(e.message, words))
        fail_msg("'%s' is not in: %s", words, e.message);
    assert_int_equal(chmod(path, 0700), 0);
}

static void a_folder_that_others_write_in_is_refused_unless_it_is_sticky(void **state)
{
    UNUSED(state);
    expect(below, 0700, NULL);
    expect(below, 0755, NULL);
    expect(below, 01777, NULL);
    expect(below, 0777, "the directory is writable by all users");
    expect(below, 0702, "the directory is writable by all users");
    expect(dir, 0777, "a directory above it is writable by all users");
    expect(dir, 01777, NULL);
}

static void the_owner_counts(void **state)
{
    UNUSED(state);
    if (geteuid() != 0)
        skip();
    err e = ERR_INIT;
    assert_int_equal(chown(below, 0, 65533), 0);
    expect(below, 0770, "writable by its group");
    assert_int_equal(chown(below, 65534, 0), 0);
    assert_false(check(below, &e));
    assert_non_null(strstr(e.message, "belongs to another user"));
    assert_int_equal(e.code, ERR_CONFIG);
}

static void mount_points_are_known(void **state)
{
    UNUSED(state);
    static const char *const mounts[] = {"/", "/proc"};
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
        AUTO_FD fd = open(mounts[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(fs_is_mount_point(fd));
    }
    AUTO_FD fd = open(below, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_false(fs_is_mount_point(fd));
}

static bool is_above(int high, int low)
{
    bool is = false;
    assert_true(fs_is_at_or_above(high, low, &is, NULL));
    return is;
}

static void what_is_above_is_known(void **state)
{
    UNUSED(state);
    AUTO_FD low = open(below, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_FD high = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_FD aside = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(is_above(low, low));
    assert_true(is_above(high, low));
    assert_true(is_above(root, low));
    assert_false(is_above(low, high));
    assert_false(is_above(aside, low));
    bool is = true;
    err e = ERR_INIT;
    assert_false(fs_is_at_or_above(high, -1, &is, &e));
    assert_false(is);
    assert_int_equal(e.sys_errno, EBADF);
}

int main(void)
{
#define GUARD_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        GUARD_TEST(a_folder_that_others_write_in_is_refused_unless_it_is_sticky),
        GUARD_TEST(the_owner_counts),
        GUARD_TEST(mount_points_are_known),
        GUARD_TEST(what_is_above_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
