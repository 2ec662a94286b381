/* How many items a run has at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/runtime/run_limits.h"

/* Each item has open files: items beyond the limit of open files are not begun. */
static void items_alive_stay_within_the_open_files(void **state)
{
    const app_limits l = {.s3_workers = 10, .connections = 20};
    (void)state;
    assert_int_equal(app_limits_live(&l, 0, 5), 25); /* unknown */
    assert_int_equal(app_limits_live(&l, 1000000, 5), 25);
    assert_int_equal(app_limits_live(&l, 20 + 64 + 7 * 3, 5), 7);
    assert_int_equal(app_limits_live(&l, 10, 5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_alive_stay_within_the_open_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
