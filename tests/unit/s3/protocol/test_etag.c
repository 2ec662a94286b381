#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "s3/protocol/etag.h"

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

static void an_etag_is_present_where_its_opaque_part_is_not_empty(void **state)
{
    static const char *const present[] = {"\"a\"", "a", "W/\"a\"", " \"a\" ", "\"a-3\""};
    static const char *const absent[] = {NULL, "", "\"\"", "W/\"\"", "W/", " ", "\" \""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(present); i++)
        assert_true(s3_etag_is_present(present[i]));
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        assert_false(s3_etag_is_present(absent[i]));
}

static const char *etag_of(const http_header *headers, size_t count, err *e)
{
    *e = (err)ERR_INIT;
    return s3_etag_of_reply(&(http_reply){.headers = headers, .header_count = count}, e);
}

static void a_reply_has_one_etag(void **state)
{
    const http_header same[] = {{"ETag", "\"a\""}, {"etag", "\"a\""}};
    const http_header differ[] = {{"ETag", "\"a\""}, {"etag", "\"b\""}};
    const http_header empty[] = {{"ETag", ""}};
    const http_header quotes[] = {{"ETag", "\"\""}};
    err e;
    (void)state;
    assert_string_equal(etag_of(same, 2, &e), "\"a\"");
    assert_null(etag_of(differ, 2, &e));
    assert_string_equal(e.message, "ETag occurs twice in the reply with different values");
    assert_null(etag_of(empty, 1, &e));
    assert_null(etag_of(quotes, 1, &e));
    assert_string_equal(e.message, "ETag is empty in the reply");
    assert_null(etag_of(NULL, 0, &e));
    assert_string_equal(e.message, "ETag is missing in the reply");
    assert_int_equal(e.code, ERR_S3_REPLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_version_is_written_in_several_ways),
        cmocka_unit_test(other_versions_and_unknown_ones_are_not_equal),
        cmocka_unit_test(the_bare_form_has_no_quotes),
        cmocka_unit_test(an_etag_is_present_where_its_opaque_part_is_not_empty),
        cmocka_unit_test(a_reply_has_one_etag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
