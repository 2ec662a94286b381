/* CSV rows as JSON objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/convert/csv.h"

static bool add_row(void *ctx, slice object, uint64_t line, err *e)
{
    UNUSED(e);
    buf_printf(ctx, "%d ", (int)line);
    buf_append_slice(ctx, object);
    buf_append_char(ctx, '\n');
    return true;
}

static void expect_rows(const char *text, const char *want)
{
    AUTO(buf) rows = BUF(1 << 16);
    err e = ERR_INIT;
    if (!csv_each_row(slice_from(text), add_row, &rows, &e))
        fail_msg("%s: %s", text, e.message);
    assert_string_equal(buf_str(&rows), want);
}

static void expect_fault(const char *text, const char *want)
{
    AUTO(buf) rows = BUF(1 << 16);
    err e = ERR_INIT;
    if (csv_each_row(slice_from(text), add_row, &rows, &e))
        fail_msg("accepted: %s", text);
    if (!strstr(e.message, want))
        fail_msg("%s: %s", text, e.message);
}

static void values_and_names(void **state)
{
    UNUSED(state);
    expect_rows("", "");
    expect_rows("a,b\n", "");
    expect_rows("a,b\n1,2\n", "2 {\"a\":\"1\",\"b\":\"2\"}\n");
    expect_rows("\xEF\xBB\xBF"
                "a,b\r\n1,\r\n\r\n,2",
                "2 {\"a\":\"1\",\"b\":\"\"}\n4 {\"a\":\"\",\"b\":\"2\"}\n");
    expect_rows("q\na \"b\" c\n", "2 {\"q\":\"a \\\"b\\\" c\"}\n");
}

static void quoted_values(void **state)
{
    UNUSED(state);
    expect_rows("\"a, b\",c\n\"x\"\"y\",\"1\n2\"\n3,4\n",
                "2 {\"a, b\":\"x\\\"y\",\"c\":\"1\\n2\"}\n4 {\"a, b\":\"3\",\"c\":\"4\"}\n");
    expect_rows("a\r\n\"x\"\r\n\"y\"", "2 {\"a\":\"x\"}\n3 {\"a\":\"y\"}\n");
}

static void faults_name_their_line(void **state)
{
    UNUSED(state);
    expect_fault("a,b\n1,2\n1\n", "line 3: fewer values");
    expect_fault("a\n1,2\n", "line 2: more values");
    expect_fault("a\n1\n\"x\n", "line 3: a quoted value does not end");
    expect_fault("a\n\"x\" y\n", "line 2: text follows a closing quote");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_names),
        cmocka_unit_test(quoted_values),
        cmocka_unit_test(faults_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
