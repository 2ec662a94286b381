/* orchestrator/local/result_jobs: which results may be removed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/local/result_jobs.h"

#define TAG    "0123456789ab"
#define TAGGED "01234567-89ab-8def-8123-0123456789ab"
#define SECOND "01234567-89ab-8def-8123-0123456789ac"

static bool covers(result_jobs *j, const char *id)
{
    return result_jobs_cover(j, slice_from(id));
}

static void jobs_with_the_tag_are_covered(void **state)
{
    UNUSED(state);
    AUTO_PTR(result_jobs) j = result_jobs_new(TAG);
    assert_true(covers(j, TAGGED));
    static const char *const others[] = {
        "11234567-89ab-8def-8123-0123456789ab", /* another share's */
        "01234567-89aa-8def-8123-0123456789ab",
        "01234567-89ab-4def-8123-0123456789ab", /* another server's */
        "01234567-89ab-8def-8123-0123456789aB",
        "01234567-89ab-8def-8123-0123456789a",
        "01234567-89ab-8def-8123-0123456789ab0",
        "job-1",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (covers(j, others[i]))
            fail_msg("covered: %s", others[i]);
    assert_false(result_jobs_cover(
        j, (slice){.data = "01234567-89ab-8def-8123-01234567\0009ab", .len = 36}));
}

static void a_job_that_is_kept_is_not_covered(void **state)
{
    UNUSED(state);
    AUTO_PTR(result_jobs) j = result_jobs_new(TAG);
    assert_false(result_jobs_keeps(j));
    for (int i = 0; i < 9; i++)
        result_jobs_keep(j, i == 4 ? TAGGED : "other");
    assert_true(result_jobs_keeps(j));
    assert_false(covers(j, TAGGED));
    assert_true(covers(j, SECOND));
}

static void without_a_tag_nothing_is_covered(void **state)
{
    UNUSED(state);
    result_jobs_keep(NULL, TAGGED);
    assert_false(covers(NULL, TAGGED));
    AUTO_PTR(result_jobs) j = result_jobs_new("");
    assert_false(covers(j, TAGGED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_with_the_tag_are_covered),
        cmocka_unit_test(a_job_that_is_kept_is_not_covered),
        cmocka_unit_test(without_a_tag_nothing_is_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
