/* orchestrator/fleet/ledger_line: lines of the ledger, written and read. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/ledger_line.h"

static ledger_line sample(void)
{
    ledger_line line = {.key = "in/a \"b\".jsonl.gz",
                        .etag = "\"0123\"",
                        .size_bytes = 1000,
                        .checksum = {.kind = S3_CHECKSUM_CRC64NVME, .text = "AAAA="},
                        .version_id = "id.1",
                        .version = "0.1",
                        .result_modified_s = 1796094001,
                        .lines_known = true,
                        .lines = 50,
                        .contaminated_lines = 3,
                        .contaminated = true,
                        .settings = "abc",
                        .spent_ms = 12034,
                        .committed_s = 1796094000};
    set_counts_add(&line.sets, slice_from("mmlu"), 3);
    return line;
}

static void a_line_has_all_that_is_known(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(1 << 16);
    ledger_line line = sample();
    ledger_line_write(&line, &text);
    set_counts_deinit(&line.sets);
    assert_string_equal(
        buf_str(&text),
        "{\"format\":1,\"key\":\"in/a \\\"b\\\".jsonl.gz\",\"etag\":\"\\\"0123\\\"\",\"size\":1000,"
        "\"checksum\":{\"kind\":\"CRC64NVME\",\"value\":\"AAAA=\"},\"version_id\":\"id.1\","
        "\"verdict\":\"contaminated\","
        "\"lines\":50,\"contaminated_lines\":3,\"contaminated_lines_by_set\":{\"mmlu\":3},"
        "\"settings\":\"abc\",\"seconds\":12.034,\"committed\":1796094000,"
        "\"result_modified\":1796094001,\"version\":\"0.1\"}\n");
}

static void a_line_is_read_back(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(1 << 16);
    ledger_line line = sample();
    AUTO(ledger_line) read = {0};
    err e = ERR_INIT;
    ledger_line_write(&line, &text);
    if (!ledger_line_read(slice_trim(buf_slice(&text)), &read, &e))
        fail_msg("%s", e.message);
    set_counts_deinit(&line.sets);
    assert_string_equal(read.key, line.key);
    assert_string_equal(read.etag, line.etag);
    assert_string_equal(read.settings, "abc");
    assert_string_equal(read.version_id, "id.1");
    assert_string_equal(read.version, "0.1");
    assert_int_equal(read.committed_s, 1796094000);
    assert_int_equal(read.result_modified_s, 1796094001);
    assert_true(s3_checksum_equal(&read.checksum, &line.checksum));
    assert_int_equal(read.size_bytes, 1000);
    assert_true(read.lines_known && read.contaminated);
    assert_int_equal(read.lines, 50);
    assert_int_equal(read.contaminated_lines, 3);
    assert_int_equal(read.sets.count, 1);
    assert_string_equal(read.sets.sets[0].name, "mmlu");
}

static void other_lines_are_refused(void **state)
{
    UNUSED(state);
#define REST "\"etag\":\"\",\"size\":1,\"contaminated_lines\":0"
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"format\":2,\"key\":\"k\",\"verdict\":\"clean\"," REST "}",
        "{\"format\":1,\"verdict\":\"clean\"," REST "}",
        "{\"format\":1,\"key\":\"k\",\"verdict\":\"clean\",\"checksum\":{\"kind\":\"FNV\","
        "\"value\":\"A\"}," REST "}",
        "{\"format\":1,\"key\":\"k\",\"verdict\":\"dirty\"," REST "}",
        "{\"format\":1,\"key\":\"\xff\",\"verdict\":\"clean\"," REST "}",
        "{\"format\":1,\"key\":\"k\",\"verdict\":\"clean\",\"contaminated_lines_by_set\":[]," REST
        "}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(ledger_line) read = {0};
        err e = ERR_INIT;
        if (ledger_line_read(slice_from(texts[i]), &read, &e))
            fail_msg("%s was read", texts[i]);
        assert_int_equal(e.code, ERR_PARSE);
    }
    AUTO(ledger_line) read = {0};
    err e = ERR_INIT;
    assert_true(ledger_line_read(
        SLICE_LIT("{\"format\":1,\"key\":\"k\",\"verdict\":\"clean\"," REST "}"), &read, &e));
    assert_false(read.lines_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_all_that_is_known),
        cmocka_unit_test(a_line_is_read_back),
        cmocka_unit_test(other_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
