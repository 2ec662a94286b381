/* Ranges of a download: as large as a part, or few and progressively shorter if a reader
 * follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "s3/get/get_plan.h"

#define MIB ((uint64_t)1 << 20)

static void ranges_without_a_reader_are_parts(void **state)
{
    get_plan plan = {.part_bytes = 16 * MIB, .size_bytes = 100 * MIB};
    (void)state;
    assert_int_equal(get_plan_range_bytes(&plan, 0), 16 * MIB);
    assert_int_equal(get_plan_range_bytes(&plan, 99 * MIB), 16 * MIB);
    assert_false(get_plan_is_far(&plan, 0, 0, 99 * MIB));
}

static void ranges_before_a_reader_get_shorter_towards_the_end(void **state)
{
    get_plan plan = {.part_bytes = 16 * MIB, .ahead_bytes = 12 * MIB, .size_bytes = 100 * MIB};
    uint64_t before = UINT64_MAX, last = 0, ranges = 0;
    (void)state;
    assert_int_equal(get_plan_range_bytes(&plan, 0), 3 * MIB);
    for (uint64_t at = 0; at < plan.size_bytes; at += last, ranges++) {
        last = get_plan_range_bytes(&plan, at);
        assert_true(last <= before);
        before = last;
    }
    assert_int_equal(last, 3 * MIB / 8);
    assert_in_range(ranges, 34, 50); /* not many more than without */
}

/* In the middle the bytes that a reader reads in four times 50 ms; towards the end half of the
 * rest, and four short ranges: the unread bytes when the last one begins. */
static void few_bytes_are_in_flight_at_the_end(void **state)
{
    get_plan plan = {.part_bytes = 16 * MIB, .ahead_bytes = 12 * MIB, .size_bytes = 100 * MIB};
    (void)state;
    assert_false(get_plan_is_far(&plan, 0, 33 * MIB, 33 * MIB));
    assert_true(get_plan_is_far(&plan, 0, 34 * MIB, 34 * MIB));
    assert_false(get_plan_is_far(&plan, 50 * MIB, 66 * MIB, 66 * MIB));
    assert_true(get_plan_is_far(&plan, 50 * MIB, 67 * MIB, 67 * MIB));
    plan.size_bytes = 1000 * MIB;
    assert_false(get_plan_is_far(&plan, 0, 48 * MIB - 1, 48 * MIB - 1));
    assert_true(get_plan_is_far(&plan, 0, 48 * MIB, 48 * MIB));
}

/* The reader waits for the first range: few others share the bandwidth. */
static void few_ranges_are_in_flight_at_once(void **state)
{
    get_plan plan = {.part_bytes = 16 * MIB, .ahead_bytes = 12 * MIB, .size_bytes = 100 * MIB};
    (void)state;
    assert_false(get_plan_is_far(&plan, 20 * MIB, 20 * MIB, 32 * MIB - 1));
    assert_true(get_plan_is_far(&plan, 20 * MIB, 20 * MIB, 32 * MIB));
    assert_false(get_plan_is_far(&plan, 98 * MIB, 98 * MIB, 99 * MIB));
    assert_true(get_plan_is_far(&plan, 97 * MIB, 98 * MIB, 99 * MIB));
}

/* For any part size a reader has enough to read. */
static void a_reader_is_never_left_with_nothing(void **state)
{
    get_plan plan = {.part_bytes = 1, .ahead_bytes = 320, .size_bytes = 12};
    (void)state;
    assert_false(get_plan_is_far(&plan, 0, 9, 9));
    assert_true(get_plan_is_far(&plan, 0, 10, 10));
    assert_false(get_plan_is_far(&plan, 11, 5, 5)); /* bytes of an earlier run */
}

static void no_range_is_empty(void **state)
{
    get_plan plan = {.part_bytes = 10, .ahead_bytes = 1, .size_bytes = 3};
    (void)state;
    assert_int_equal(get_plan_range_bytes(&plan, 0), 1);
    assert_int_equal(get_plan_range_bytes(&plan, 3), 1);
    plan.ahead_bytes = 1000; /* at most a part */
    plan.size_bytes = 1000;
    assert_int_equal(get_plan_range_bytes(&plan, 0), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_without_a_reader_are_parts),
        cmocka_unit_test(ranges_before_a_reader_get_shorter_towards_the_end),
        cmocka_unit_test(few_bytes_are_in_flight_at_the_end),
        cmocka_unit_test(few_ranges_are_in_flight_at_once),
        cmocka_unit_test(a_reader_is_never_left_with_nothing),
        cmocka_unit_test(no_range_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
