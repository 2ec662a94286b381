#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/progress/progress_text.h"
#include "base/util.h"
#include "orchestrator/observe/progress.h"

#define GIB ((uint64_t)1 << 30)

static const progress_now middle = {.flow = {.totals = {.clean = 20,
                                                        .contaminated = 3,
                                                        .failed = 1,
                                                        .downloading = 4,
                                                        .jobs = 2,
                                                        .uploading = 1},
                                             .in_flight = 7,
                                             .done_bytes = 20 * GIB,
                                             .received_bytes = 28 * GIB,
                                             .limit = FLOW_LIMIT_NETWORK},
                                    .file_count = 60,
                                    .total_bytes = 60 * GIB,
                                    .rate = 100 << 20,
                                    .left_ms = 740000};

static void expect(const progress_now *n, size_t columns, const char *expected)
{
    AUTO(buf) text = BUF(2048);
    progress_describe(n, columns, &text);
    assert_string_equal(buf_str(&text), expected);
}

static void the_line_has_all_numbers(void **state)
{
    UNUSED(state);
    expect(&middle, PROGRESS_ANY_WIDTH,
           "40%, 20 GiB of 60 GiB done, 24 of 60 files, 100 MiB/s, 12m20s left, 1 failed, "
           "3 contaminated, 4 downloading, 2 at the server, 1 uploading, limited by: network");
}

static void it_fits_the_terminal(void **state)
{
    UNUSED(state);
    expect(&middle, 79,
           "40%, 20 GiB of 60 GiB done, 24 of 60 files, 100 MiB/s, 12m20s left, "
           "1 failed");
    expect(&middle, 39, "40%, 12m20s left, 1 failed");
}

static void each_limit_has_a_name(void **state)
{
    UNUSED(state);
    static const char *const names[] = {
        [FLOW_LIMIT_NETWORK] = "network",         [FLOW_LIMIT_VERIFICATION] = "verification",
        [FLOW_LIMIT_SERVER] = "detection server", [FLOW_LIMIT_UPLOAD] = "upload",
        [FLOW_LIMIT_DISK] = "disk space",
    };
    for (size_t i = 1; i < ARRAY_LEN(names); i++) {
        AUTO(buf) text = BUF(2048);
        progress_now n = middle;
        n.flow.limit = (flow_limit)i;
        progress_describe(&n, PROGRESS_ANY_WIDTH, &text);
        AUTO_FREE char *end = xasprintf(", limited by: %s", names[i]);
        assert_true(str_ends_with(buf_str(&text), end));
    }
}

static void while_nothing_moves_there_is_no_estimate(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(2048);
    progress_now n = middle;
    n.still_ms = 180000;
    n.flow.limit = FLOW_LIMIT_SERVER;
    progress_describe(&n, PROGRESS_ANY_WIDTH, &text);
    assert_null(strstr(buf_str(&text), "left"));
    assert_true(
        str_ends_with(buf_str(&text), ", no progress for 3m00s, waiting for the detection server"));
}

static void a_run_that_stops_says_so_first(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(2048);
    progress_now n = middle;
    n.flow.stopping = true;
    progress_describe(&n, 60, &text);
    assert_true(str_starts_with(buf_str(&text), "stopping, 7 in flight, 40%, "));
    assert_null(strstr(buf_str(&text), "left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_has_all_numbers),
        cmocka_unit_test(it_fits_the_terminal),
        cmocka_unit_test(each_limit_has_a_name),
        cmocka_unit_test(while_nothing_moves_there_is_no_estimate),
        cmocka_unit_test(a_run_that_stops_says_so_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
