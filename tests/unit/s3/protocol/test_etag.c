#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decon/s3/etag.h"

static void one_version_is_written_in_several_ways(void **state)
{
    static const char *const same[] = {"\"ab12\"", "ab12", "W/\"ab12\"", "w/\"ab12\"",
                                       " \"ab12\" "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        for (size_t k = 0; k < ARRAY_LEN(same); k++)
            assert_true(s3_etag_equal(same[i], same[k]));
}

static void other_versions_and_unknown_ones_are_not_equal(void **state)
{
    static const char *const others[] = {"\"ab13\"", "\"ab12-1\"", "\"ab12\"x", "\"\"",
                                         "",         "W/",         NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(s3_etag_equal("\"ab12\"", others[i]));
    assert_false(s3_etag_equal(NULL, NULL));
    assert_false(s3_etag_equal("\"\"", "\"\""));
}

static void the_bare_form_has_no_quotes(void **state)
{
    static const struct {
        const char *etag, *bare;
    } rows[] = {{"\"ab-3\"", "ab-3"}, {"W/\"x\"", "x"}, {"\"", "\""}, {"", ""}, {NULL, ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *bare = s3_etag_bare(rows[i].etag);
        assert_string_equal(bare, rows[i].bare);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_version_is_written_in_several_ways),
        cmocka_unit_test(other_versions_and_unknown_ones_are_not_equal),
        cmocka_unit_test(the_bare_form_has_no_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
