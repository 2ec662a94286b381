#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"

static char root[64];
static char path_text[512];

/* A path below the test's own directory; valid until the next call. */
static const char *below(const char *name)
{
    snprintf(path_text, sizeof path_text, "%s/%s", root, name);
    return path_text;
}

static int make_root(void **state)
{
    UNUSED(state);
    snprintf(root, sizeof root, "/tmp/test-fsutil-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    UNUSED(state);
    return fs_remove_tree(root, NULL) ? 0 : -1;
}

static void write_text(const char *name, const char *text)
{
    err e = ERR_INIT;
    assert_true(fs_write_file(below(name), slice_from(text), false, &e));
}

static bool append_name(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    return buf_printf(ctx, "%s ", name);
}

static void directories_are_made_and_removed(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_true(fs_make_dirs(below("a//b/c/"), &e));
    assert_true(fs_make_dirs(below("a/b/c"), &e)); /* exists already */
    write_text("a/b/file", "x");
    assert_true(fs_exists(below("a/b/c")));
    assert_true(fs_remove_tree(below("a"), &e));
    assert_false(fs_exists(below("a")));
    assert_true(fs_remove_tree(below("a"), &e));
    assert_false(err_is_set(&e));
}

static void a_file_in_the_way_is_named(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    write_text("plain", "x");
    assert_false(fs_make_dirs(below("plain/sub"), &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.sys_errno, ENOTDIR);
    assert_non_null(strstr(e.message, "plain"));
    assert_false(fs_make_dirs(below("plain"), &e));
    assert_int_equal(e.sys_errno, ENOTDIR);
}

static void removal_follows_no_links(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_true(fs_make_dirs(below("kept"), &e));
    assert_true(fs_make_dirs(below("gone"), &e));
    write_text("kept/file", "x");
    AUTO_FREE char *target = xstrdup(below("kept"));
    assert_int_equal(symlink(target, below("gone/link")), 0);
    assert_true(fs_remove_tree(below("gone"), &e));
    assert_true(fs_exists(below("kept/file")));
    assert_int_equal(symlink(target, below("link")), 0);
    assert_true(fs_remove_tree(below("link"), &e)); /* the link itself */
    assert_true(fs_exists(below("kept/file")));
}

static void files_are_removed_and_measured(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    uint64_t size_bytes = 0;
    write_text("f", "12345");
    assert_true(fs_size(below("f"), &size_bytes, &e));
    assert_int_equal(size_bytes, 5);
    assert_true(fs_remove(below("f"), &e));
    assert_true(fs_remove(below("f"), &e));
    assert_false(fs_size(below("f"), &size_bytes, &e));
    assert_int_equal(e.sys_errno, ENOENT);
    assert_false(fs_remove(root, &e)); /* a directory is not a file */
}

static void joins_stay_below(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {"",     "/etc/passwd", "..",  "../x",  "a/../b",
                                      "a/..", ".",           "./a", "a/./b", "a//.."};
    static const char *const good[] = {"a", "a/b", "..a", "a..", "...", "a/.b", "a//b", "a/"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err e = ERR_INIT;
        assert_null(fs_join_below("/root", bad[i], &e));
        assert_int_equal(e.code, ERR_IO);
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        AUTO_FREE char *joined = fs_join_below("/root", good[i], NULL);
        assert_non_null(joined);
        assert_memory_equal(joined, "/root/", 6);
        assert_string_equal(joined + 6, good[i]);
    }
    AUTO_FREE char *joined = fs_join_below("/", "a", NULL);
    assert_string_equal(joined, "/a");
}

static void absolute_paths(void **state)
{
    UNUSED(state);
    AUTO_FREE char *cwd = getcwd(NULL, 0);
    AUTO_FREE char *expected = xasprintf("%s/no/such", cwd);
    AUTO_FREE char *relative = fs_absolute("./no//such/", NULL);
    assert_string_equal(relative, expected);
    AUTO_FREE char *absolute = fs_absolute("/x//y/./z/../w", NULL);
    assert_string_equal(absolute, "/x/y/z/../w");
    AUTO_FREE char *top = fs_absolute("//", NULL);
    assert_string_equal(top, "/");
}

static void files_are_read_within_bounds(void **state)
{
    UNUSED(state);
    AUTO(buf) out = BUF(2);
    err e = ERR_INIT;
    buf_append_str(&out, "xx");
    write_text("f", "12345");
    assert_true(fs_read_file(below("f"), 5, &out, &e));
    assert_string_equal(buf_str(&out), "12345");
    assert_false(fs_read_file(below("f"), 4, &out, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_false(fs_read_file(below("none"), 4, &out, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.message, "No such file"));
}

static void writing_replaces_at_once_and_leaves_nothing(void **state)
{
    UNUSED(state);
    AUTO(buf) out = BUF(100);
    AUTO(buf) names = BUF(1000);
    err e = ERR_INIT;
    write_text("f", "old");
    AUTO_FD before = open(below("f"), O_RDONLY | O_CLOEXEC);
    assert_true(fs_write_file(below("f"), SLICE_LIT("new text"), true, &e));
    char old[8] = "";
    assert_int_equal(read(before, old, sizeof old), 3); /* open descriptors keep the old file */
    assert_true(fs_read_file(below("f"), 100, &out, &e));
    assert_string_equal(buf_str(&out), "new text");
    assert_true(fs_each_name(root, append_name, &names, &e));
    assert_string_equal(buf_str(&names), "f ");
}

static void modes_respect_the_umask(void **state)
{
    UNUSED(state);
    struct stat st;
    mode_t before = umask(027);
    write_text("f", "x");
    umask(before);
    assert_int_equal(stat(below("f"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void temporary_files_commit_or_vanish(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    char *temp_path = NULL;
    AUTO_FREE char *path = xstrdup(below("f"));
    AUTO_FD fd = fs_temp_create(path, &temp_path, &e);
    assert_true(fd >= 0);
    assert_true(str_starts_with(temp_path, path));
    assert_int_equal(strlen(temp_path), strlen(path) + 13);
    assert_true(fs_write_all(fd, "abc", 3, &e));
    assert_false(fs_exists(path));
    assert_true(fs_temp_commit(&temp_path, path, &e));
    assert_null(temp_path);
    assert_true(fs_exists(path));

    AUTO_FD other = fs_temp_create(path, &temp_path, &e);
    assert_true(other >= 0);
    AUTO_FREE char *copy = xstrdup(temp_path);
    fs_temp_discard(&temp_path);
    assert_null(temp_path);
    assert_false(fs_exists(copy));
    fs_temp_discard(&temp_path); /* already removed */
}

static void temporary_names_are_never_too_long(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    char name[NAME_MAX + 1] = "";
    char *temp_path = NULL;
    for (size_t len = 0; len + 2 <= NAME_MAX; len += 2)
        memcpy(name + len, "\xc3\xbc", 3); /* a letter of two bytes */
    AUTO_FREE char *path = xstrdup(below(name));
    AUTO_FD fd = fs_temp_create(path, &temp_path, &e);
    assert_true(fd >= 0);
    const char *end = strstr(temp_path, ".tmp-");
    assert_non_null(end);
    assert_memory_equal(temp_path, path, (size_t)(end - temp_path));
    assert_int_equal((unsigned char)end[-1], 0xbc); /* a whole one */
    assert_true(fs_temp_commit(&temp_path, path, &e));
    assert_true(fs_exists(path));
}

static void a_commit_that_fails_leaves_nothing(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    char *temp_path = NULL;
    AUTO_FREE char *path = xstrdup(below("target"));
    assert_true(fs_make_dirs(path, &e));
    AUTO_FD fd = fs_temp_create(path, &temp_path, &e);
    assert_true(fd >= 0);
    AUTO_FREE char *copy = xstrdup(temp_path);
    assert_false(fs_temp_commit(&temp_path, path, &e)); /* the name is a directory */
    assert_int_equal(e.code, ERR_IO);
    assert_null(temp_path);
    assert_false(fs_exists(copy));
    AUTO_FREE char *nowhere = xstrdup(below("no/such/dir"));
    assert_int_equal(fs_temp_create(nowhere, &temp_path, &e), -1);
    assert_null(temp_path);
    assert_false(fs_write_file(nowhere, SLICE_LIT("x"), false, &e));
    assert_int_equal(e.sys_errno, ENOENT);
}

static void writes_at_offsets(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO(buf) out = BUF(100);
    AUTO_FD fd = open(below("f"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fs_pwrite_all(fd, "56", 2, 4, &e));
    assert_true(fs_pwrite_all(fd, "1234", 4, 0, &e));
    assert_true(fs_read_file(below("f"), 100, &out, &e));
    assert_string_equal(buf_str(&out), "123456");
    assert_false(fs_pwrite_all(-1, "x", 1, 0, &e));
    assert_int_equal(e.sys_errno, EBADF);
}

static void reserved_room_does_not_show_in_the_size(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    struct stat st;
    AUTO_FD fd = open(below("reserved"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fs_write_all(fd, "kept", 4, &e));
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4) != 0)
        skip(); /* not supported by this file system */
    fs_reserve(fd, 1 << 20);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_true((uint64_t)st.st_blocks * 512 >= 1 << 20);
    fs_reserve(fd, (uint64_t)1 << 60); /* more than is free: nothing stays allocated */
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_true((uint64_t)st.st_blocks * 512 < 1 << 20);
    char text[5] = "";
    assert_int_equal(pread(fd, text, 4, 0), 4);
    assert_string_equal(text, "kept");
    fs_reserve(fd, 0);
    fs_reserve(-1, 100); /* optional */
}

static void a_full_disk_has_its_own_code(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO_FD full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    assert_false(fs_write_all(full, "x", 1, &e));
    assert_int_equal(e.code, ERR_NO_SPACE);
}

static void free_space_and_file_limit(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    uint64_t free_bytes = 0;
    struct rlimit limit;
    assert_true(fs_free_bytes(root, &free_bytes, &e));
    assert_true(free_bytes > 0);
    assert_false(fs_free_bytes(below("none"), &free_bytes, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = MIN(limit.rlim_max, (rlim_t)256); /* below the hard limit on any machine */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    unsigned raised = fs_raise_file_limit();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur == limit.rlim_max);
    assert_int_equal(raised, MIN(limit.rlim_cur, (rlim_t)UINT32_MAX));
}

static bool stop_at_b(void *ctx, const char *name, err *e)
{
    append_name(ctx, name, e);
    return *name != 'b' || err_set(e, ERR_LIMIT, "stop");
}

static void names_come_in_byte_order(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO(buf) names = BUF(1000);
    static const char *const files[] = {"b", "a", "Z", "\xc3\xa9", ".hidden"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        write_text(files[i], "");
    assert_true(fs_each_name(root, append_name, &names, &e));
    assert_string_equal(buf_str(&names), ".hidden Z a b \xc3\xa9 ");
    buf_clear(&names);
    assert_false(fs_each_name(root, stop_at_b, &names, &e));
    assert_string_equal(buf_str(&names), ".hidden Z a b ");
    assert_int_equal(e.code, ERR_LIMIT);
    assert_false(fs_each_name(below("none"), append_name, &names, &e));
    assert_int_equal(e.code, ERR_IO);
}

static bool count_kind(void *ctx, const fs_entry *entry, err *e)
{
    unsigned *counts = ctx; /* files and links, folders */
    UNUSED(e);
    bool is_dir = fs_entry_is_dir(entry);
    fs_entry untyped = {entry->dir_fd, entry->name, DT_UNKNOWN};
    assert_int_equal(fs_entry_is_dir(&untyped), is_dir);
    assert_int_equal(is_dir, entry->name[0] == 'd');
    counts[is_dir]++;
    return counts[0] < 4;
}

static void entries_come_with_their_kind(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    unsigned counts[2] = {0};
    write_text("a", "");
    write_text(".hidden", "");
    assert_true(fs_make_dirs(below("d1"), &e) && fs_make_dirs(below("d2/e"), &e));
    assert_int_equal(symlink(root, below("link to a folder")), 0);
    assert_true(fs_each_entry(open(root, O_RDONLY), root, count_kind, counts, &e));
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 2);
    assert_false(fs_each_entry(open(root, O_RDONLY), root, count_kind, counts, &e)); /* it ends */
    assert_false(fs_each_entry(open(below("a"), O_RDONLY), "x", count_kind, counts, &e));
    assert_int_equal(e.code, ERR_IO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(directories_are_made_and_removed),
        CASE(a_file_in_the_way_is_named),
        CASE(removal_follows_no_links),
        CASE(files_are_removed_and_measured),
        CASE(joins_stay_below),
        CASE(absolute_paths),
        CASE(files_are_read_within_bounds),
        CASE(writing_replaces_at_once_and_leaves_nothing),
        CASE(modes_respect_the_umask),
        CASE(temporary_files_commit_or_vanish),
        CASE(temporary_names_are_never_too_long),
        CASE(a_commit_that_fails_leaves_nothing),
        CASE(writes_at_offsets),
        CASE(reserved_room_does_not_show_in_the_size),
        CASE(a_full_disk_has_its_own_code),
        CASE(free_space_and_file_limit),
        CASE(names_come_in_byte_order),
        CASE(entries_come_with_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
