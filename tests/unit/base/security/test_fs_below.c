/* base/security/fs_below: no path inside an open directory leads outside of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "base/security/fs_below.h"
#include "base/fsutil.h"

static char *dir;
static int root_fd;

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void write_text(const char *name, const char *text)
{
    AUTO_FREE char *path = path_of(name);
    assert_true(fs_write_file(path, slice_from(text), false, NULL));
}

static void make_link(const char *target, const char *name)
{
    AUTO_FREE char *path = path_of(name);
    assert_int_equal(symlink(target, path), 0);
}

/* root/ is opened; private/ is beside it. */
static int begin(void **state)
{
    UNUSED(state);
    char name[] = "/tmp/decon-test-XXXXXX";
    dir = xstrdup(mkdtemp(name));
    static const char *const names[] = {"root/sub", "private"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = path_of(names[i]);
        assert_true(fs_make_dirs(path, NULL));
    }
    write_text("private/secret", "secret");
    write_text("root/plain", "plain");
    write_text("root/sub/deep", "deep");
    AUTO_FREE char *root = path_of("root");
    root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root_fd >= 0 ? 0 : 1;
}

static int end(void **state)
{
    UNUSED(state);
    close(root_fd);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    return ok ? 0 : 1;
}

static void expect_secret_untouched(void)
{
    AUTO_FREE char *path = path_of("private/secret");
    AUTO(buf) text = BUF(100);
    assert_true(fs_read_file(path, 100, &text, NULL));
    assert_string_equal(buf_str(&text), "secret");
}

typedef int (*opener)(int root_fd, const char *path, int flags, mode_t mode);

static void expect_opened(opener open_fn, const char *path)
{
    AUTO_FD fd = open_fn(root_fd, path, O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void expect_refused(opener open_fn, const char *path)
{
    AUTO_FD fd = open_fn(root_fd, path, O_RDWR | O_CREAT, 0600);
    if (fd >= 0)
        fail_msg("%s was opened", path);
    assert_int_not_equal(errno, ENOENT);
}

static void links_are_not_followed_at_any_place(void **state)
{
    UNUSED(state);
    static const opener openers[] = {fs_below_open, fs_below_open_by_steps};
    make_link("../private/secret", "root/link");
    make_link("../private", "root/dir");
    make_link("sub", "root/inside");
    AUTO_FREE char *secret = path_of("private/secret");
    make_link(secret, "root/absolute");
    static const char *const refused[] = {"link",
                                          "dir/secret",
                                          "dir/new",
                                          "inside/deep",
                                          "absolute",
                                          "../private/secret",
                                          "sub/../../private/secret",
                                          "./plain",
                                          "sub//deep",
                                          "/etc/hostname",
                                          "",
                                          ".."};
    for (size_t k = 0; k < ARRAY_LEN(openers); k++) {
        expect_opened(openers[k], "plain");
        expect_opened(openers[k], "sub/deep");
        for (size_t i = 0; i < ARRAY_LEN(refused); i++)
            expect_refused(openers[k], refused[i]);
    }
    AUTO_FREE char *made = path_of("private/new");
    assert_false(fs_exists(made));
    expect_secret_untouched();
}

static void only_a_regular_file_with_one_link_is_opened(void **state)
{
    UNUSED(state);
    AUTO_FREE char *fifo = path_of("root/fifo"), *first = path_of("root/plain"),
                   *second = path_of("root/second");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    make_link("plain", "root/link");
    fs_identity id;
    static const char *const refused[] = {"fifo", "link", "sub"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        err e = ERR_INIT;
        assert_int_equal(fs_below_open_file(root_fd, refused[i], &id, &e), -1);
        assert_non_null(strstr(e.message, "not a regular file"));
    }
    AUTO_FD fd = fs_below_open_file(root_fd, "plain", &id, NULL);
    assert_true(fd >= 0);
    assert_int_equal(id.size_bytes, 5);
    err e = ERR_INIT;
    assert_int_equal(link(first, second), 0);
    assert_int_equal(fs_below_open_file(root_fd, "plain", &id, &e), -1);
    assert_non_null(strstr(e.message, "2 links"));
    assert_int_equal(fs_below_open_file(root_fd, "absent", &id, &e), -1);
    assert_int_equal(e.sys_errno, ENOENT);
}

static void only_the_same_file_is_removed(void **state)
{
    UNUSED(state);
    AUTO_FREE char *plain = path_of("root/plain");
    fs_identity id;
    AUTO_FD fd = fs_below_open_file(root_fd, "plain", &id, NULL);
    assert_true(fd >= 0);
    write_text("root/plain", "another file");
    assert_false(fs_below_remove_same(root_fd, "plain", &id, NULL));
    assert_true(fs_exists(plain));
    assert_int_equal(unlink(plain), 0);
    make_link("../private/secret", "root/plain");
    assert_false(fs_below_remove_same(root_fd, "plain", &id, NULL));
    assert_int_equal(unlink(plain), 0);
    assert_true(fs_below_remove_same(root_fd, "plain", &id, NULL)); /* absent is not an error */
    AUTO_FD again = fs_below_open_file(root_fd, "sub/deep", &id, NULL);
    assert_true(again >= 0);
    assert_true(fs_below_remove_same(root_fd, "sub/deep", &id, NULL));
    AUTO_FREE char *deep = path_of("root/sub/deep");
    assert_false(fs_exists(deep));
}

static void what_is_written_and_removed_stays_below(void **state)
{
    UNUSED(state);
    make_link("../private", "root/dir");
    char *temp = NULL;
    assert_int_equal(fs_below_temp(root_fd, "dir/new", 0600, &temp, NULL), -1);
    assert_false(fs_below_remove(root_fd, "dir/secret", NULL));
    assert_false(fs_below_remove_tree(root_fd, "dir/secret", NULL));
    assert_false(fs_below_rename(root_fd, "plain", "dir/secret", NULL));
    assert_false(fs_below_rename(root_fd, "dir/secret", "taken", NULL));
    assert_true(fs_below_remove_tree(root_fd, "dir", NULL)); /* the link itself */
    expect_secret_untouched();
    AUTO_FD fd = fs_below_temp(root_fd, "sub/new", 0600, &temp, NULL);
    assert_true(fd >= 0);
    assert_true(fs_below_temp_commit(root_fd, &temp, "sub/new", NULL));
    AUTO(buf) text = BUF(100);
    assert_true(fs_below_read_own(root_fd, "sub/new", 100, &text, NULL));
}

static void a_planted_record_is_not_read(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(100);
    make_link("../private/secret", "root/link");
    assert_false(fs_below_read_own(root_fd, "link", 100, &text, NULL));
    AUTO_FREE char *path = path_of("root/link");
    assert_false(fs_below_read_own(AT_FDCWD, path, 100, &text, NULL));
    if (geteuid() == 0) {
        AUTO_FREE char *plain = path_of("root/plain");
        assert_int_equal(chown(plain, 65534, 65534), 0);
        assert_false(fs_below_read_own(root_fd, "plain", 100, &text, NULL));
    }
}

int main(void)
{
#define BELOW_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        BELOW_TEST(links_are_not_followed_at_any_place),
        BELOW_TEST(only_a_regular_file_with_one_link_is_opened),
        BELOW_TEST(only_the_same_file_is_removed),
        BELOW_TEST(what_is_written_and_removed_stays_below),
        BELOW_TEST(a_planted_record_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
