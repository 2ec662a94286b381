/* The matches of one training file: copies, places, and what changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/rejudge/file_lines.h"

enum { REPORT, NEAR };

/* A match at a place of a line: `start` is the start of the question. */
static void add(file_lines *f, uint64_t line, uint64_t start, int origin, bool counts)
{
    static uint64_t offset;
    AUTO_FREE char *text = xasprintf("%d %d %d", (int)line, (int)start, origin);
    char eval[] = "quiz";
    review_line l = {.training_line = line, .eval = eval, .question_start = start};
    file_lines_add(f, &l, slice_from(text), offset++, origin == NEAR, counts);
}

static void add_copy(file_lines *f, uint64_t line, uint64_t start, int origin, bool counts)
{
    char eval[] = "quiz";
    review_line l = {.training_line = line, .eval = eval, .question_start = start};
    file_lines_add(f, &l, SLICE_LIT("the same text"), 1000 + (uint64_t)origin, origin == NEAR,
                   counts);
}

static void lines_that_are_added_and_removed(void **state)
{
    UNUSED(state);
    AUTO(file_lines) f = {0};
    add(&f, 7, 1, REPORT, true);
    add(&f, 3, 1, REPORT, false); /* the only match of its line */
    add(&f, 5, 1, REPORT, false); /* the line keeps another */
    add(&f, 5, 9, REPORT, true);
    add(&f, 9, 1, NEAR, true); /* a new line */
    add(&f, 7, 9, NEAR, true); /* a line that was already contaminated */
    add(&f, 8, 1, NEAR, false);
    file_change c = file_lines_judge(&f);
    assert_true(c.moves);
    assert_int_equal(c.lines_added, 1);
    assert_int_equal(c.lines_removed, 1);
    assert_int_equal(c.lines_before, 3);
    assert_int_equal(c.lines, 3);
    assert_int_equal(c.matches_before, 4);
    assert_int_equal(c.matches, 4);
    for (size_t i = 1; i < f.count; i++)
        assert_true(f.lines[i - 1].training_line <= f.lines[i].training_line);
}

static void nothing_moves(void **state)
{
    UNUSED(state);
    AUTO(file_lines) f = {0};
    add(&f, 7, 1, REPORT, true);
    add(&f, 8, 1, NEAR, false);
    file_change c = file_lines_judge(&f);
    assert_false(c.moves);
    assert_int_equal(c.lines_added + c.lines_removed, 0);
}

/* The detection reports one match per question and place. */
static void a_place_counts_once(void **state)
{
    UNUSED(state);
    AUTO(file_lines) f = {0};
    add(&f, 7, 1, NEAR, true);
    add(&f, 7, 1, REPORT, true);
    add(&f, 7, 2, NEAR, true);
    add(&f, 7, 2, NEAR, true);
    file_change c = file_lines_judge(&f);
    assert_int_equal(c.matches, 2);
    assert_int_equal(f.count, 4); /* all are kept */
    assert_false(f.lines[0].is_near);
    assert_true(f.lines[0].counts);
}

/* As left by an interrupted run. */
static void a_copy_in_both_files_is_one_match(void **state)
{
    UNUSED(state);
    AUTO(file_lines) f = {0};
    add_copy(&f, 7, 1, NEAR, false);
    add_copy(&f, 7, 1, REPORT, false);
    add(&f, 7, 1, NEAR, false); /* another text of the same place */
    file_change c = file_lines_judge(&f);
    assert_int_equal(f.count, 2);
    assert_false(f.lines[0].is_near);
    assert_true(f.lines[1].is_near);
    assert_int_equal(c.lines_removed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_are_added_and_removed),
        cmocka_unit_test(nothing_moves),
        cmocka_unit_test(a_place_counts_once),
        cmocka_unit_test(a_copy_in_both_files_is_one_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
