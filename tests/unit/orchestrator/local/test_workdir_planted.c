/* orchestrator/local/workdir on a shared host: files and links planted by other users. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "base/security/fs_below.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "orchestrator/local/workdir.h"

#define KEY   "data/a.jsonl"
#define INPUT "work/input-397b84d867d3"
#define SHARE INPUT "/0-of-1"

static char *dir, *group;

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
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
    group = NULL;
    make("private");
    AUTO_FREE char *secret = path_of("private/secret");
    assert_true(fs_write_file(secret, SLICE_LIT("secret"), false, NULL));
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    return ok ? 0 : 1;
}

static workdir *open_dir(err *e)
{
    AUTO_FREE char *root = path_of("work");
    return workdir_open(&(workdir_options){.root = root,
                                           .input_uri = "s3://bucket/data",
                                           .share_group = group,
                                           .host_count = 1,
                                           .disk_budget_bytes = 1000},
                        e);
}

static workdir *open_good(void)
{
    err e = ERR_INIT;
    workdir *w = open_dir(&e);
    if (!w)
        fail_msg("%s", e.message);
    return w;
}

/* While this is set, the folder is replaced between opening it and looking up its name. */
static const char *to_replace;

char *realpath(const char *path, char *resolved)
{
    assert_null(resolved);
    if (to_replace) {
        AUTO_FREE char *aside = xasprintf("%s.old", to_replace);
        assert_int_equal(rename(to_replace, aside), 0);
        assert_int_equal(mkdir(to_replace, 0700), 0);
        to_replace = NULL;
    }
    return canonicalize_file_name(path);
}

static void expect_secret_untouched(void)
{
    AUTO_FREE char *path = path_of("private/secret");
    AUTO(buf) text = BUF(100);
    assert_true(fs_read_file(path, 100, &text, NULL));
    assert_string_equal(buf_str(&text), "secret");
}

static void plant(const char *target, const char *name)
{
    AUTO_FREE char *to = path_of(target), *path = path_of(name);
    AUTO_FREE char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    assert_true(fs_make_dirs(parent, NULL));
    assert_int_equal(symlink(to, path), 0);
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    AUTO_FREE char *path = path_of(name);
    if (lstat(path, &st) != 0)
        fail_msg("%s is absent", path);
    return st.st_mode & 07777;
}

static void clear(void)
{
    AUTO_FREE char *work = path_of("work");
    assert_true(fs_remove_tree(work, NULL));
}

static void planted_folders_are_refused(void **state)
{
    UNUSED(state);
    static const char *const places[] = {INPUT, SHARE, SHARE "/download"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        err e = ERR_INIT;
        plant("private", places[i]);
        AUTO_PTR(workdir) w = open_dir(&e);
        if (w)
            fail_msg("opened through %s", places[i]);
        assert_non_null(strstr(e.message, "is a link"));
        expect_secret_untouched();
        clear();
    }
}

static void planted_locks_are_refused(void **state)
{
    UNUSED(state);
    AUTO_FREE char *secret = path_of("private/secret"), *lock = path_of(SHARE "/orchestrator.lock");
    err e = ERR_INIT;
    plant("private/secret", SHARE "/orchestrator.lock");
    workdir *w = open_dir(&e);
    assert_null(w);
    expect_secret_untouched();
    unlink(lock);
    assert_int_equal(link(secret, lock), 0); /* the same by a second link */
    w = open_dir(&e);
    assert_null(w);
    expect_secret_untouched();
    unlink(lock);
    assert_int_equal(mkfifo(lock, 0666), 0);
    w = open_dir(&e);
    assert_null(w);
}

/* The name of the item's directory. */
static char *item_name(void)
{
    AUTO_PTR(workdir) w = open_good();
    AUTO_FREE char *path = workdir_item_dir(w, KEY);
    return xasprintf(SHARE "/download/%s", strrchr(path, '/') + 1);
}

