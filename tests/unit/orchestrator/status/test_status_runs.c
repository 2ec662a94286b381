/* orchestrator/status/status_runs: hosts described by run records. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/status/status_runs.h"

#define NOW 1000000

static bool add(status_runs *r, const char *run, const char *state, const char *host,
                int64_t updated_s, bool newest)
{
    AUTO_FREE char *text = xasprintf(
        "{\"format\":1,\"run\":\"%s\",\"state\":\"%s\",\"host\":{%s},\"counts\":{\"files\":10,"
        "\"clean\":4,\"contaminated\":1,\"failed\":2,\"refused\":0,\"waiting\":3,\"in_flight\":1},"
        "\"bytes\":{\"done\":500,\"per_second\":20},\"server\":{\"purify\":true,\"settings\":"
        "\"abc\"},\"configuration\":{\"remote_file_input\":\"s3://b/in\",\"input_suffixes\":"
        "[\".ndjson\",\".JSONL\"],\"input_list\":[\"s3://b/"
        "list.csv\"],\"remote_cleaned_output_dir\":null},\"future\":[1]}\n",
        run, state, host);
    return status_runs_add(r, slice_from(text), updated_s, NOW, newest);
}

static void a_record_describes_a_host_and_the_newest_the_whole(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    assert_true(add(&r, "20261201T030000Z-7-0a1b2c", "running",
                    "\"index\":7,\"count\":9,\"name\":\"node7\"", NOW - 10, true));
    assert_int_equal(r.count, 1);
    const status_host *h = &r.hosts[0];
    assert_string_equal(h->machine, "node7");
    assert_true(h->running && !h->silent);
    assert_int_equal(h->index, 7);
    assert_int_equal(h->clean, 4);
    assert_int_equal(h->failed, 2);
    assert_int_equal(h->bytes_per_s, 20);
    assert_int_equal(r.host_count, 9);
    assert_string_equal(r.input_uri, "s3://b/in");
    assert_null(r.cleaned_uri);
    assert_string_equal(r.settings, "abc");
    assert_true(r.purify_known && r.purify);
    assert_string_equal(r.suffixes[0], ".ndjson");
    assert_string_equal(r.suffixes[1], ".JSONL");
    assert_null(r.suffixes[2]);
    assert_string_equal(r.input_lists[0], "s3://b/list.csv");
    assert_null(r.input_lists[1]);
}

static void a_running_host_falls_silent_after_5_minutes(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    assert_true(add(&r, "20261201T030000Z-0-0a1b2c", "running", "\"index\":0,\"count\":3",
                    NOW - 300, true));
    assert_true(add(&r, "20261201T030000Z-1-0a1b2c", "running", "\"index\":1,\"count\":3",
                    NOW - 301, false));
    assert_true(add(&r, "20261201T030000Z-2-0a1b2c", "complete", "\"index\":2,\"count\":3",
                    NOW - 9000, false));
    assert_false(r.hosts[0].silent);
    assert_true(r.hosts[1].silent);
    assert_false(r.hosts[2].silent);
}

static void records_of_another_division_are_skipped(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    assert_true(
        add(&r, "20261201T030000Z-0-0a1b2c", "running", "\"index\":0,\"count\":3", NOW, true));
    assert_true(
        add(&r, "20261130T030000Z-5-0a1b2c", "complete", "\"index\":5,\"count\":8", NOW, false));
    assert_int_equal(r.count, 1);
}

static void shares_without_a_record_are_named(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    status_runs_add_missing(&r);
    assert_int_equal(r.count, 0);
    assert_true(
        add(&r, "20261201T030000Z-1-0a1b2c", "complete", "\"index\":1,\"count\":4", NOW, true));
    assert_true(
        add(&r, "20261201T030000Z-3-0a1b2c", "running", "\"index\":3,\"count\":4", NOW, false));
    status_runs_add_missing(&r);
    assert_int_equal(r.count, 4);
    for (size_t i = 0; i < 4; i++) {
        bool missing = i == 0 || i == 2;
        assert_int_equal(r.hosts[i].index, i);
        assert_int_equal(str_equal(r.hosts[i].state, STATUS_NO_RECORD), missing);
        assert_int_equal(r.hosts[i].run == NULL, missing);
        assert_false(missing && (r.hosts[i].running || r.hosts[i].silent));
    }
}

static void hosts_that_claim_have_no_shares(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    assert_true(
        add(&r, "20261201T030000Z-c-0a1b2c", "running", "\"count\":8,\"name\":\"a\"", NOW, true));
    status_runs_add_missing(&r);
    assert_int_equal(r.count, 1);
}

/* Not each of them has to know how many there are; a run of one host by hash is another division. */
static void claiming_hosts_are_one_fleet_with_any_count(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    assert_true(add(&r, "20261201T030002Z-c-0a1b2c", "running", "\"claims\":true,\"name\":\"a\"",
                    NOW, true));
    assert_true(add(&r, "20261201T030001Z-c-0a1b2c", "running",
                    "\"claims\":true,\"count\":8,\"name\":\"b\"", NOW, false));
    assert_true(add(&r, "20261201T030000Z-c-0a1b2c", "running",
                    "\"index\":0,\"count\":1,\"name\":\"c\"", NOW, false)); /* an earlier version */
    assert_true(
        add(&r, "20261130T030000Z-0-0a1b2c", "running", "\"index\":0,\"count\":8", NOW, false));
    assert_int_equal(r.count, 3);
    assert_true(r.claims);
    assert_int_equal(r.host_count, 8);
    for (size_t i = 0; i < r.count; i++)
        assert_true(r.hosts[i].index < 0);
}

static void claiming_hosts_are_known_by_machine_and_work_directory(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    static const char *const hosts[] = {
        "\"count\":1,\"name\":\"a\",\"work_dir\":\"/w/1\"", "\"count\":1,\"name\":\"b\"",
        "\"count\":1,\"name\":\"a\",\"work_dir\":\"/w/1\"", /* restarted */
        "\"count\":1,\"name\":\"a\",\"work_dir\":\"/w/2\"", "\"count\":1,\"name\":\"b\""};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        assert_true(add(&r, "20261201T030000Z-c-0a1b2c", "running", hosts[i], NOW, i == 0));
    assert_int_equal(r.count, 3);
    assert_string_equal(r.hosts[0].work_dir, "/w/1");
    assert_string_equal(r.hosts[2].work_dir, "/w/2");
}

static void other_text_is_no_record(void **state)
{
    UNUSED(state);
    AUTO(status_runs) r = {0};
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"format\":2,\"run\":\"20261201T030000Z-0-0a1b2c\",\"state\":\"running\"}",
        "{\"format\":1,\"run\":\"x\",\"state\":\"running\"}",
        "{\"format\":1,\"run\":\"20261201T030000Z-0-0a1b2c\"}",
        "\xff"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(status_runs_add(&r, slice_from(texts[i]), NOW, NOW, true));
    assert_int_equal(r.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_describes_a_host_and_the_newest_the_whole),
        cmocka_unit_test(a_running_host_falls_silent_after_5_minutes),
        cmocka_unit_test(records_of_another_division_are_skipped),
        cmocka_unit_test(shares_without_a_record_are_named),
        cmocka_unit_test(hosts_that_claim_have_no_shares),
        cmocka_unit_test(claiming_hosts_are_one_fleet_with_any_count),
        cmocka_unit_test(claiming_hosts_are_known_by_machine_and_work_directory),
        cmocka_unit_test(other_text_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
