/* Lines of merged reports: the member that names the scan of a score. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/merge/merge_lines.h"

static void expect(const char *line, const char *wanted)
{
    AUTO(buf) out = BUF(4096);
    err e = ERR_INIT;
    if (!merge_put_line(slice_from(line), "f0", &out, &e))
        fail_msg("%s: %s", line, e.message);
    assert_string_equal(buf_str(&out), wanted);
}

static void the_scan_is_named_in_the_order_of_keys(void **state)
{
    UNUSED(state);
    expect("{\"method\":\"simple\",\"split\":\"test\"}",
           "{\"method\":\"simple\",\"scored_by\":\"f0\",\"split\":\"test\"}");
    expect("{\"a\":{\"z\":1},\"z\":[\"scored_by\"]}",
           "{\"a\":{\"z\":1},\"scored_by\":\"f0\",\"z\":[\"scored_by\"]}");
    expect("{\"a\":1}", "{\"a\":1,\"scored_by\":\"f0\"}");
    expect("{\"z\":1}\r", "{\"scored_by\":\"f0\",\"z\":1}");
    expect("{}", "{\"scored_by\":\"f0\"}");
}

static void an_earlier_scan_stays_named(void **state)
{
    UNUSED(state);
    expect("{\"scored_by\":\"e1\",\"z\":1}", "{\"scored_by\":\"e1\",\"z\":1}");
}

static void other_text_is_refused(void **state)
{
    static const char *const texts[] = {"", "[]", "{\"a\":1", "{\"a\":1}x"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(buf) out = BUF(4096);
        err e = ERR_INIT;
        assert_false(merge_put_line(slice_from(texts[i]), "f0", &out, &e));
        assert_int_equal(e.code, ERR_PARSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scan_is_named_in_the_order_of_keys),
        cmocka_unit_test(an_earlier_scan_stays_named),
        cmocka_unit_test(other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
