/* orchestrator/fleet/run_name: names of runs, and the keys of their records. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/run_name.h"

#define START 1796094000 /* 2026-12-01 03:00:00 UTC */

static void a_name_has_start_host_and_random_digits(void **state)
{
    UNUSED(state);
    assert_string_equal(run_name_make(START, 7, 0xff0a1b2c).text, "20261201T030000Z-7-0a1b2c");
    assert_string_equal(run_name_make(START, RUN_HOST_CLAIMS, 1).text, "20261201T030000Z-c-000001");
    assert_string_equal(run_name_make(0, 999999, UINT64_MAX).text,
                        "19700101T000000Z-999999-ffffff");
}

static void a_name_is_read_back(void **state)
{
    UNUSED(state);
    static const int64_t hosts[] = {0, 7, 999999, RUN_HOST_CLAIMS};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        int64_t start_s = 0, host = -2;
        run_name name = run_name_make(START + (int64_t)i, hosts[i], 0xabcdef);
        assert_true(run_name_read(slice_from(name.text), &start_s, &host));
        assert_int_equal(start_s, START + (int64_t)i);
        assert_int_equal(host, hosts[i]);
    }
}

static void other_text_is_no_name(void **state)
{
    UNUSED(state);
    static const char *const texts[] = {
        "",
        "20261201T030000Z-7-0a1b2",
        "20261201T030000Z-7-0a1b2cd",
        "20261201T030000Z-7-0A1B2C",
        "20261301T030000Z-7-0a1b2c",
        "20260230T030000Z-7-0a1b2c",
        "20261201 030000Z-7-0a1b2c",
        "20261201T030000Z--0a1b2c",
        "20261201T030000Z-x-0a1b2c",
        "20261201T030000Z-7.0a1b2c",
        "20261201T030000Z-99999999999-0a1b2c",
        "20261201T030000Z-7-0a1b2c-1",
        "20261201T030000Z-77777777777777777777777777777777777777-0a1b2c",
    };
    int64_t start_s, host;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (run_name_read(slice_from(texts[i]), &start_s, &host))
            fail_msg("%s was read", texts[i]);
}

static void times_are_read_back(void **state)
{
    UNUSED(state);
    static const char *const others[] = {"",
                                         "2026-12-01T03:00:00",
                                         "2026-12-01T03:00:00Z ",
                                         "2026-12-01 03:00:00Z",
                                         "2026-02-30T03:00:00Z",
                                         "20261201T030000Z"};
    char text[RUN_TIME_BYTES];
    int64_t time_s = 0;
    assert_true(run_time_read(run_time_text(START, true, text), &time_s));
    assert_int_equal(time_s, START);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (run_time_read(others[i], &time_s))
            fail_msg("%s was read", others[i]);
}

static void keys_are_below_the_report_folder(void **state)
{
    UNUSED(state);
    AUTO_FREE char *record = run_record_key("out/rep/", "R");
    AUTO_FREE char *failures = run_failures_key("", "R");
    AUTO_FREE char *ledger = run_ledger_key("out/", "R", 12);
    assert_string_equal(record, "out/rep/_decon/runs/R.json");
    assert_string_equal(failures, "_decon/failures/R.jsonl");
    assert_string_equal(ledger, "out/_decon/ledger/R-12.jsonl.zst");
}

static void records_are_recognised_by_their_folder(void **state)
{
    UNUSED(state);
    assert_true(run_key_is_record("_decon/ledger/x.jsonl.zst"));
    assert_true(run_key_is_record("a/b/_decon/failures/x.jsonl"));
    assert_false(run_key_is_record("a/my_decon/x.jsonl"));
    assert_false(run_key_is_record("a/_decon.jsonl"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_start_host_and_random_digits),
        cmocka_unit_test(a_name_is_read_back),
        cmocka_unit_test(other_text_is_no_name),
        cmocka_unit_test(times_are_read_back),
        cmocka_unit_test(keys_are_below_the_report_folder),
        cmocka_unit_test(records_are_recognised_by_their_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
