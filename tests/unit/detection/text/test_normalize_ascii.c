/* Normalising 16 bytes at a time gives the same result as byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/text/normalize.h"

static uint64_t seed = 19631113;

static size_t chance(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

static void expect_bytewise(const normalizer *n, slice text)
{
    AUTO(buf) got = BUF(1 << 20);
    AUTO(buf) expected = BUF(1 << 20);
    for (size_t i = 0; i < text.len; i++) {
        char c = n->ascii[(uint8_t)text.data[i]];
        if (c != ' ' || (expected.len > 0 && expected.data[expected.len - 1] != ' '))
            buf_append_char(&expected, c);
    }
    if (expected.len > 0 && expected.data[expected.len - 1] == ' ')
        expected.len--;
    assert_true(normalize_text(n, text, &got));
    assert_int_equal(got.len, expected.len);
    if (got.len > 0)
        assert_memory_equal(got.data, expected.data, got.len);
}

/* Each text is an allocation of exact size, so that a sanitizer detects reads beyond it. */
static void any_ascii(const normalizer *n)
{
    for (size_t round = 0; round < 20000; round++) {
        size_t len = chance(100), spaces = 1 + chance(12);
        AUTO_FREE char *text = xcalloc(1, MAX(len, (size_t)1));
        for (size_t i = 0; i < len; i++)
            text[i] = chance(spaces) == 0 ? (char)(" .,\t\n-"[chance(6)]) : (char)chance(128);
        expect_bytewise(n, (slice){.data = text, .len = len});
    }
}

static void any_ascii_text(void **state)
{
    UNUSED(state);
    static const char *const sets[] = {NORMALIZE_DEFAULT_PUNCTUATION, "", "abcxyz@[`{019\x7f"};
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        AUTO(normalizer) n = {0};
        assert_true(normalizer_init(&n, sets[i], NULL));
        any_ascii(&n);
    }
}

/* Text around a character beyond ASCII, at each place of 16 bytes. */
static void other_characters_among_ascii(void **state)
{
    UNUSED(state);
    AUTO(normalizer) n = {0};
    assert_true(normalizer_init(&n, NORMALIZE_DEFAULT_PUNCTUATION, NULL));
    for (size_t before = 0; before < 40; before++) {
        AUTO(buf) text = BUF(1000);
        AUTO(buf) got = BUF(1000);
        AUTO(buf) expected = BUF(1000);
        for (size_t i = 0; i < before; i++)
            buf_append_char(&text, "Ab, C"[i % 5]);
        buf_append_str(&text, "\u00c4 \u2014 X. and some more text");
        for (size_t i = 0; i < before; i++)
            if (i % 5 != 3 || i + 1 == before)
                buf_append_char(&expected, "ab  c"[i % 5]);
        if (before > 0 && before % 5 == 4) /* ", " is one space */
            expected.len--;
        buf_append_str(&expected, "\u00e4 x and some more text");
        assert_true(normalize_text(&n, buf_slice(&text), &got));
        assert_string_equal(buf_str(&got), buf_str(&expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_ascii_text),
        cmocka_unit_test(other_characters_among_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
