/* Sorting numbers: few, some and many, of all sizes, with repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/table/hash.h"
#include "detection/table/sort.h"

static const size_t counts[] = {0, 1, 2, 31, 32, 33, 100, 512, 513, 5000};

static uint64_t some_number(size_t i)
{
    return hash_mix(i + 1, UINT64_C(0x9E3779B97F4A7C15));
}

/* `values` contains the numbers of `before` in ascending order. */
static void expect_sorted(const uint64_t *values, const uint64_t *before, size_t count)
{
    uint64_t sum = 0, sum_before = 0;
    for (size_t i = 0; i < count; i++) {
        sum += hash_mix(values[i], 0x55555555);
        sum_before += hash_mix(before[i], 0x55555555);
        if (i > 0)
            assert_true(values[i - 1] <= values[i]);
    }
    assert_int_equal(sum, sum_before);
}

static void sorts_numbers_of_64_bits(void **state)
{
    UNUSED(state);
    for (unsigned shift = 0; shift < 64; shift += 9)
        for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
            AUTO_FREE uint64_t *before = xcalloc(counts[c] + 1, sizeof *before);
            AUTO_FREE uint64_t *values = xcalloc(counts[c] + 1, sizeof *values);
            AUTO_FREE uint64_t *spare = xcalloc(counts[c] + 1, sizeof *spare);
            for (size_t i = 0; i < counts[c]; i++)
                values[i] = before[i] = some_number(i) >> shift;
            sort_u64(values, counts[c], spare);
            expect_sorted(values, before, counts[c]);
        }
}

static void sorts_numbers_of_32_bits(void **state)
{
    UNUSED(state);
    for (unsigned shift = 32; shift < 64; shift += 5)
        for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
            AUTO_FREE uint64_t *before = xcalloc(counts[c] + 1, sizeof *before);
            AUTO_FREE uint64_t *after = xcalloc(counts[c] + 1, sizeof *after);
            AUTO_FREE uint32_t *values = xcalloc(counts[c] + 1, sizeof *values);
            AUTO_FREE uint32_t *spare = xcalloc(counts[c] + 1, sizeof *spare);
            for (size_t i = 0; i < counts[c]; i++)
                values[i] = (uint32_t)(before[i] = some_number(i) >> shift);
            sort_u32(values, counts[c], spare);
            for (size_t i = 0; i < counts[c]; i++)
                after[i] = values[i];
            expect_sorted(after, before, counts[c]);
        }
}

/* Half of them ascend, as numbers of new n-grams do. */
static void keeps_one_of_each(void **state)
{
    UNUSED(state);
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        AUTO_FREE uint32_t *values = xcalloc(counts[c] + 1, sizeof *values);
        AUTO_FREE uint32_t *spare = xcalloc(counts[c] + 1, sizeof *spare);
        bool there[300] = {false};
        size_t different = 0;
        for (size_t i = 0; i < counts[c]; i++) {
            values[i] = (uint32_t)(i % 2 ? some_number(i) % 200 : 200 + i * 100 / counts[c]);
            different += !there[values[i]];
            there[values[i]] = true;
        }
        size_t kept = sort_unique_u32(values, counts[c], spare);
        assert_int_equal(kept, different);
        for (size_t i = 1; i < kept; i++)
            assert_true(values[i - 1] < values[i]);
        for (size_t i = 0; i < kept; i++)
            assert_true(there[values[i]]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_numbers_of_64_bits),
        cmocka_unit_test(sorts_numbers_of_32_bits),
        cmocka_unit_test(keeps_one_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
