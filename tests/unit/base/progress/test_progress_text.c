#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/progress/progress_text.h"
#include "base/util.h"

#define MIB ((uint64_t)1024 * 1024)

static const progress_view half = {.part = 50,
                                   .whole = 100,
                                   .bytes_done = 512 * MIB,
                                   .bytes_total = 1024 * MIB,
                                   .count_done = 3,
                                   .count_total = 8,
                                   .unit = "files",
                                   .bytes_are = "done",
                                   .rate = 64 * MIB,
                                   .left_ms = 8000,
                                   .failed = 1,
                                   .limit = "limited by: network",
                                   .detail = "2 downloading",
                                   .bar = true};

static void expect(const progress_view *v, size_t columns, const char *expected)
{
    AUTO(buf) text = BUF(2048);
    progress_text(v, columns, &text);
    assert_string_equal(buf_str(&text), expected);
}

static void all_parts_in_a_wide_terminal(void **state)
{
    UNUSED(state);
    expect(&half, 200,
           "[##########..........] 50%, 512 MiB of 1 GiB done, 3 of 8 files, 64 MiB/s, 8s left, "
           "1 failed, 2 downloading, limited by: network");
}

static void the_least_important_parts_give_way(void **state)
{
    UNUSED(state);
    expect(&half, 119,
           "[##########..........] 50%, 512 MiB of 1 GiB done, 3 of 8 files, 64 MiB/s, 8s left, "
           "1 failed, limited by: network");
    expect(&half, 80, "50%, 512 MiB of 1 GiB done, 3 of 8 files, 64 MiB/s, 8s left, 1 failed");
    expect(&half, 60, "50%, 512 MiB of 1 GiB done, 3 of 8 files, 8s left, 1 failed");
    expect(&half, 40, "50%, 3 of 8 files, 8s left, 1 failed");
    expect(&half, 24, "50%, 8s left, 1 failed");
    expect(&half, 13, "50%, 8s left");
    expect(&half, 3, "50%");
    expect(&half, 0, "50%");
}

static void no_line_is_longer_than_the_terminal(void **state)
{
    UNUSED(state);
    for (size_t columns = 3; columns < 140; columns++) {
        AUTO(buf) text = BUF(2048);
        progress_text(&half, columns, &text);
        assert_true(text.len <= columns);
    }
}

static void what_is_not_known_is_not_shown(void **state)
{
    UNUSED(state);
    progress_view v = half;
    v.left_ms = PROGRESS_UNKNOWN;
    v.rate = v.failed = 0;
    v.detail = v.limit = NULL;
    v.bar = false;
    expect(&v, PROGRESS_ANY_WIDTH, "50%, 512 MiB of 1 GiB done, 3 of 8 files");
    v.bytes_total = PROGRESS_UNKNOWN;
    v.first = "stopping, 2 in flight";
    expect(&v, PROGRESS_ANY_WIDTH,
           "stopping, 2 in flight, 512 MiB done, 3 files, total not known yet");
}

static void the_percentage_is_rounded_down_and_bounded(void **state)
{
    UNUSED(state);
    progress_view v = {.part = 999, .whole = 1000, .unit = "files", .left_ms = PROGRESS_UNKNOWN};
    expect(&v, 4, "99%");
    v.part = 2000;
    expect(&v, 4, "100%");
    v.whole = 0;
    expect(&v, 4, "100%");
}

static void a_rate_is_that_of_the_window(void **state)
{
    UNUSED(state);
    rate_meter m = {.window = 3};
    assert_true(rate_sample(&m, 0, 1000) == 0); /* one sample gives no rate */
    assert_true(rate_sample(&m, 100, 2000) == 100);
    assert_true(rate_sample(&m, 300, 3000) == 150);
    assert_true(rate_sample(&m, 700, 4000) == 300); /* since 2000 */
    assert_true(rate_sample(&m, 700, 5000) == 200);
    assert_true(rate_sample(&m, 700, 6000) == 0);
    assert_true(rate_sample(&m, 600, 7000) == 0); /* time went back: unknown */
}

static void without_a_rate_there_is_no_estimate(void **state)
{
    UNUSED(state);
    assert_int_equal(rate_left_ms(100, 1000), 10000);
    assert_int_equal(rate_left_ms(100, 0), 0);
    assert_true(rate_left_ms(0, 1000) == PROGRESS_UNKNOWN);
    assert_true(rate_left_ms(1e-9, UINT64_MAX) == PROGRESS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_in_a_wide_terminal),
        cmocka_unit_test(the_least_important_parts_give_way),
        cmocka_unit_test(no_line_is_longer_than_the_terminal),
        cmocka_unit_test(what_is_not_known_is_not_shown),
        cmocka_unit_test(the_percentage_is_rounded_down_and_bounded),
        cmocka_unit_test(a_rate_is_that_of_the_window),
        cmocka_unit_test(without_a_rate_there_is_no_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
