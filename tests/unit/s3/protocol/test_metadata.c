#include "s3/protocol/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

/* Ceph 16 sends a count of 0 for an object that was uploaded in parts. */
static void a_count_of_zero_tags_is_none(void **state)
{
    static const http_header one[] = {{"ETag", "\"e\""}, {"X-Amz-Tagging-Count", "1"}};
    static const http_header zero[] = {{"x-amz-tagging-count", "0"}};
    (void)state;
    assert_true(s3_headers_count_tags(one, 2));
    assert_false(s3_headers_count_tags(one, 1));
    assert_false(s3_headers_count_tags(zero, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_of_zero_tags_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
