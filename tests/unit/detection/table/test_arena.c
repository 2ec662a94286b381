/* Allocations of all sizes keep their content until the arena is cleared. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/table/arena.h"

#define PIECES 400

static size_t size_of(size_t i)
{
    return i % 50 == 7 ? 300000 + i : i % 20 == 3 ? 70000 : i * 37 % 5000;
}

static void take_all(arena *a, unsigned char *pieces[PIECES])
{
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_take(a, size_of(i));
        assert_int_equal((uintptr_t)pieces[i] % 8, 0);
        memset(pieces[i], (int)(i % 251), size_of(i));
    }
}

static void pieces_do_not_overlap(void **state)
{
    UNUSED(state);
    AUTO(arena) a = {0};
    unsigned char *pieces[PIECES];
    for (int round = 0; round < 2; round++) {
        take_all(&a, pieces);
        for (size_t i = 0; i < PIECES; i++)
            for (size_t k = 0; k < size_of(i); k++)
                assert_int_equal(pieces[i][k], i % 251);
        arena_clear(&a);
    }
}

static void texts_end_with_a_nul(void **state)
{
    UNUSED(state);
    AUTO(arena) a = {0};
    slice with_nul = {.data = "a\0b", .len = 3};
    slice copy = arena_text(&a, with_nul);
    assert_true(slice_equal(copy, with_nul));
    assert_ptr_not_equal(copy.data, with_nul.data);
    assert_int_equal(copy.data[3], '\0');
    assert_null(arena_text(&a, (slice){0}).data);
    assert_string_equal(arena_text(&a, SLICE_LIT("")).data, "");
}

static void copies_hold_all_items(void **state)
{
    UNUSED(state);
    AUTO(arena) a = {0};
    const uint32_t items[] = {7, 8, 9};
    assert_null(arena_copy(&a, items, 0, sizeof *items));
    const uint32_t *copy = arena_copy(&a, items, 3, sizeof *items);
    assert_memory_equal(copy, items, sizeof items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(texts_end_with_a_nul),
        cmocka_unit_test(copies_hold_all_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
