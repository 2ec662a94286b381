#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/config/failure_limit.h"

static failure_limit limit_of(const char *text)
{
    failure_limit limit;
    err e = ERR_INIT;
    if (!failure_limit_read(text, &limit, &e))
        fail_msg("%s: %s", text, e.message);
    return limit;
}

static void counts_and_percentages_are_read(void **state)
{
    UNUSED(state);
    assert_int_equal(limit_of("0").count, 0);
    assert_int_equal(limit_of("20").count, 20);
    assert_int_equal(limit_of("20").percent, 0);
    assert_int_equal(limit_of("5%").percent, 5);
    assert_int_equal(limit_of("5%").count, 0);
    assert_int_equal(limit_of("100%").percent, 100);
}

static void anything_else_is_refused(void **state)
{
    UNUSED(state);
    static const char *const wrong[] = {"",    "%",  "0%",   "101%", "5%%",
                                        "5 %", "-1", "many", "1.5",  "5%x"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        err e = ERR_INIT;
        if (failure_limit_check(wrong[i], &e))
            fail_msg("'%s' was accepted", wrong[i]);
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void the_limit_itself_may_be_reached(void **state)
{
    UNUSED(state);
    failure_limit three = limit_of("3"), none = limit_of("0"), percent = limit_of("5%");
    assert_false(failure_limit_exceeded(&three, 3, 3));
    assert_true(failure_limit_exceeded(&three, 4, 1000000));
    assert_false(failure_limit_exceeded(&none, 1000000, 1000000));
    assert_false(failure_limit_exceeded(&percent, 99, 99));
    assert_false(failure_limit_exceeded(&percent, 5, 100));
    assert_true(failure_limit_exceeded(&percent, 6, 100));
    assert_true(failure_limit_exceeded(&percent, 51, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_percentages_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(the_limit_itself_may_be_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