static void planted_items_are_replaced_not_followed(void **state)
{
    UNUSED(state);
    AUTO_FREE char *item = item_name();
    plant("private", item);
    AUTO_PTR(workdir) w = open_good();
    err e = ERR_INIT;
    size_t removed = 0;
    assert_true(workdir_remove_item(w, KEY, &e));
    expect_secret_untouched();
    plant("private", item);
    assert_true(workdir_scan(w, &e));
    assert_true(workdir_clear_unwanted(w, &removed, &e));
    assert_int_equal(removed, 1);
    expect_secret_untouched();
    plant("private", item);
    AUTO_FD fd = workdir_part_open(w, KEY, false, &e);
    assert_true(fd >= 0);
    expect_secret_untouched();
    AUTO_FREE char *leaked = path_of("private/part");
    assert_false(fs_exists(leaked));
    assert_int_equal(mode_of(item), 0700);
}

static void plant_file(const char *item, const char *name)
{
    AUTO_FREE char *place = xasprintf("%s/%s", item, name), *path = path_of(place);
    unlink(path);
    plant("private/secret", place);
}

static void planted_files_are_replaced_not_followed(void **state)
{
    UNUSED(state);
    AUTO_FREE char *item = item_name();
    AUTO_PTR(workdir) w = open_good();
    err e = ERR_INIT;
    plant_file(item, "part");
    AUTO_FD fd = workdir_part_open(w, KEY, false, &e);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, "secret", 6, &e));
    plant_file(item, "part.resume");
    assert_false(workdir_has_part(w, KEY));
    plant_file(item, "etag");
    plant_file(item, "a.jsonl");
    assert_false(workdir_has_whole(w, KEY, "secret", 6));
    assert_int_equal(workdir_whole_open(w, KEY, &e), -1);
    assert_true(workdir_part_commit(w, KEY, fd, "\"v\"", "", &e));
    assert_true(workdir_has_whole(w, KEY, "\"v\"", 6));
    plant_file(item, WORKDIR_RECODED);
    AUTO_FD recoded = workdir_file_create(w, KEY, WORKDIR_RECODED, &e);
    assert_true(recoded >= 0);
    assert_true(fs_write_all(recoded, "x", 1, &e));
    plant_file(item, "part");
    AUTO_FD fresh = workdir_part_open(w, KEY, true, &e);
    assert_true(fresh >= 0);
    expect_secret_untouched();
}

static void another_users_folders_are_refused(void **state)
{
    UNUSED(state);
    if (geteuid() != 0)
        skip();
    static const char *const places[] = {"work", INPUT, SHARE, SHARE "/download"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        err e = ERR_INIT;
        make(places[i]);
        AUTO_FREE char *path = path_of(places[i]);
        assert_int_equal(chown(path, 65534, 65534), 0);
        AUTO_PTR(workdir) w = open_dir(&e);
        if (w)
            fail_msg("%s was used", places[i]);
        assert_non_null(strstr(e.message, "another user"));
        clear();
    }
}

/* Its owner could redirect it at any time. */
static void another_users_link_is_refused(void **state)
{
    UNUSED(state);
    if (geteuid() != 0)
        skip();
    static const uid_t owners[] = {65534, 0};
    AUTO_FREE char *link_path = path_of("work"), *private = path_of("private");
    assert_int_equal(symlink(private, link_path), 0);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        err e = ERR_INIT;
        assert_int_equal(lchown(link_path, owners[i], 0), 0);
        AUTO_PTR(workdir) w = open_dir(&e);
        assert_int_equal(w != NULL, owners[i] == 0);
        assert_true(w || strstr(e.message, "is a link of another user"));
    }
}

