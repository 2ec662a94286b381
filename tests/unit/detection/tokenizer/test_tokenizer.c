/* The word tokenizer and the numbers of n-grams. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/tokenizer/tokenizer.h"

static void expect_range(const token_list *l, size_t i, uint32_t start, uint32_t end)
{
    assert_int_equal(token_list_start(l, i), start);
    assert_int_equal(l->ends[i], end);
}

static void words_are_numbered_in_order(void **state)
{
    UNUSED(state);
    AUTO_PTR(tokenizer) t = tokenizer_new("word", NULL, NULL);
    AUTO(token_list) l = {0};
    tokenizer_learn(t, SLICE_LIT("red h\xC3\xA9n red old"), &l);
    assert_int_equal(l.count, 4);
    assert_int_equal(l.ids[0], 0);
    assert_int_equal(l.ids[1], 1);
    assert_int_equal(l.ids[2], 0);
    assert_int_equal(l.ids[3], 2);
    expect_range(&l, 1, 4, 8);
    expect_range(&l, 3, 13, 16);
}

static void encoding_learns_nothing(void **state)
{
    UNUSED(state);
    AUTO_PTR(tokenizer) t = tokenizer_new("word", NULL, NULL);
    AUTO(token_list) l = {0};
    tokenizer_learn(t, SLICE_LIT("red hen"), &l);
    for (int i = 0; i < 2; i++) {
        tokenizer_encode(t, SLICE_LIT("hen redhen re red"), &l);
        assert_int_equal(l.count, 4);
        assert_int_equal(l.ids[0], 1);
        assert_true(l.ids[1] == TOKEN_UNKNOWN && l.ids[2] == TOKEN_UNKNOWN);
        assert_int_equal(l.ids[3], 0);
    }
    tokenizer_encode(t, (slice){0}, &l);
    assert_int_equal(l.count, 0);
}

static void many_words_keep_their_numbers(void **state)
{
    UNUSED(state);
    AUTO_PTR(tokenizer) t = tokenizer_new("word", NULL, NULL);
    AUTO(token_list) l = {0};
    AUTO(buf) text = BUF(1 << 20);
    for (unsigned i = 0; i < 5000; i++)
        buf_printf(&text, "%sw%u", i > 0 ? " " : "", i);
    tokenizer_learn(t, buf_slice(&text), &l);
    tokenizer_encode(t, buf_slice(&text), &l);
    assert_int_equal(l.count, 5000);
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(l.ids[i], i);
    assert_int_equal(tokenizer_count_filled(t, buf_slice(&text)), 5000);
}

static void unknown_names_are_refused(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_null(tokenizer_new("words", NULL, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, "'words'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_numbered_in_order),
        cmocka_unit_test(encoding_learns_nothing),
        cmocka_unit_test(many_words_keep_their_numbers),
        cmocka_unit_test(unknown_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
