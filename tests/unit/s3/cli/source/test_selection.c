/* Ages and shares. The expected shares are those of tests/unit/orchestrator/fleet/test_shard.c. */
#include "s3/cli/source/selection.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW 1764547200 /* 2025-12-01 */
#define DAY 86400

static selection read(const char *newer, const char *older, const char *shard)
{
    cli_config config = {.newer_than = (char *)(uintptr_t)newer,
                         .older_than = (char *)(uintptr_t)older,
                         .shard = (char *)(uintptr_t)shard};
    selection s;
    err e = ERR_INIT;
    if (!selection_init(&s, &config, NOW, &e)) {
        assert_int_equal(e.code, ERR_USAGE);
        s.shard_count = UINT32_MAX;
    }
    return s;
}

static void ages_dates_and_times(void **state)
{
    static const struct {
        const char *text;
        int64_t time_s;
    } rows[] = {{"1d", NOW - DAY},
                {"36h", NOW - DAY - DAY / 2},
                {"90", NOW - 90},
                {"2025-11-01", NOW - 30 * DAY},
                {"2025-11-30T23:59:59Z", NOW - 1}};
    static const char *const wrong[] = {"", "yesterday", "-1d", "2025-13-01", "1w"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(read(rows[i].text, NULL, NULL).after_s, rows[i].time_s);
        assert_int_equal(read(NULL, rows[i].text, NULL).before_s, rows[i].time_s);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(read(wrong[i], NULL, NULL).shard_count, UINT32_MAX);
}

static void newer_includes_the_limit_and_older_does_not(void **state)
{
    selection newer = read("1d", NULL, NULL), older = read(NULL, "1d", NULL);
    (void)state;
    assert_true(selection_takes(&newer, "a", NOW - DAY));
    assert_false(selection_takes(&newer, "a", NOW - DAY - 1));
    assert_false(selection_takes(&older, "a", NOW - DAY));
    assert_true(selection_takes(&older, "a", NOW - DAY - 1));
}

static void shares_are_those_of_the_orchestrator(void **state)
{
    static const struct {
        const char *key, *shard;
    } rows[] = {{"data/a.jsonl.gz", "0/3"},
                {"train/part-00001.jsonl", "0/7"},
                {"", "6/10"},
                {"donn\xc3\xa9"
                 "es/\xc3\xa9+ x.jsonl",
                 "41/64"}};
    static const char *const wrong[] = {"1", "3/3", "/3", "1/", "0/0", "0/1000001", "-1/3", "1/3x"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        selection s = read(NULL, NULL, rows[i].shard);
        assert_true(selection_takes(&s, rows[i].key, 0));
        selection next = s;
        next.shard_index = (s.shard_index + 1) % s.shard_count;
        assert_false(selection_takes(&next, rows[i].key, 0));
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(read(NULL, NULL, wrong[i]).shard_count, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_dates_and_times),
        cmocka_unit_test(newer_includes_the_limit_and_older_does_not),
        cmocka_unit_test(shares_are_those_of_the_orchestrator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
