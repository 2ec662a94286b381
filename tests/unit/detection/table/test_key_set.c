/* Sets of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "detection/table/key_set.h"

static void keys_are_new_once(void **state)
{
    UNUSED(state);
    key_set s = {0};
    assert_false(key_set_has(&s, 7));
    for (unsigned round = 0; round < 2; round++) {
        for (uint64_t k = 0; k < 5000; k++)
            assert_true(key_set_add(&s, k << 40 | 2));
        for (uint64_t k = 0; k < 5000; k++)
            assert_false(key_set_add(&s, k << 40 | 2));
        assert_int_equal(s.count, 5000);
        assert_true(key_set_has(&s, (uint64_t)4999 << 40 | 2));
        assert_false(key_set_has(&s, (uint64_t)5000 << 40 | 2));
        key_set_clear(&s);
        assert_false(key_set_has(&s, 2));
    }
    key_set_deinit(&s);
}

static void key_0_counts_as_1(void **state)
{
    UNUSED(state);
    key_set s = {0};
    assert_true(key_set_add(&s, 0));
    assert_true(key_set_has(&s, 0));
    assert_false(key_set_add(&s, 1));
    key_set_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_new_once),
        cmocka_unit_test(key_0_counts_as_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
