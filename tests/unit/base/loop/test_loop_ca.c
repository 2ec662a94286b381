/* The file of certificate authorities that is used if libcurl's default does not exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "base/loop/loop_ca.h"
#include "base/util.h"

typedef struct fixture {
    char dir[32];
    char *first, *second;
} fixture;

static int set_up(void **state)
{
    fixture *f = xcalloc(1, sizeof *f);
    *state = f;
    memcpy(f->dir, "/tmp/test-ca-XXXXXX", sizeof "/tmp/test-ca-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->first = xasprintf("%s/first.pem", f->dir);
    f->second = xasprintf("%s/second.pem", f->dir);
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bool removed = fs_remove_tree(f->dir, NULL);
    free(f->first);
    free(f->second);
    free(f);
    return removed ? 0 : -1;
}

static void put(const char *path)
{
    assert_true(fs_write_file(path, SLICE_LIT("-"), false, NULL));
}

static void the_file_that_libcurl_knows_comes_first(void **state)
{
    fixture *f = *state;
    const char *const files[] = {f->second, NULL};
    put(f->first);
    put(f->second);
    assert_null(loop_ca_pick(f->first, NULL, files));
    assert_null(loop_ca_pick(f->first, "/nowhere", files));
}

static void a_folder_that_libcurl_knows_suffices(void **state)
{
    fixture *f = *state;
    const char *const files[] = {f->second, NULL};
    put(f->second);
    assert_null(loop_ca_pick("/nowhere/a.pem", f->dir, files));
}

static void the_first_file_that_exists_takes_its_place(void **state)
{
    fixture *f = *state;
    const char *const files[] = {"/nowhere/b.pem", f->first, f->second, NULL};
    put(f->second);
    assert_string_equal(loop_ca_pick("/nowhere/a.pem", NULL, files), f->second);
    put(f->first);
    assert_string_equal(loop_ca_pick("/nowhere/a.pem", "/nowhere", files), f->first);
}

static void nothing_is_chosen_where_nothing_exists_or_libcurl_has_no_file(void **state)
{
    fixture *f = *state;
    const char *const none[] = {"/nowhere/b.pem", NULL}, *const files[] = {f->first, NULL};
    assert_null(loop_ca_pick("/nowhere/a.pem", NULL, none));
    put(f->first);
    assert_null(loop_ca_pick(NULL, NULL, files));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_that_libcurl_knows_comes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_libcurl_knows_suffices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_file_that_exists_takes_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_chosen_where_nothing_exists_or_libcurl_has_no_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
