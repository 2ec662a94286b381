/* orchestrator/detect/server_folders: the list of allow_dir in a reply to /health. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/detect/server_folders.h"

static void only_a_list_of_absolute_paths_counts(void **state)
{
    UNUSED(state);
    static const char *const others[] = {
        "{}",
        "[]",
        "{\"allow_dir\":null}",
        "{\"allow_dir\":\"/a\"}",
        "{\"allow_dir\":[7]}",
        "{\"allow_dir\":[\"/a\",\"relative\"]}",
        "{\"allow_dir\":[\"/a\",\"\"]}",
        "{\"allow_dir\":[\"/b\\u0000c\"]}",
        "{\"allow_dir\":[[\"/a\"]]}",
        "no JSON",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (server_folders_read(slice_from(others[i])))
            fail_msg("taken for a list: %s", others[i]);
}

static void paths_are_read_in_order(void **state)
{
    UNUSED(state);
    char **folders = server_folders_read(
        SLICE_LIT("{\"x\":{\"allow_dir\":1},\"allow_dir\":[ \"/a\" , \"/b\\u0020c\"]}"));
    assert_non_null(folders);
    assert_string_equal(folders[0], "/a");
    assert_string_equal(folders[1], "/b c");
    assert_null(folders[2]);
    server_folders_free(folders);
}

static void an_empty_list_is_one(void **state)
{
    UNUSED(state);
    char **folders = server_folders_read(SLICE_LIT("{\"allow_dir\":[]}"));
    assert_non_null(folders);
    assert_null(folders[0]);
    server_folders_free(folders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_list_of_absolute_paths_counts),
        cmocka_unit_test(paths_are_read_in_order),
        cmocka_unit_test(an_empty_list_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
