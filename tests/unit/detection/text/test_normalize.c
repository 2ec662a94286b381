/* Normal form: case, punctuation, white space. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/text/normalize.h"
#include "detection/text/unicode.h"

static void expect_with(const char *punctuation, const char *text, const char *want)
{
    AUTO(normalizer) n = {0};
    AUTO(buf) out = BUF(1 << 20);
    assert_true(normalizer_init(&n, punctuation, NULL));
    assert_true(normalize_text(&n, slice_from(text), &out));
    assert_string_equal(buf_str(&out), want);
    assert_int_equal(out.len, strlen(want));
}

static void expect(const char *text, const char *want)
{
    expect_with(NORMALIZE_DEFAULT_PUNCTUATION, text, want);
}

static void ascii_is_lowered_and_punctuation_becomes_space(void **state)
{
    UNUSED(state);
    expect("Hello, World!  It's (2x + 5) = 15.", "hello world it s 2x 5 15");
    expect("", "");
    expect(" \t\r\n.,;", "");
    expect("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~x", "x");
    expect("a\x1c"
           "b\x01",
           "a\x1c"
           "b\x01"); /* U+001C to U+001F are no white space */
}

static void white_space_of_unicode_collapses(void **state)
{
    UNUSED(state);
    expect("a\u00a0\u2003\u3000b\xc2\x85"
           "c\u2028d",
           "a b c d");
    expect("a\u200bb\ufeff\u180e", "a\u200bb\ufeff\u180e"); /* not White_Space */
    expect("\u1680x\u202f", "x");
}

static void chosen_symbols_only_become_space(void **state)
{
    UNUSED(state);
    expect("\u201cquoted\u201d \u2018it\u2019s\u2014so", "quoted it s so");
    expect("3\u00d74\u2026 a\u2013b 20\u00b0", "3\u00d74\u2026 a\u2013b 20\u00b0");
}

static void full_lower_casing(void **state)
{
    UNUSED(state);
    expect("\u00c4\u00d6\u00dc STRASSE \u1e9e", "\u00e4\u00f6\u00fc strasse \u00df");
    expect("\u0130STANBUL", "i\u0307stanbul");
    expect("\u0416\u0423\u041a \u023a", "\u0436\u0443\u043a \u2c65");
    expect("\U00010400", "\U00010428");
    expect("\u01c5", "\u01c6"); /* title case */
}

static void sigma_at_the_end_of_a_word(void **state)
{
    UNUSED(state);
    expect("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2");
    expect("\u03a3\u03a3", "\u03c3\u03c2");
    expect("\u03a3", "\u03c3"); /* nothing cased before it */
    expect("\u0391\u03a3\u0392", "\u03b1\u03c3\u03b2");
    expect("\u0391\u03a3. \u0392", "\u03b1\u03c2 \u03b2"); /* spaces are not skipped */
    expect("\u0391\u03a3.\u0392", "\u03b1\u03c3 \u03b2");  /* full stops are */
    expect("\u0391\u0301\u03a3", "\u03b1\u0301\u03c2");
}

static void own_set_of_characters(void **state)
{
    UNUSED(state);
    expect_with("\u00d7b", "A\u00d7B, c'est", "a , c'est");
    expect_with("X", "X x", "x x"); /* checked after lower-casing */
    normalizer n;
    err e = ERR_INIT;
    assert_false(normalizer_init(&n, "\xff", &e));
    assert_int_equal(e.code, ERR_CONFIG);
}

static void utf8_is_checked_exactly(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        size_t good;
    } rows[] = {
        {"abc", 3},
        {"12345678\xff", 8},
        {"\xc3\xa4", 2},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe0\xa0\x80", 3},
        {"a\xed\xa0\x80", 1},
        {"\xed\x9f\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"abcdefgh\xe2\x82", 8},
        {"\x80", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(utf8_check(slice_from(rows[i].text)), rows[i].good);
}

static void first_words(void **state)
{
    UNUSED(state);
    assert_true(slice_equal_str(normalize_first_words(SLICE_LIT("a bb c"), 2), "a bb"));
    assert_true(slice_equal_str(normalize_first_words(SLICE_LIT("a bb c"), 3), "a bb c"));
    assert_true(slice_equal_str(normalize_first_words(SLICE_LIT(""), 3), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_is_lowered_and_punctuation_becomes_space),
        cmocka_unit_test(white_space_of_unicode_collapses),
        cmocka_unit_test(chosen_symbols_only_become_space),
        cmocka_unit_test(full_lower_casing),
        cmocka_unit_test(sigma_at_the_end_of_a_word),
        cmocka_unit_test(own_set_of_characters),
        cmocka_unit_test(utf8_is_checked_exactly),
        cmocka_unit_test(first_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
