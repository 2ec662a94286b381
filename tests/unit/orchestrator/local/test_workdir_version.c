/* orchestrator/local/workdir_version: the version of a complete file, with and without extended
 * attributes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "orchestrator/local/workdir.h"

#define KEY  "data/a.jsonl"
#define TEXT "{}\n"

/* One attribute of one file, so that the file system of the test does not matter. */
static char kept[8192];
static size_t kept_bytes;
static bool refused; /* the file system has no attributes */

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
    UNUSED(fd), UNUSED(flags);
    if (refused || size > sizeof kept || !str_starts_with(name, "user.")) {
        errno = ENOTSUP;
        return -1;
    }
    memcpy(kept, value, size);
    kept_bytes = size;
    return 0;
}

ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
    UNUSED(fd), UNUSED(name);
    if (!kept_bytes || kept_bytes > size) {
        errno = kept_bytes ? ERANGE : ENODATA;
        return -1;
    }
    memcpy(value, kept, kept_bytes);
    return (ssize_t)kept_bytes;
}

int fremovexattr(int fd, const char *name)
{
    UNUSED(fd), UNUSED(name);
    kept_bytes = 0;
    return 0;
}

static char *root;
static workdir *w;

static int open_dir(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-test-XXXXXX";
    err e = ERR_INIT;
    root = xstrdup(mkdtemp(path));
    kept_bytes = 0;
    refused = false;
    w = workdir_open(
        &(workdir_options){.root = root, .input_uri = "s3://bucket/data", .host_count = 1}, &e);
    return w ? 0 : 1;
}

static int remove_root(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    workdir_close(w);
    bool ok = fs_remove_tree(root, &e);
    free(root);
    return ok ? 0 : 1;
}

static void make_whole(const char *etag, const char *checksum)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_part_open(w, KEY, true, &e);
    assert_true(fd >= 0 && fs_write_all(fd, TEXT, strlen(TEXT), &e));
    assert_true(workdir_part_commit(w, KEY, fd, etag, checksum, &e));
}

static bool has_whole(const char *etag)
{
    return workdir_has_whole(w, KEY, etag, strlen(TEXT));
}

static void expect_checksum(const char *checksum)
{
    err e = ERR_INIT;
    AUTO_FD fd = workdir_whole_open(w, KEY, &e);
    AUTO_FREE char *found = workdir_whole_checksum(w, KEY, fd);
    assert_string_equal(found, checksum);
}

static bool has_file(const char *name)
{
    AUTO_FREE char *dir = workdir_item_dir(w, KEY);
    AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
    return fs_exists(path);
}

static void it_is_an_attribute_of_the_file(void **state)
{
    UNUSED(state);
    make_whole("\"one\"", "c2Ft");
    assert_true(has_whole("\"one\""));
    assert_false(has_whole("\"two\""));
    expect_checksum("c2Ft");
    assert_false(has_file("etag") || has_file("checksum"));
    make_whole("\"two\"", "");
    assert_true(has_whole("\"two\""));
    expect_checksum("");
}

static void without_attributes_files_have_it(void **state)
{
    UNUSED(state);
    refused = true;
    make_whole("\"one\"", "c2Ft");
    assert_true(has_file("etag") && has_file("checksum"));
    assert_true(has_whole("\"one\""));
    assert_false(has_whole("\"two\""));
    expect_checksum("c2Ft");
    err e = ERR_INIT;
    assert_true(workdir_whole_to_part(w, KEY, &e));
    assert_false(has_whole("\"one\""));
    assert_false(has_file("etag"));
}

/* The program of an earlier version always wrote files. */
static void files_of_an_earlier_version_are_read(void **state)
{
    UNUSED(state);
    refused = true;
    make_whole("\"one\"", "c2Ft");
    refused = false;
    assert_true(has_whole("\"one\""));
    expect_checksum("c2Ft");
    make_whole("\"two\"", "eHl6");
    assert_true(has_whole("\"two\""));
    assert_false(has_whole("\"one\""));
    expect_checksum("eHl6");
}

static void the_attribute_of_another_version_does_not_stay(void **state)
{
    UNUSED(state);
    make_whole("\"one\"", "c2Ft");
    refused = true; /* the space for attributes is used up */
    make_whole("\"two\"", "eHl6");
    assert_true(has_whole("\"two\""));
    assert_false(has_whole("\"one\""));
    expect_checksum("eHl6");
}

static void an_etag_with_a_line_feed_is_kept_in_a_file(void **state)
{
    UNUSED(state);
    make_whole("\"a\nb\"", "c2Ft");
    assert_true(has_whole("\"a\nb\""));
    assert_false(has_whole("\"a"));
    expect_checksum("c2Ft");
}

int main(void)
{
#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, open_dir, remove_root)
    const struct CMUnitTest tests[] = {
        DIR_TEST(it_is_an_attribute_of_the_file),
        DIR_TEST(without_attributes_files_have_it),
        DIR_TEST(files_of_an_earlier_version_are_read),
        DIR_TEST(the_attribute_of_another_version_does_not_stay),
        DIR_TEST(an_etag_with_a_line_feed_is_kept_in_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
