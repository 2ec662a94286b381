/* base/array: arrays grow, with and without a capacity, and open gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/util.h"

#define MANY 1000

typedef struct numbers {
    uint64_t *each;
    size_t count;
    uint32_t capacity; /* narrower than size_t */
} numbers;

static void expect_counting(const numbers *n, size_t count)
{
    assert_int_equal(n->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(n->each[i], i);
}

static void an_array_with_a_capacity_doubles(void **state)
{
    UNUSED(state);
    numbers n = {0};
    unsigned grown = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        uint32_t before = n.capacity;
        *ARRAY_PUSH(n.each, n.count, n.capacity) = i;
        grown += n.capacity != before;
    }
    expect_counting(&n, MANY);
    assert_int_equal(grown, 9); /* 4, 8 ... 1024 */
    n.count = 0;
    *ARRAY_PUSH(n.each, n.count, n.capacity) = 0;
    assert_int_equal(n.capacity, 1024); /* a cleared array keeps its memory */
    free(n.each);
}

static void space_is_reserved_at_once(void **state)
{
    UNUSED(state);
    numbers n = {0};
    ARRAY_RESERVE(n.each, n.capacity, 0);
    assert_null(n.each);
    ARRAY_RESERVE(n.each, n.capacity, MANY);
    assert_int_equal(n.capacity, MANY);
    for (; n.count < MANY; n.count++)
        n.each[n.count] = n.count;
    ARRAY_RESERVE(n.each, n.capacity, MANY + 1);
    assert_int_equal(n.capacity, 2 * MANY);
    expect_counting(&n, MANY);
    free(n.each);
}

/* Elements may be removed between pushes: only the count matters. */
static void an_array_without_a_capacity_doubles(void **state)
{
    UNUSED(state);
    numbers n = {0};
    for (size_t size = 1; size <= 20; size++) {
        while (n.count < MANY / size) {
            uint64_t *added = ARRAY_ADD(n.each, n.count);
            *added = n.count - 1;
        }
        n.count = size / 2;
        expect_counting(&n, size / 2);
    }
    free(n.each);
}

static void gaps_open_anywhere(void **state)
{
    UNUSED(state);
    numbers n = {0}, m = {0};
    *ARRAY_PUSH_AT(n.each, n.count, n.capacity, 0) = 1;
    *ARRAY_ADD_AT(m.each, m.count, 0) = 1;
    for (uint64_t i = 3; i < 2 * MANY; i += 2) { /* 1 3 5 ..., then 0 2 4 ... */
        *ARRAY_PUSH_AT(n.each, n.count, n.capacity, n.count) = i;
        *ARRAY_ADD_AT(m.each, m.count, m.count) = i;
    }
    for (uint64_t i = 0; i < 2 * MANY; i += 2) {
        *ARRAY_PUSH_AT(n.each, n.count, n.capacity, (size_t)i) = i;
        *ARRAY_ADD_AT(m.each, m.count, (size_t)i) = i;
    }
    expect_counting(&n, 2 * MANY);
    expect_counting(&m, 2 * MANY);
    free(n.each);
    free(m.each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_with_a_capacity_doubles),
        cmocka_unit_test(space_is_reserved_at_once),
        cmocka_unit_test(an_array_without_a_capacity_doubles),
        cmocka_unit_test(gaps_open_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
