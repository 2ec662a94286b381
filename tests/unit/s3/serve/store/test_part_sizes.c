/* Offsets of parts inside an object of the small server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/serve/store/part_sizes.h"

static void assert_place(const char *text, uint64_t number, uint64_t offset, uint64_t len)
{
    part_place place;
    assert_true(part_sizes_find(text, number, &place));
    assert_int_equal(place.offset, offset);
    assert_int_equal(place.len_bytes, len);
}

static void consecutive_sizes_are_counted(void **state)
{
    static const uint64_t sizes[] = {10, 10, 10, 7, 10, 10, 3};
    char text[PART_SIZES_MAX] = "";
    part_place place;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        assert_true(part_sizes_add(text, sizes[i]));
    assert_string_equal(text, "10*3,7,10*2,3");
    assert_place(text, 1, 0, 10);
    assert_place(text, 3, 20, 10);
    assert_place(text, 4, 30, 7);
    assert_place(text, 6, 47, 10);
    assert_place(text, 7, 57, 3);
    assert_place(text, 8, 0, 0);
    assert_place(text, 0, 0, 0);
    assert_true(part_sizes_find(text, 1, &place));
    assert_int_equal(place.count, 7);
}

static void ten_thousand_parts_of_one_size_fit(void **state)
{
    char text[PART_SIZES_MAX] = "";
    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_true(part_sizes_add(text, 5242880));
    assert_string_equal(text, "5242880*10000");
    assert_place(text, 10000, 9999ULL * 5242880, 5242880);
}

static void too_many_sizes_are_reported(void **state)
{
    char text[PART_SIZES_MAX] = "";
    uint64_t size = 5242880;
    (void)state;
    while (part_sizes_add(text, size))
        size++;
    assert_in_range(strlen(text), PART_SIZES_MAX - 10, PART_SIZES_MAX - 1);
    assert_true(size > 5242880 + 20);
}

static void other_texts_are_refused(void **state)
{
    static const char *const rows[] = {"x", "1*", "*2", "1,,2", "1*x", "-1"};
    part_place place;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(part_sizes_find(rows[i], 1, &place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consecutive_sizes_are_counted),
        cmocka_unit_test(ten_thousand_parts_of_one_size_fit),
        cmocka_unit_test(too_many_sizes_are_reported),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
