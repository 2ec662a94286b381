/* Splitting of text by byte-pair tokenizers. Bars separate the pieces; expected pieces come from
 * the public patterns, computed with another regular-expression implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/tokenizer/bpe_split.h"

static const char *const o200k[] = {
    " the| quick| Fox",
    " isn't| WE'RE| don'T",
    " i|Phone| ABCdef| GHIjk",
    " ABC| ABC",
    " |188|9| |123|45",
    "x\u0301|ABC",
    "\u0301|ABC",
    "!\u0301x",
    "\u5b57AB\u5b57|C",
    "A\u5b57b",
    " \u01c5abc|\u01c5",
    "a|/b|//\n/|c| !/\r\n/|x",
    " | two|  | spaces|\n\n| next",
    " --| a|--|b",
    "tab|\there",
    "\u00a0nbsp",
    "don|''|s",
};

static const char *const r50k[] = {
    " the| quick| fox",
    " isn|'t| WE|'|RE| don|'t",
    " 1889| 12345",
    "a|1|b|22",
    "x|\u0301|y",
    " ...| a|...",
    " '|s",
    " two|  | spaces| \n\n| next|\t",
    "\n|\n|end|  ",
    "\u041f\u0440\u0438\u0432\u0435\u0442|,| \u043c\u0438\u0440| \u5b57\u5b57",
    "\u00a0|nbsp",
};

static const char *const cl100k[] = {
    " the| quick| fox", " don|'T|s| '|vex",
    " |188|9",          "x|\u0301y",
    " ...\r\n|a",       " | two|  | spaces|\n\n| next",
    "a| \r\n|\tb",      "\u041f\u0440|,| \u5b57AB",
    "#tag| #| |7",      "'\u017f|ame| '|lls",
};

static void expect_pieces(bpe_split *split, const char *barred)
{
    AUTO(buf) text = BUF(1000);
    AUTO(buf) got = BUF(2000);
    for (const char *p = barred; *p; p++)
        if (*p != '|')
            buf_append_char(&text, *p);
    for (size_t at = 0, end; at < text.len; at = end) {
        end = split(buf_slice(&text), at);
        assert_true(end > at && end <= text.len);
        buf_printf(&got, "%s%.*s", at > 0 ? "|" : "", (int)(end - at), text.data + at);
    }
    assert_string_equal(buf_str(&got), barred);
}

static void pieces_of_cl100k(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(cl100k); i++)
        expect_pieces(bpe_split_cl100k, cl100k[i]);
}

static void pieces_of_o200k(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(o200k); i++)
        expect_pieces(bpe_split_o200k, o200k[i]);
}

static void pieces_of_r50k(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(r50k); i++)
        expect_pieces(bpe_split_r50k, r50k[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_cl100k),
        cmocka_unit_test(pieces_of_o200k),
        cmocka_unit_test(pieces_of_r50k),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
