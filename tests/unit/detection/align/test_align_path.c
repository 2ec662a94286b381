/* The alignment of a text with a document. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "detection/align/align_path.h"
#include "tests/unit/detection/align/texts.h"

/* A set of one text, 1 to `count`, and another that makes weights positive. */
static align_set *counting_text(size_t count)
{
    align_set *s = align_set_new();
    row text = {.count = 0}, other = row_of("5000 5001 5002");
    row_count_up(&text, 1, count);
    uint32_t text_of[2] = {align_set_add(s, text.tokens, text.count),
                           align_set_add(s, other.tokens, other.count)};
    align_set_freeze(s, text_of, 2);
    return s;
}

/* Tokens from 9000 on are in no text. */
static bool find(align_path *p, const align_set *s, const row *document, int64_t expected)
{
    return align_path_find(p, s, &s->texts[0], document->tokens, document->count, expected);
}

static float full(const align_set *s, size_t tokens)
{
    return (float)tokens * s->full_weight;
}

#define assert_near(a, b) assert_true((a) - (b) < 1e-3f && (b) - (a) < 1e-3f)

static void an_exact_copy(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(12);
    align_path p = {0};
    row d = row_of("9000 9001 9002 1 2 3 4 5 6 7 8 9 10 11 12 9003");
    assert_true(find(&p, s, &d, 3));
    assert_int_equal(p.count, 12);
    assert_int_equal(p.first, 3);
    assert_int_equal(p.last, 14);
    assert_near(p.matched, full(s, 12));
    assert_near(p.replaced, 0.0f);
    align_path_deinit(&p);
}

static void replaced_tokens_in_the_middle(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(12);
    align_path p = {0};
    /* 3 is replaced by one token, 7 by two, 10 and 11 by one. */
    row d = row_of("9000 1 2 9001 4 5 6 9002 9003 8 9 9004 12 9005");
    assert_true(find(&p, s, &d, 1));
    assert_int_equal(p.count, 8);
    assert_near(p.matched, full(s, 8));
    assert_near(p.replaced, full(s, 4));
    align_path_deinit(&p);
}

static void what_is_missing_at_the_ends_or_in_a_large_gap_is_not_replaced(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(16);
    align_path p = {0};
    row d = row_of("9000 9001 3 4 5 6 9002 11 12 13 14 9003 9004 9005");
    assert_true(find(&p, s, &d, 0));
    assert_int_equal(p.count, 8);
    assert_int_equal(p.first, 2);
    assert_int_equal(p.last, 10);
    assert_near(p.replaced, 0.0f);
    align_path_deinit(&p);
}

static void order_counts(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(12);
    align_path p = {0};
    row d = row_of("12 11 10 9 8 7 6 5 4 3 2 1");
    assert_true(find(&p, s, &d, 0));
    assert_int_equal(p.count, 1);
    row halves = row_of("7 8 9 10 11 12 1 2 3 4 5 6");
    assert_true(find(&p, s, &halves, 0));
    assert_int_equal(p.count, 6);
    align_path_deinit(&p);
}

/* A text with other words between its words is not a copy, even if all its words occur. */
static void scattered_tokens_weigh_less_than_the_penalty(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(6);
    align_path p = {0};
    row d = {.count = 0};
    row_add(&d, 1);
    row_count_up(&d, 9000, 22);
    row_add(&d, 2);
    assert_true(find(&p, s, &d, ALIGN_BAND / 2)); /* both are in the band */
    assert_int_equal(p.count, 1);
    align_path_deinit(&p);
}

/* A token is inserted after every eighth one: the band has to follow. */
static void the_band_follows_an_offset(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(800);
    align_path p = {0};
    row inserted = {.count = 0}, removed = {.count = 0};
    for (uint32_t i = 1; i <= 800; i++) {
        row_add(&inserted, i);
        if (i % 8 == 0)
            row_add(&inserted, 9000 + i);
        if (i % 8 != 0)
            row_add(&removed, i);
    }
    assert_true(find(&p, s, &inserted, 0));
    assert_int_equal(p.count, 800);
    assert_true(find(&p, s, &removed, 0));
    assert_int_equal(p.count, 700);
    align_path_deinit(&p);
}

static void the_expected_place_may_be_off_or_outside(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = counting_text(12);
    align_path p = {0};
    row d = row_of("6 7 8 9 10 11 12 9000"), end = row_of("9000 1 2 3 4 5 6");
    assert_true(find(&p, s, &d, -5));
    assert_int_equal(p.count, 7);
    assert_true(find(&p, s, &end, 1));
    assert_int_equal(p.count, 6);
    assert_true(find(&p, s, &end, 9));
    assert_int_equal(p.count, 6);
    row none = row_of("9000 9001 9002");
    assert_false(find(&p, s, &none, 0));
    assert_false(find(&p, s, &end, 400));
    align_path_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exact_copy),
        cmocka_unit_test(replaced_tokens_in_the_middle),
        cmocka_unit_test(what_is_missing_at_the_ends_or_in_a_large_gap_is_not_replaced),
        cmocka_unit_test(order_counts),
        cmocka_unit_test(scattered_tokens_weigh_less_than_the_penalty),
        cmocka_unit_test(the_band_follows_an_offset),
        cmocka_unit_test(the_expected_place_may_be_off_or_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
