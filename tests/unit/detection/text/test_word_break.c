/* Word boundaries: bars mark the cuts. Each line tests a rule (word_break.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/tokenizer/tokenizer.h"
#include "detection/text/word_break.h"

static const char *const cases[] = {"the| |cat",
                                    "\r\n|\n|\v|a",
                                    " |\t|\x01",
                                    "a\u0308b| \u0308|c",
                                    "can't| |o'clock's|'",
                                    "a:b|:|:|c",
                                    "a.b|.",
                                    "3.14|,|x",
                                    "3,5|,| |7",
                                    "a1b2| |3a",
                                    "3|:|4",
                                    "\u05d0'\u05d0\"\u05d0|\"",
                                    "\u30ab\u30bf|\u3042|\u3042",
                                    "a_b|-|c_1_",
                                    "\U0001F1E6\U0001F1E7|\U0001F1E8\U0001F1E9|\U0001F1EA",
                                    "\U0001F469\u200D\U0001F467|\U0001F469",
                                    "a|   |b",
                                    "a|\u3000|b",
                                    "\u5b57|\u5b57|a\u00ad\u0301b",
                                    "a'\u0308b|'\u0308|1",
                                    "caf\u00e9|!"};

static void expect_cuts(const char *barred)
{
    AUTO(buf) text = BUF(1000);
    AUTO(buf) got = BUF(2000);
    for (const char *p = barred; *p; p++)
        if (*p != '|')
            buf_append_char(&text, *p);
    for (size_t at = 0, end; at < text.len; at = end) {
        end = word_break_end(buf_slice(&text), at);
        assert_true(end > at && end <= text.len);
        buf_printf(&got, "%s%.*s", at > 0 ? "|" : "", (int)(end - at), text.data + at);
    }
    assert_string_equal(buf_str(&got), barred);
}

static void text_is_cut_at_the_boundaries(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_cuts(cases[i]);
}

/* Spaces are tokens too, including one before the text. */
static void every_segment_is_a_token(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO(buf) text = BUF(100);
    AUTO(token_list) l = {0};
    AUTO_PTR(tokenizer) t = tokenizer_new("uniseg", NULL, &e);
    buf_append_str(&text, "the cat the");
    tokenizer_lead_in(t, &text);
    tokenizer_learn(t, buf_slice(&text), &l);
    static const uint32_t expected[] = {0, 1, 0, 2, 0, 1};
    assert_int_equal(l.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < l.count; i++) {
        assert_int_equal(l.ids[i], expected[i]);
        assert_int_equal(l.ends[i], i + 1 < l.count ? token_list_start(&l, i + 1) : text.len);
    }
    assert_int_equal(tokenizer_count_filled(t, buf_slice(&text)), 6);
    tokenizer_encode(t, SLICE_LIT(" a cat"), &l);
    assert_int_equal(l.ids[1], TOKEN_UNKNOWN);
    assert_int_equal(l.ids[3], 2);
    assert_false(tokenizer_shows_text(t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_at_the_boundaries),
        cmocka_unit_test(every_segment_is_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
