/* orchestrator/transfer/result_report: distinct lines of a report, and those of each set. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/transfer/result_report.h"

static bool read_text(void *ctx, stage *sink, err *e)
{
    return stage_feed(sink, slice_from(ctx), e) && stage_finish(sink, e);
}

static bool read_report(char *text, uint64_t input_lines, reported_lines *out, err *e)
{
    const text_reader reader = {read_text, text};
    return result_report_read(&reader, "r", input_lines, out, e);
}

static void expect_sets(const reported_lines *r, const char *expected)
{
    AUTO(buf) text = BUF(1 << 20);
    set_counts_write(&r->sets, &text);
    assert_string_equal(buf_str(&text), expected);
}

static void lines_count_once_for_each_set_that_they_match(void **state)
{
    UNUSED(state);
    static char text[] = "{\"training_line\":7,\"eval_key\":\"mmlu\"}\n"
                         "{\"training_line\":2,\"eval_key\":\"mmlu\",\"eval_dataset\":\"other\"}\n"
                         "{\"training_line\":7,\"eval_key\":\"gsm8k\"}\n"
                         "{\"training_line\":7,\"eval_key\":\"mmlu\"}\n"
                         "{\"training_line\":0,\"eval_dataset\":\"arc\"}\n"
                         "{\"training_line\":1}\n"
                         "{\"training_line\":1,\"eval_key\":5}\n"
                         "{\"eval_key\":\"m\\u006dlu\",\"training_line\":2}\n";
    AUTO(reported_lines) r = {0};
    err e = ERR_INIT;
    assert_true(read_report(text, 8, &r, &e));
    static const uint64_t numbers[] = {0, 1, 2, 7};
    assert_int_equal(r.count, ARRAY_LEN(numbers));
    assert_memory_equal(r.numbers, numbers, sizeof numbers);
    expect_sets(&r, "{\"arc\":1,\"gsm8k\":1,\"mmlu\":2,\"unknown\":1}");
}

/* A report may name any number of sets. */
static void very_many_sets_share_one_number(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(1 << 20);
    for (unsigned i = 0; i < 5000; i++)
        buf_printf(&text, "{\"training_line\":%u,\"eval_key\":\"s%u\"}\n", i, i);
    AUTO(reported_lines) r = {0};
    err e = ERR_INIT;
    assert_true(read_report(text.data, 5000, &r, &e));
    assert_int_equal(r.count, 5000);
    uint64_t sum = 0;
    for (size_t i = 0; i < r.sets.count; i++)
        sum += r.sets.sets[i].lines;
    assert_int_equal(sum, 5000);
    assert_int_equal(r.sets.count, SET_COUNTS_MAX);
}

static void names_are_cut_at_a_character(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(1 << 20);
    buf_append_str(&text, "{\"training_line\":0,\"eval_key\":\"");
    for (unsigned i = 0; i < 1023; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, "\xc3\xa9\"}\n{\"training_line\":1,\"eval_key\":\"a\\u0000b\"}\n");
    AUTO(reported_lines) r = {0};
    err e = ERR_INIT;
    assert_true(read_report(text.data, 2, &r, &e));
    assert_int_equal(r.sets.count, 2);
    assert_string_equal(r.sets.sets[0].name, "a");
    assert_int_equal(strlen(r.sets.sets[1].name), 1023);
}

static void a_line_beyond_the_input_is_refused(void **state)
{
    UNUSED(state);
    AUTO(reported_lines) r = {0};
    err e = ERR_INIT;
    static char text[] = "{\"training_line\":8,\"eval_key\":\"mmlu\"}\n";
    assert_false(read_report(text, 8, &r, &e));
    assert_int_equal(e.code, ERR_RESULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_count_once_for_each_set_that_they_match),
        cmocka_unit_test(very_many_sets_share_one_number),
        cmocka_unit_test(names_are_cut_at_a_character),
        cmocka_unit_test(a_line_beyond_the_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
