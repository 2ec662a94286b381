/* Sources and targets of copies. */
#include "base/util.h"
#include "s3/cli/source/location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static bool is_standard(const char *text)
{
    err e = ERR_INIT;
    AUTO(place) p = {0};
    assert_true(place_parse(text, &p, &e));
    return place_is_standard(&p);
}

/* Their paths are links: a file renamed to such a path would replace it for all processes. */
static void standard_streams_have_paths_too(void **state)
{
    UNUSED(state);
    assert_true(is_standard("-"));
    assert_true(is_standard("/dev/stdin"));
    assert_true(is_standard("/dev/stdout"));
    assert_false(is_standard("/dev/stdouts"));
    assert_false(is_standard("stdout"));
    assert_false(is_standard("s3://b/-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(standard_streams_have_paths_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
