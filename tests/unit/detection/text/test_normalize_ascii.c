/* Normalising many bytes at a time gives the same result as byte by byte, with each instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/text/normalize.h"
#include "detection/text/unicode.h"

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

/* The instruction sets that this processor has, and none. */
static void each_loop(normalizer *n, void (*check)(const normalizer *n))
{
    for (size_t i = 0; normalize_loops[i]; i++)
        if (normalize_loops[i]->is_usable()) {
            n->tables.loop = normalize_loops[i];
            check(n);
        }
    n->tables.loop = NULL;
    check(n);
}

static void any_ascii_text(void **state)
{
    UNUSED(state);
    static const char *const sets[] = {NORMALIZE_DEFAULT_PUNCTUATION, "", "abcxyz@[`{019\x7f"};
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        AUTO(normalizer) n = {0};
        assert_true(normalizer_init(&n, sets[i], NULL));
        each_loop(&n, any_ascii);
    }
}

static bool is_cased(slice text, size_t at, bool forward)
{
    while (forward ? at < text.len : at > 0) {
        uint32_t c = forward ? utf8_next(text, &at) : utf8_previous(text, &at);
        if (!(unicode_flags(c) & UNICODE_CASE_IGNORABLE))
            return unicode_flags(c) & UNICODE_CASED;
    }
    return false;
}

static void put_one(const normalizer *n, uint32_t c, buf *out)
{
    char bytes[4];
    bool is_space = c < 128 ? n->ascii[c] == ' ' : unicode_flags(c) & UNICODE_WHITE_SPACE;
    for (size_t i = 0; i < n->other_count; i++)
        is_space = is_space || n->others[i] == c;
    if (!is_space)
        buf_append(out, bytes, utf8_put(c, bytes));
    else if (out->len > 0 && out->data[out->len - 1] != ' ')
        buf_append_char(out, ' ');
}

/* As the standard says, without tables. */
static void normalize_one_by_one(const normalizer *n, slice text, buf *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t c = utf8_next(text, &at), small = unicode_simple_lower(c);
        if (c == 0x3A3)
            small = is_cased(text, start, false) && !is_cased(text, at, true) ? 0x3C2 : 0x3C3;
        put_one(n, c == 0x130 ? 'i' : small, out);
        if (c == 0x130)
            put_one(n, 0x307, out);
    }
    if (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

/* Text around a character beyond ASCII, at each place of 64 bytes. */
static void expect_others_among_ascii(const normalizer *n)
{
    for (size_t before = 0; before < 140; before++) {
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
        assert_true(normalize_text(n, buf_slice(&text), &got));
        assert_string_equal(buf_str(&got), buf_str(&expected));
    }
}

static void other_characters_among_ascii(void **state)
{
    UNUSED(state);
    AUTO(normalizer) n = {0};
    assert_true(normalizer_init(&n, NORMALIZE_DEFAULT_PUNCTUATION, NULL));
    each_loop(&n, expect_others_among_ascii);
}

/* Lower-casing that depends on neighbours, that changes lengths, and spaces of all kinds. */
static void expect_any_characters(const normalizer *n)
{
    static const uint32_t chosen[] = {0x130,  0x3A3,  0x3C2,  0x23A,  0x1E9E, 0x212A,  0x2014,
                                      0x201C, 0xA0,   0x2003, 0x3000, 0x85,   0x10400, 0x1F600,
                                      0xFB01, 0x4E00, 0x416,  0xDF,   'A',    ' ',     '.',
                                      'z',    0x7FF,  0x800,  0xFFFD, 0x10A0};
    for (size_t round = 0; round < 3000; round++) {
        AUTO(buf) text = BUF(1000);
        AUTO(buf) got = BUF(10000);
        AUTO(buf) expected = BUF(10000);
        for (size_t count = chance(60); count > 0; count--) {
            char bytes[4];
            uint32_t any = 1 + (uint32_t)chance(0xD7FF);
            uint32_t c = chance(3) > 0 ? chosen[chance(ARRAY_LEN(chosen))] : any;
            buf_append(&text, bytes, utf8_put(c, bytes));
        }
        normalize_one_by_one(n, buf_slice(&text), &expected);
        assert_true(normalize_text(n, buf_slice(&text), &got));
        assert_string_equal(buf_str(&got), buf_str(&expected));
    }
}

static void any_characters(void **state)
{
    UNUSED(state);
    static const char *const sets[] = {NORMALIZE_DEFAULT_PUNCTUATION, "\u4e00\u0436.", ""};
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        AUTO(normalizer) n = {0};
        assert_true(normalizer_init(&n, sets[i], NULL));
        each_loop(&n, expect_any_characters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_ascii_text),
        cmocka_unit_test(other_characters_among_ascii),
        cmocka_unit_test(any_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
