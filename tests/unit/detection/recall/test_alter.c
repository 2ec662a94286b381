/* The kinds of altered copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/recall/alter.h"

static const alter_input whole = {
    .question = {.data = "Why is the café \"open\" & lit?", .len = 30},
    .answer = {.data = "It's late.", .len = 10},
    .passage = {.data = "A passage.", .len = 10}};

static char *altered(alter_kind kind, const alter_input *in, bool *changed)
{
    AUTO(buf) out = BUF(4096);
    carrier c = carrier_new(7);
    *changed = alter_record(kind, in, &c, &out);
    return xstrdup(buf_str(&out));
}

static void expect(alter_kind kind, const char *want)
{
    bool changed;
    AUTO_FREE char *text = altered(kind, &whole, &changed);
    assert_true(changed);
    assert_string_equal(text, want);
}

static void characters_are_changed(void **state)
{
    UNUSED(state);
    expect(ALTER_VERBATIM, "A passage.\nWhy is the café \"open\" & lit?\nIt's late.");
    expect(ALTER_CASE, "A PASSAGE.\nWHY IS THE CAFé \"OPEN\" & LIT?\nIT'S LATE.");
    expect(ALTER_PUNCTUATION,
           " (A), passage.\n (Why), is the café  (\"open\"), & lit?\n (It's), late.");
    expect(ALTER_HTML, "<b>A</b> passage.\n<b>Why</b> is the café &quot;open&quot; &amp; lit?\n"
                       "<b>It&#39;s</b> late.");
    expect(ALTER_DECOMPOSED, "A passage.\nWhy is the cafe\xCC\x81 \"open\" & lit?\nIt's late.");
    expect(ALTER_ZERO_WIDTH, "A passage.\nW\xE2\x80\x8Bhy is the café \"open\" & li\xE2\x80\x8Bt?\n"
                             "It\xE2\x80\x8B's late.");
    expect(ALTER_SOFT_HYPHEN,
           "A passage.\nW\xC2\xADhy is the café \"open\" & li\xC2\xADt?\nIt\xC2\xAD's late.");
}

static void full_width_letters_and_digits(void **state)
{
    UNUSED(state);
    const alter_input in = {.question = SLICE_LIT("Az 9~")};
    bool changed;
    AUTO_FREE char *text = altered(ALTER_FULL_WIDTH, &in, &changed);
    assert_string_equal(text, "Ａｚ ９～");
}

static size_t words_that_differ(const char *a, const char *b)
{
    size_t count = 0;
    while (*a && *b) {
        size_t left = strcspn(a, " \n"), right = strcspn(b, " \n");
        count += left != right || memcmp(a, b, left) != 0;
        a += left + (a[left] != '\0');
        b += right + (b[right] != '\0');
    }
    return *a || *b ? 1000 : count;
}

static void words_are_replaced(void **state)
{
    UNUSED(state);
    bool changed;
    AUTO_FREE char *plain = altered(ALTER_VERBATIM, &whole, &changed);
    for (alter_kind kind = ALTER_EDIT_1; kind <= ALTER_EDIT_4; kind++) {
        AUTO_FREE char *text = altered(kind, &whole, &changed);
        assert_true(changed);
        assert_int_equal(words_that_differ(plain, text), 1 + (int)(kind - ALTER_EDIT_1));
    }
    const alter_input ten = {.question = SLICE_LIT("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")};
    AUTO_FREE char *text = altered(ALTER_EDIT_TENTH, &ten, &changed);
    assert_int_equal(words_that_differ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", text), 2);
}

static void parts_are_omitted_or_moved(void **state)
{
    UNUSED(state);
    bool changed;
    expect(ALTER_TRUNCATED, "Why is the café \"open\"");
    expect(ALTER_QUESTION_ONLY, "Why is the café \"open\" & lit?");
    AUTO_FREE char *text = altered(ALTER_DISTANT_ANSWER, &whole, &changed);
    assert_true(str_starts_with(text, "A passage.\nWhy is the café \"open\" & lit? "));
    assert_true(str_ends_with(text, ". It's late."));
}

static void a_kind_that_changes_nothing_does_not_count(void **state)
{
    UNUSED(state);
    const alter_input in = {.question = SLICE_LIT("42")};
    static const alter_kind kinds[] = {ALTER_CASE,      ALTER_DECOMPOSED,    ALTER_EDIT_1,
                                       ALTER_TRUNCATED, ALTER_QUESTION_ONLY, ALTER_DISTANT_ANSWER,
                                       ALTER_EDIT_TENTH};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool changed;
        AUTO_FREE char *text = altered(kinds[i], &in, &changed);
        if (changed)
            fail_msg("%s: %s", alter_name(kinds[i]), text);
    }
}

static void carriers_repeat_for_their_seed(void **state)
{
    UNUSED(state);
    AUTO(buf) a = BUF(4096);
    AUTO(buf) b = BUF(4096);
    AUTO(buf) other = BUF(4096);
    carrier first = carrier_new(1), second = carrier_new(1), third = carrier_new(2);
    carrier_put(&first, 50, &a);
    carrier_put(&second, 50, &b);
    carrier_put(&third, 50, &other);
    assert_string_equal(buf_str(&a), buf_str(&b));
    assert_string_not_equal(buf_str(&a), buf_str(&other));
    /* On every machine. */
    carrier c = carrier_new(1);
    AUTO(buf) few = BUF(100);
    carrier_put(&c, 3, &few);
    assert_string_equal(buf_str(&few), "Jacket lantern twelve.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_changed),
        cmocka_unit_test(full_width_letters_and_digits),
        cmocka_unit_test(words_are_replaced),
        cmocka_unit_test(parts_are_omitted_or_moved),
        cmocka_unit_test(a_kind_that_changes_nothing_does_not_count),
        cmocka_unit_test(carriers_repeat_for_their_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
