/* Parsing of marked text. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/review/review_marks.h"

/* The parts as one line: a letter for each kind, and its text in braces. */
static char *split(const char *text, const char *question)
{
    mark_part parts[MARK_PARTS_MAX];
    buf out;
    buf_init(&out, 1 << 20);
    size_t count = review_marks_split(slice_from(text), slice_from(question), parts);
    assert_true(count <= MARK_PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_append_char(&out, ".pqa"[parts[i].kind]);
        buf_append_char(&out, '{');
        buf_append_slice(&out, parts[i].text);
        buf_append_char(&out, '}');
    }
    return buf_give(&out);
}

static void expect(const char *text, const char *question, const char *want)
{
    AUTO_FREE char *got = split(text, question);
    assert_string_equal(got ? got : "", want);
}

static void the_usual_forms(void **state)
{
    UNUSED(state);
    expect("...  before【 the question】 so⟦ yes⟧  behind ...", "the question",
           ".{...  before}q{ the question}.{ so}a{ yes}.{  behind ...}");
    expect("⟨ passage⟩【 q】", "q", "p{ passage}q{ q}");
    expect("x⟨ passage⟩ y【 q】⟦ a⟧⟦ b⟧", "q", ".{x}p{ passage}.{ y}q{ q}a{ a}a{ b}");
    expect("【q】", "q", "q{q}");
}

static void text_without_a_question(void **state)
{
    UNUSED(state);
    expect("plain ⟦ text⟧", "q", ".{plain ⟦ text⟧}");
    expect("【 never closed", "q", ".{【 never closed}");
    expect("", "q", "");
}

static void brackets_of_the_document(void **state)
{
    UNUSED(state);
    /* The pair whose content has the length of the question is the question. */
    expect("a 【b】 c【 who was the first of them】⟦ me⟧ d", "who was the first of them",
           ".{a 【b】 c}q{ who was the first of them}a{ me}.{ d}");
    expect("【 who was the first】 a 【b】 c", "who was the first",
           "q{ who was the first}.{ a 【b】 c}");
    /* An opening one alone, before the question. */
    expect("a 【 b【 who was】", "who was", ".{a 【 b}q{ who was}");
    /* The last passage before it counts; answers count only after it. */
    expect("⟨x⟩ a ⟦z⟧ ⟨y⟩【 q】⟦ a", "q", ".{⟨x⟩ a ⟦z⟧ }p{y}q{ q}.{⟦ a}");
}

static void many_answers_have_a_limit(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(1 << 20);
    mark_part parts[MARK_PARTS_MAX];
    buf_append_str(&text, "【q】");
    for (int i = 0; i < 1000; i++)
        buf_append_str(&text, "x⟦a⟧");
    size_t count = review_marks_split(buf_slice(&text), SLICE_LIT("q"), parts);
    assert_in_range(count, MARK_PARTS_MAX - 3, MARK_PARTS_MAX);
    /* The last part extends to the end of the text. */
    assert_ptr_equal(parts[count - 1].text.data + parts[count - 1].text.len, text.data + text.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_forms),
        cmocka_unit_test(text_without_a_question),
        cmocka_unit_test(brackets_of_the_document),
        cmocka_unit_test(many_answers_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
