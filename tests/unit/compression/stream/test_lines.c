/* The line sink and the line counter, in every split. */
#include "base/util.h"
#include "tests/unit/compression/support.h"

#include "compression/jsonl/linecount.h"

#define MAX_LINES 16

typedef struct collected {
    buf text; /* the lines: '|' after each with a newline, '$' after one without */
    size_t count;
} collected;

static bool collect(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(e);
    collected *c = ctx;
    assert_int_equal(number, c->count);
    c->count++;
    buf_append_slice(&c->text, text);
    return buf_append_char(&c->text, has_newline ? '|' : '$');
}

static void check_lines(slice text, const char *expected)
{
    for (size_t cut = 0; cut <= text.len; cut++) {
        err e = ERR_INIT;
        collected c = {0};
        buf_init(&c.text, 1024);
        AUTO_PTR(stage) sink = stage_lines_new(100, NULL, collect, &c);
        assert_true(feed_split(sink, text, (splitter){.cut = cut}, &e));
        assert_string_equal(buf_str(&c.text), expected);
        buf_deinit(&c.text);
    }
}

static void lines_come_one_by_one_over_any_seam(void **state)
{
    UNUSED(state);
    check_lines(SLICE_LIT(""), "");
    check_lines(SLICE_LIT("\n"), "|");
    check_lines(SLICE_LIT("one\ntwo"), "one|two$");
    check_lines(SLICE_LIT("one\r\n\n\ntwo\n"), "one\r|||two|");
    check_lines(SLICE_LIT("a long line without an end"), "a long line without an end$");
}

static void long_lines_are_refused_with_their_number(void **state)
{
    UNUSED(state);
    slice text = SLICE_LIT("12345\n123456\n");
    for (size_t cut = 0; cut <= text.len; cut++) {
        err e = ERR_INIT;
        collected c = {0};
        buf_init(&c.text, 1024);
        AUTO_PTR(stage) sink = stage_lines_new(5, "split it", collect, &c);
        assert_false(feed_split(sink, text, (splitter){.cut = cut}, &e));
        assert_string_equal(err_code_name(e.code), "LIMIT");
        assert_string_equal(e.message, "line 2 is longer than 5 bytes; split it");
        assert_string_equal(buf_str(&c.text), "12345|");
        buf_deinit(&c.text);
    }
}

static bool refuse_second(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(ctx);
    UNUSED(text);
    UNUSED(has_newline);
    return number == 0 || err_set(e, ERR_PARSE, "not this one");
}

static void a_refused_line_ends_it(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = stage_lines_new(100, NULL, refuse_second, NULL);
    assert_false(feed_split(sink, SLICE_LIT("a\nb"), WHOLE, &e)); /* reported at the end */
    assert_string_equal(e.message, "not this one");
}

static void counts_are_the_same_for_any_seam(void **state)
{
    UNUSED(state);
    slice text = SLICE_LIT("one\n\n \t\r\nlonger one\r\n \nlast  ");
    for (size_t cut = 0; cut <= text.len; cut++) {
        linecount c = {.blank = true};
        linecount_feed(&c, (slice){.data = text.data, .len = cut});
        linecount_feed(&c, (slice){.data = text.data + cut, .len = text.len - cut});
        linecount_finish(&c);
        assert_int_equal(c.lines, 6);
        assert_int_equal(c.blank_lines, 3);
        assert_int_equal(c.longest_line_bytes, 11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one_over_any_seam),
        cmocka_unit_test(long_lines_are_refused_with_their_number),
        cmocka_unit_test(a_refused_line_ends_it),
        cmocka_unit_test(counts_are_the_same_for_any_seam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
