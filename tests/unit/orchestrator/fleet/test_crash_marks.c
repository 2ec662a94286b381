/* orchestrator/fleet/crash_marks: names of marks, and their effect on a plan. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/crash_marks.h"

#define PREFIX "rep/"

static void add_mark(crash_marks *m, const char *key, const char *etag, unsigned times)
{
    AUTO_FREE char *object = crash_mark_key(PREFIX, key, etag, times);
    crash_marks_add(m, object + strlen(PREFIX));
}

static void the_highest_number_of_a_version_counts(void **state)
{
    UNUSED(state);
    crash_marks m = {0};
    add_mark(&m, "data/b", "\"1\"", 1);
    add_mark(&m, "data/a", "\"1\"", 2);
    add_mark(&m, "data/a", "\"1\"", 1);
    add_mark(&m, "data/c", "\"1\"", 3);
    crash_marks_sort(&m);
    assert_int_equal(m.count, 3);
    assert_int_equal(crash_marks_times(&m, "data/a", "\"1\""), 2);
    assert_int_equal(crash_marks_times(&m, "data/b", "\"1\""), 1);
    assert_int_equal(crash_marks_times(&m, "data/c", "\"1\""), 3);
    crash_marks_deinit(&m);
}

static void another_version_has_no_marks(void **state)
{
    UNUSED(state);
    crash_marks m = {0};
    assert_int_equal(crash_marks_times(&m, "data/a", "\"1\""), 0);
    add_mark(&m, "data/a", "\"1\"", 2);
    crash_marks_sort(&m);
    assert_int_equal(crash_marks_times(&m, "data/a", "\"2\""), 0);
    assert_int_equal(crash_marks_times(&m, "data/aa", "\"1\""), 0);
    crash_marks_deinit(&m);
}

static void other_objects_are_no_marks(void **state)
{
    UNUSED(state);
    static const char *const names[] = {
        "_decon/crashes/",
        "_decon/crashes/short-1.json",
        "_decon/crashes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-0.json",
        "_decon/crashes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-10.json",
        "_decon/crashes/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef-1.json",
        "_decon/crashes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-1.jsonl",
        "_decon/crashes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "crashes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-1.json"};
    crash_marks m = {0};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        crash_marks_add(&m, names[i]);
    assert_int_equal(m.count, 0);
    crash_marks_deinit(&m);
}

static void a_number_has_one_digit(void **state)
{
    UNUSED(state);
    AUTO_FREE char *key = crash_mark_key(PREFIX, "data/a", "", 12);
    assert_true(str_starts_with(key, "rep/_decon/crashes/"));
    assert_true(str_ends_with(key, "-9.json"));
}

static void the_text_names_file_and_cause(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(4096);
    crash_mark_write(&(crash_mark_facts){.key = "data/\"a\"",
                                         .etag = "\"1\"",
                                         .size_bytes = 7,
                                         .message = "signal 11",
                                         .host = "h",
                                         .time_s = 1},
                     &text);
    assert_string_equal(
        buf_str(&text),
        "{\"etag\":\"\\\"1\\\"\",\"format\":1,\"host\":\"h\",\"key\":\"data/\\\"a\\\"\","
        "\"message\":\"signal 11\",\"size\":7,\"time\":\"1970-01-01T00:00:01Z\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_number_of_a_version_counts),
        cmocka_unit_test(another_version_has_no_marks),
        cmocka_unit_test(other_objects_are_no_marks),
        cmocka_unit_test(a_number_has_one_digit),
        cmocka_unit_test(the_text_names_file_and_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
