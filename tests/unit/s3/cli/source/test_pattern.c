/* Patterns of keys, and the filters of --include and --exclude. */
#include "base/util.h"
#include "s3/cli/source/pattern.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "s3/cli/commands/command_line.h"

static void patterns_fit_or_not(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool brackets, fits;
    } rows[] = {
        {"", "", false, true},
        {"", "a", false, false},
        {"a", "a", false, true},
        {"a", "ab", false, false},
        {"ab", "a", false, false},
        {"*", "", false, true},
        {"*", "any/thing", false, true},
        {"p*.gz", "p/x/y.gz", false, true},
        {"p*.gz", "p/x/y.gz.1", false, false},
        {"*.gz*", "a.gz.b.gz", false, true},
        {"*a*b*c", "xxaxxbxxbxc", false, true},
        {"*a*b*c", "xxbxxaxxc", false, false},
        {"?", "a", false, true},
        {"?", "", false, false},
        {"?x", "\xc3\xa9x", false, true}, /* one character of two bytes */
        {"??x", "\xc3\xa9x", false, false},
        {"[ab]", "a", true, true},
        {"[ab]", "c", true, false},
        {"[a-c]z", "bz", true, true},
        {"[!a-c]z", "bz", true, false},
        {"[!a-c]z", "dz", true, true},
        {"[]]", "]", true, true},
        {"[a", "[a", true, true}, /* no closing bracket */
        {"[ab]", "[ab]", false, true},
        {"*[0-9].txt", "part-07.txt", true, true},
        {"a**b", "ab", false, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (pattern_match(rows[i].pattern, rows[i].text, rows[i].brackets) != rows[i].fits)
            fail_msg("'%s' against '%s'", rows[i].pattern, rows[i].text);
}

/* Any number of stars: the time is at most proportional to pattern times text. */
static void many_stars_take_polynomial_time(void **state)
{
    char text[4001], pattern[201];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    assert_false(pattern_match(pattern, text, false));
}

static void the_text_before_the_first_wildcard(void **state)
{
    (void)state;
    assert_int_equal(pattern_literal_length("a/b*c?"), 3);
    assert_int_equal(pattern_literal_length("?"), 0);
    assert_int_equal(pattern_literal_length("plain"), 5);
}

/* The filter borrows its patterns from the arguments: they are kept until the next call. */
static bool open_filter(filter *f, const char *flags, const char *file, err *e)
{
    static line_words words;
    line_words_free(&words);
    assert_true(line_split(flags, &words, e));
    cli c = {.flags = words.words, .flag_count = words.count, .as_s5cmd = file != NULL};
    return filter_init(f, &c, e);
}

static void the_last_one_that_fits_decides(void **state)
{
    filter f;
    err e = ERR_INIT;
    (void)state;
    assert_true(open_filter(
        &f, "--exclude '*' -r --include *.gz --exclude=tmp/* --include tmp/keep.gz", NULL, &e));
    assert_int_equal(f.count, 4);
    assert_true(filter_passes(&f, "a/b.gz"));
    assert_false(filter_passes(&f, "a/b.txt"));
    assert_false(filter_passes(&f, "tmp/b.gz"));
    assert_true(filter_passes(&f, "tmp/keep.gz"));
}

static void at_first_everything_is_included(void **state)
{
    filter f;
    err e = ERR_INIT;
    (void)state;
    assert_true(open_filter(&f, "", NULL, &e));
    assert_true(filter_passes(&f, "a"));
    assert_true(open_filter(&f, "--exclude *.tmp", NULL, &e));
    assert_true(filter_passes(&f, "a"));
    assert_false(filter_passes(&f, "b/a.tmp"));
}

static void an_include_that_changes_nothing_is_refused(void **state)
{
    filter f;
    err e = ERR_INIT;
    (void)state;
    assert_false(open_filter(&f, "--include *.gz", NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.message, "--exclude '*' --include '*.gz'"));
}

/* As in s5cmd. */
static void in_a_command_file_includes_mean_these_only(void **state)
{
    filter f;
    err e = ERR_INIT;
    (void)state;
    assert_true(open_filter(&f, "--include *.gz --include *.xz --exclude a*", "commands", &e));
    assert_true(filter_passes(&f, "b.gz"));
    assert_true(filter_passes(&f, "b.xz"));
    assert_false(filter_passes(&f, "b.txt"));
    assert_false(filter_passes(&f, "a.gz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_fit_or_not),
        cmocka_unit_test(many_stars_take_polynomial_time),
        cmocka_unit_test(the_text_before_the_first_wildcard),
        cmocka_unit_test(the_last_one_that_fits_decides),
        cmocka_unit_test(at_first_everything_is_included),
        cmocka_unit_test(an_include_that_changes_nothing_is_refused),
        cmocka_unit_test(in_a_command_file_includes_mean_these_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
