/* Modes of results and of their folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "detection/output/result_access.h"

#define RESULT "01234567-89ab-4cde-8f01-23456789abcd.report.jsonl"

typedef struct fixture {
    char root[32];
    char *dir; /* absent */
    mode_t before;
} fixture;

static int set_up(void **state)
{
    fixture *f = xcalloc(1, sizeof *f);
    memcpy(f->root, "/tmp/test-access-XXXXXX", sizeof "/tmp/test-access-XXXXXX");
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    f->before = umask(022);
    *state = f;
    if (!mkdtemp(f->root))
        return -1;
    f->dir = xasprintf("%s/a/results", f->root);
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    umask(f->before);
    bool ok = fs_remove_tree(f->root, NULL);
    free(f->dir);
    free(f);
    return ok ? 0 : -1;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static unsigned group_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_gid;
}

static result_access access_of(const char *group)
{
    result_access a;
    err e = ERR_INIT;
    if (!result_access_of_server(group, &a, &e))
        fail_msg("%s", e.message);
    return a;
}

/* This process may assign files to it. */
static const char *own_group(char text[16])
{
    snprintf(text, 16, "%u", (unsigned)(geteuid() == 0 ? 65534 : getegid()));
    return text;
}

static unsigned mode_of_result(const fixture *f, const result_access *a, mode_t input_mode)
{
    AUTO_FREE char *path = xasprintf("%s/%s", f->dir, RESULT);
    char *temp = NULL;
    err e = ERR_INIT;
    AUTO_FD fd = result_file_create(a, path, input_mode, &temp, &e);
    if (fd < 0)
        fail_msg("%s", e.message);
    unsigned mode = mode_of(temp);
    assert_true(fs_temp_commit(&temp, path, NULL));
    return mode;
}

static void results_are_the_servers_alone(void **state)
{
    const fixture *f = *state;
    result_access a = access_of(NULL);
    assert_true(result_folder_prepare(&a, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 0700);
    assert_int_equal(mode_of_result(f, &a, 0100644), 0600);
    umask(0);
    assert_true(fs_remove_tree(f->dir, NULL));
    assert_true(result_folder_make(&a, f->dir, false, NULL)); /* it was removed meanwhile */
    assert_int_equal(mode_of(f->dir), 0700);
    assert_int_equal(mode_of_result(f, &a, 0100666), 0600);
}

static void a_share_group_may_read(void **state)
{
    const fixture *f = *state;
    char group[16];
    result_access a = access_of(own_group(group));
    umask(077);
    assert_true(result_folder_prepare(&a, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 02750);
    assert_int_equal(group_of(f->dir), a.group);
    assert_int_equal(mode_of_result(f, &a, 0100600), 0640);
    AUTO_FREE char *path = xasprintf("%s/%s", f->dir, RESULT);
    assert_int_equal(group_of(path), a.group);
}

static void an_unknown_group_is_an_error(void **state)
{
    result_access a;
    err e = ERR_INIT;
    UNUSED(state);
    assert_false(result_access_of_server("no-such-group-here", &a, &e));
    assert_int_equal(e.code, ERR_CONFIG);
}

static void results_of_detect_are_as_open_as_the_input(void **state)
{
    const fixture *f = *state;
    const result_access a = {0};
    assert_true(result_folder_make(&a, f->dir, false, NULL));
    assert_int_equal(mode_of(f->dir), 0755);
    assert_int_equal(mode_of_result(f, &a, 0100600), 0600);
    assert_int_equal(mode_of_result(f, &a, 0100640), 0640);
    assert_int_equal(mode_of_result(f, &a, 0100666), 0644);
    assert_int_equal(mode_of_result(f, &a, 0100444), 0644);
}

static void put_file(const fixture *f, const char *name)
{
    AUTO_FREE char *path = xasprintf("%s/%s", f->dir, name);
    assert_true(fs_write_file(path, SLICE_LIT("x"), false, NULL));
}

static void a_folder_with_results_only_is_tightened(void **state)
{
    const fixture *f = *state;
    char group[16];
    result_access a = access_of(NULL), shared = access_of(own_group(group));
    assert_true(fs_make_dirs(f->dir, NULL));
    put_file(f, RESULT);
    put_file(f, RESULT ".tmp-01234567");
    AUTO_FREE char *link = xasprintf("%s/link", f->root);
    assert_int_equal(symlink(f->dir, link), 0);
    assert_true(result_folder_prepare(&a, link, NULL)); /* as named by the user */
    assert_int_equal(mode_of(f->dir), 0700);
    assert_true(result_folder_prepare(&shared, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 02750);
    assert_int_equal(group_of(f->dir), shared.group);
}

static void folders_with_other_files_keep_their_mode(void **state)
{
    const fixture *f = *state;
    result_access a = access_of(NULL);
    assert_true(fs_make_dirs(f->dir, NULL));
    put_file(f, "notes.txt");
    assert_true(result_folder_prepare(&a, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 0755);
    assert_int_equal(chmod(f->dir, 01777), 0); /* like /tmp */
    assert_true(result_folder_prepare(&a, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 01777);
}

static void a_folder_that_was_opened_for_the_group_stays_so(void **state)
{
    const fixture *f = *state;
    char group[16];
    result_access a = access_of(own_group(group));
    assert_true(fs_make_dirs(f->dir, NULL));
    assert_int_equal(chown(f->dir, (uid_t)-1, a.group), 0);
    assert_int_equal(chmod(f->dir, 02770), 0);
    assert_true(result_folder_prepare(&a, f->dir, NULL));
    assert_int_equal(mode_of(f->dir), 02770);
}

static void a_new_folder_must_be_our_own(void **state)
{
    const fixture *f = *state;
    result_access a = access_of(NULL);
    err e = ERR_INIT;
    AUTO_FREE char *link = xasprintf("%s/link", f->root);
    assert_true(result_folder_make(&a, f->dir, true, NULL));
    assert_true(result_folder_make(&a, f->dir, true, NULL)); /* the second result */
    assert_int_equal(chmod(f->dir, 0777), 0);
    assert_false(result_folder_make(&a, f->dir, true, &e));
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_int_equal(symlink(f->dir, link), 0);
    assert_false(result_folder_make(&a, link, true, &e));
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(f->dir, 65534, (gid_t)-1), 0);
    assert_false(result_folder_make(&a, f->dir, true, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(results_are_the_servers_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_share_group_may_read, set_up, tear_down),
        cmocka_unit_test(an_unknown_group_is_an_error),
        cmocka_unit_test_setup_teardown(results_of_detect_are_as_open_as_the_input, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_with_results_only_is_tightened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_with_other_files_keep_their_mode, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_was_opened_for_the_group_stays_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_folder_must_be_our_own, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
