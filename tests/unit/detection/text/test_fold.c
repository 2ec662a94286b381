/* The folding of extended normalisation. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/text/fold.h"
#include "detection/text/normalize.h"

static void expect_folded(const char *text, const char *want)
{
    AUTO(buf) out = BUF(1 << 16);
    fold_text(slice_from(text), &out);
    assert_string_equal(buf_str(&out), want);
}

/* The text as compared by the detection. */
static void expect_equal(const char *a, const char *b)
{
    AUTO(normalizer) n = {0};
    AUTO(buf) left = BUF(1 << 16);
    AUTO(buf) right = BUF(1 << 16);
    assert_true(normalizer_init(&n, NORMALIZE_DEFAULT_PUNCTUATION, NULL));
    n.extended = true;
    assert_true(normalize_text(&n, slice_from(a), &left));
    assert_true(normalize_text(&n, slice_from(b), &right));
    assert_string_equal(buf_str(&left), buf_str(&right));
}

static void plain_text_stays(void **state)
{
    UNUSED(state);
    assert_false(fold_is_needed(SLICE_LIT("Plain text, 1 > 0.")));
    assert_true(fold_is_needed(SLICE_LIT("a < b")));
    assert_true(fold_is_needed(SLICE_LIT("R&D")));
    assert_true(fold_is_needed(SLICE_LIT("caf\xC3\xA9")));
    expect_folded("", "");
    expect_folded("a < b and c > d; x<3, AT&T, 5 <= 6 &c; & more",
                  "a < b and c > d; x<3, AT&T, 5 <= 6 &c; & more");
    expect_folded("naïve café 中文 한국어 \xF0\x9F\x98\x80",
                  "naïve café 中文 한국어 \xF0\x9F\x98\x80");
}

static void normal_form_kc(void **state)
{
    UNUSED(state);
    expect_folded("cafe\xCC\x81", "café");
    expect_folded("Ｆｕｌｌ　ｗｉｄｔｈ　１２３！", "Full width 123!");
    expect_folded("ﬁne ½ ① ™ ㎏ …", "fine 1\xE2\x81\x84"
                                    "2 1 TM kg ...");
    expect_folded("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "한");
    /* Marks in any order give the same letter: dot below and circumflex. */
    expect_folded("o\xCC\xA3\xCC\x82", "ộ");
    expect_folded("o\xCC\x82\xCC\xA3", "ộ");
    expect_folded("\xC3\xB4\xCC\xA3", "ộ");
    expect_folded("\xE0\xAF\x86\xE0\xAE\xBE", "\xE0\xAF\x8A"); /* a vowel sign of Tamil */
    expect_folded("\xCC\x81x", "\xCC\x81x");
    expect_folded("\xE2\x84\xA6", "Ω"); /* the ohm sign */
}

static void invisible_signs_and_dashes(void **state)
{
    UNUSED(state);
    expect_folded("in\xC2\xADvis\xE2\x80\x8Bible\xEF\xBB\xBF \xE2\x80\xAEtext", "invisible text");
    expect_folded("a–b—c−d‐e", "a-b-c-d-e");
    expect_folded("„a” «b» ‘c’", "\"a\" \"b\" 'c'");
}

static void html_is_resolved(void **state)
{
    UNUSED(state);
    expect_folded("<p>One</p><p>t<b>w</b>o</p>", " One  two ");
    expect_folded("a<br/>b<!-- <i>no</i> -->c<a href=\"x>y\">d", "a b cy\">d");
    expect_folded("&lt;b&gt; R&amp;D &#233;&#xe9; &nbsp;&mdash; &unknown; &#0; &#xD800;",
                  "<b> R&D éé  - &unknown; &#0; &#xD800;");
    expect_folded("<not a tag", "<not a tag");
    expect_folded("List<int> x<y", "List  x<y");
    expect_folded("e&#769;", "é"); /* an entity composes with what is before it */
}

static void copies_become_equal(void **state)
{
    UNUSED(state);
    expect_equal("<p>What&#39;s <em>this</em>?</p>", "What's this?");
    expect_equal("ＷＨＡＴ is\xE2\x80\x8B this", "what is this");
    expect_equal("co\xC2\xADop\xC2\xAD"
                 "erate",
                 "cooperate");
    expect_equal("1 – 2", "1 - 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),           cmocka_unit_test(normal_form_kc),
        cmocka_unit_test(invisible_signs_and_dashes), cmocka_unit_test(html_is_resolved),
        cmocka_unit_test(copies_become_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
