/* The check of UTF-8 finds the first invalid byte, at any position in any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/utf8.h"

static uint64_t seed = 20031110;

static size_t chance(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

/* RFC 3629, section 4, row by row; 0: no row fits. */
static size_t row_len(const uint8_t *p, size_t left)
{
    static const uint8_t rows[][5] = {
        /* length, first byte from, to, second byte from, to */
        {1, 0x00, 0x7F, 0x00, 0xFF}, {2, 0xC2, 0xDF, 0x80, 0xBF}, {3, 0xE0, 0xE0, 0xA0, 0xBF},
        {3, 0xE1, 0xEC, 0x80, 0xBF}, {3, 0xED, 0xED, 0x80, 0x9F}, {3, 0xEE, 0xEF, 0x80, 0xBF},
        {4, 0xF0, 0xF0, 0x90, 0xBF}, {4, 0xF1, 0xF3, 0x80, 0xBF}, {4, 0xF4, 0xF4, 0x80, 0x8F}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const uint8_t *r = rows[i];
        if (p[0] < r[1] || p[0] > r[2])
            continue;
        bool fits = r[0] <= left && (r[0] == 1 || (p[1] >= r[3] && p[1] <= r[4]));
        for (size_t k = 2; fits && k < r[0]; k++)
            fits = (p[k] & 0xC0) == 0x80;
        return fits ? r[0] : 0;
    }
    return 0;
}

/* The text is an allocation of exact size, so that a sanitizer detects reads beyond it. */
static void expect_checked(const uint8_t *bytes, size_t len)
{
    AUTO_FREE uint8_t *copy = xcalloc(1, MAX(len, (size_t)1));
    size_t at = 0;
    memcpy(copy, bytes, len);
    for (size_t more; at < len && (more = row_len(copy + at, len - at)) > 0;)
        at += more;
    assert_int_equal(utf8_check((slice){.data = (const char *)copy, .len = len}), at);
}

/* Every first and second byte, with third and fourth bytes around the bounds, at the end of a text and within. */
static void every_sequence_of_two_bytes(void **state)
{
    UNUSED(state);
    static const uint8_t others[] = {'a', 0x7F, 0x80, 0xBF, 0xC0, 0xE3};
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            for (size_t k = 0; k < ARRAY_LEN(others) * ARRAY_LEN(others); k++) {
                uint8_t bytes[12] = {(uint8_t)first,
                                     (uint8_t)second,
                                     others[k / ARRAY_LEN(others)],
                                     others[k % ARRAY_LEN(others)],
                                     'x',
                                     'y',
                                     'z',
                                     'x',
                                     'y',
                                     'z',
                                     'x',
                                     'y'};
                expect_checked(bytes, 2 + k % 3);
                expect_checked(bytes, sizeof bytes);
            }
}

static void any_text_with_a_wrong_byte(void **state)
{
    UNUSED(state);
    static const char *const parts[] = {"a",      "the quick brown fox jumps over",
                                        "\u00fc", "\u0436\u0434",
                                        " ",      "\u3042\u3044\u3046",
                                        "\u6f22", "\U0001F600",
                                        "\uD7FF", "\uFFFF",
                                        "\u0800", "\xC2\x80"};
    for (size_t round = 0; round < 20000; round++) {
        AUTO(buf) text = BUF(4096);
        for (size_t count = chance(30); count > 0; count--)
            buf_append_str(&text, parts[chance(ARRAY_LEN(parts))]);
        expect_checked((const uint8_t *)buf_str(&text), text.len);
        if (text.len == 0)
            continue;
        text.data[chance(text.len)] = (char)chance(256);
        expect_checked((const uint8_t *)text.data, text.len);
        expect_checked((const uint8_t *)text.data, chance(text.len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_two_bytes),
        cmocka_unit_test(any_text_with_a_wrong_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
