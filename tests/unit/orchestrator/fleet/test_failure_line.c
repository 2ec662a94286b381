/* orchestrator/fleet/failure_line: lines of the record of failures. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/failure_line.h"

static void a_line_is_read_back(void **state)
{
    UNUSED(state);
    static const struct {
        err_code code;
        bool by_name;
    } cases[] = {
        {ERR_JSONL, false}, {ERR_JOB_CRASHED, false}, {ERR_LIMIT, false}, {ERR_PLAN, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        err e = ERR_INIT;
        AUTO(buf) text = BUF(4096);
        AUTO(failed_file) read = {0};
        err_set(&e, cases[i].code, "it broke");
        failure_line_write(&(failure_line){.key = "in/a \"b\".jsonl",
                                           .etag = "W/\"0123\"",
                                           .size_bytes = 1000,
                                           .error = &e,
                                           .attempts = 2,
                                           .failed_s = 1796094000},
                           "node7", &text);
        assert_non_null(
            strstr(buf_str(&text), "\"etag\":\"0123\",\"format\":1,\"host\":\"node7\""));
        assert_true(failed_file_read(slice_trim(buf_slice(&text)), &read));
        assert_string_equal(read.key, "in/a \"b\".jsonl");
        assert_string_equal(read.etag, "0123");
        assert_true(read.size_known);
        assert_int_equal(read.size_bytes, 1000);
        assert_int_equal(read.failed_s, 1796094000);
        assert_int_equal(read.by_name, cases[i].by_name);
    }
}

static void what_a_line_lacks_is_unknown(void **state)
{
    UNUSED(state);
    AUTO(failed_file) read = {0};
    assert_true(failed_file_read(SLICE_LIT("{\"format\":1,\"key\":\"k\",\"etag\":7,\"size\":-1,"
                                           "\"time\":\"2026-02-30T00:00:00Z\"}"),
                                 &read));
    assert_string_equal(read.etag, "");
    assert_false(read.size_known);
    assert_int_equal(read.failed_s, 0);
    assert_false(read.by_name);
}

static void other_text_is_no_line(void **state)
{
    UNUSED(state);
    static const char *const texts[] = {"",
                                        "{}",
                                        "[]",
                                        "no JSON",
                                        "{\"format\":2,\"key\":\"k\"}",
                                        "{\"key\":\"k\"}",
                                        "{\"format\":1}",
                                        "{\"format\":1,\"key\":7}",
                                        "{\"format\":1,\"key\":\"\xff\"}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(failed_file) read = {0};
        if (failed_file_read(slice_from(texts[i]), &read))
            fail_msg("%s was read", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_back),
        cmocka_unit_test(what_a_line_lacks_is_unknown),
        cmocka_unit_test(other_text_is_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