static void all_below_is_private_for_any_umask(void **state)
{
    UNUSED(state);
    mode_t before = umask(0);
    AUTO_FREE char *item = item_name();
    AUTO_FREE char *part = xasprintf("%s/part", item);
    AUTO_PTR(workdir) w = open_good();
    AUTO_FD fd = workdir_part_open(w, KEY, true, NULL);
    umask(before);
    assert_int_equal(mode_of("work"), 0755);
    static const char *const folders[] = {INPUT, SHARE, SHARE "/download"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        assert_int_equal(mode_of(folders[i]), 0700);
    assert_int_equal(mode_of(item), 0700);
    assert_int_equal(mode_of(part), 0600);
    assert_int_equal(mode_of(SHARE "/orchestrator.lock"), 0600);
}

static void wider_modes_are_tightened(void **state)
{
    UNUSED(state);
    workdir_close(open_good());
    static const char *const folders[] = {INPUT, SHARE, SHARE "/download"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        AUTO_FREE char *path = path_of(folders[i]);
        assert_int_equal(chmod(path, 0777), 0);
    }
    workdir_close(open_good());
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        assert_int_equal(mode_of(folders[i]), 0700);
}

static void a_share_group_may_read(void **state)
{
    UNUSED(state);
    AUTO_FREE char *item = item_name(); /* made without a group */
    AUTO_FREE char *part = xasprintf("%s/part", item), *whole = xasprintf("%s/a.jsonl", item);
    AUTO_FREE char *name = xasprintf("%u", (unsigned)getegid());
    group = name;
    mode_t before = umask(0077);
    AUTO_PTR(workdir) w = open_good();
    AUTO_FD fd = workdir_part_open(w, KEY, true, NULL);
    umask(before);
    assert_int_equal(mode_of(INPUT), 02770);
    assert_int_equal(mode_of(SHARE "/download"), 02770);
    assert_int_equal(mode_of(item), 02770);
    assert_int_equal(mode_of(part), 0640);
    assert_true(workdir_part_commit(w, KEY, fd, "\"v\"", "", NULL));
    AUTO_FREE char *path = path_of(whole);
    AUTO_FREE char *item_path = path_of(item);
    assert_int_equal(chmod(path, 0600), 0); /* of a run without the group */
    assert_int_equal(chmod(item_path, 0700), 0);
    assert_true(workdir_has_whole(w, KEY, "\"v\"", 0));
    assert_int_equal(mode_of(item), 02770);
    assert_int_equal(mode_of(whole), 0640);
    workdir_close(move(w));
    err e = ERR_INIT;
    group = (char *)"no such group";
    w = open_dir(&e);
    assert_null(w);
    assert_int_equal(e.code, ERR_CONFIG);
}

static void the_root_may_be_a_link_and_is_resolved_once(void **state)
{
    UNUSED(state);
    make("disk");
    plant("disk", "work");
    AUTO_PTR(workdir) w = open_good();
    AUTO_FREE char *disk = path_of("disk"), *private = path_of("private"),
                   *link_path = path_of("work");
    assert_true(str_starts_with(workdir_path(w), disk));
    unlink(link_path);
    assert_int_equal(symlink(private, link_path), 0); /* redirected later */
    AUTO_FD fd = workdir_part_open(w, KEY, true, NULL);
    assert_true(fd >= 0);
    AUTO_FREE char *leaked = path_of("private/input-397b84d867d3");
    assert_false(fs_exists(leaked));
}

static void a_root_in_which_others_could_replace_is_refused(void **state)
{
    UNUSED(state);
    AUTO_FREE char *work = path_of("work");
    make("work");
    static const mode_t modes[] = {0777, 01777, 0755};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        err e = ERR_INIT;
        assert_int_equal(chmod(work, modes[i]), 0);
        AUTO_PTR(workdir) w = open_dir(&e);
        assert_int_equal(w != NULL, modes[i] != 0777);
        if (!w)
            assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void a_root_that_is_replaced_meanwhile_is_refused(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    make("work");
    AUTO_FREE char *root = path_of("work");
    AUTO_FREE char *in_root = path_of(INPUT);
    to_replace = root;
    assert_null(open_dir(&e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.message, "was replaced while it was opened; run again"));
    assert_false(fs_exists(in_root));
    workdir_close(open_good());
}

int main(void)
{
#define PLANTED_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        PLANTED_TEST(planted_folders_are_refused),
        PLANTED_TEST(planted_locks_are_refused),
        PLANTED_TEST(planted_items_are_replaced_not_followed),
        PLANTED_TEST(planted_files_are_replaced_not_followed),
        PLANTED_TEST(another_users_folders_are_refused),
        PLANTED_TEST(another_users_link_is_refused),
        PLANTED_TEST(all_below_is_private_for_any_umask),
        PLANTED_TEST(wider_modes_are_tightened),
        PLANTED_TEST(a_share_group_may_read),
        PLANTED_TEST(the_root_may_be_a_link_and_is_resolved_once),
        PLANTED_TEST(a_root_that_is_replaced_meanwhile_is_refused),
        PLANTED_TEST(a_root_in_which_others_could_replace_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
