/* orchestrator/config/remote_paths: the prefix is a folder; outputs are beside or below the
 * inputs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "orchestrator/config/remote_paths.h"

static void expect_refused(const char *input, const char *report, const char *cleaned)
{
    places p;
    err e = ERR_INIT;
    assert_false(places_make(input, report, cleaned, &p, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(err_exit_status(&e), 2);
    places_deinit(&p);
}

static places make(const char *input, const char *report, const char *cleaned)
{
    places p;
    err e = ERR_INIT;
    if (!places_make(input, report, cleaned, &p, &e))
        fail_msg("%s", e.message);
    return p;
}

static void prefix_is_a_folder(void **state)
{
    UNUSED(state);
    places p = make("s3://b/data", "s3://b/out", NULL);
    assert_string_equal(places_list_prefix(&p), "data/");
    assert_string_equal(places_relative(&p, "data/x/a.jsonl"), "x/a.jsonl");
    assert_null(places_relative(&p, "data-old/a.jsonl"));
    assert_string_equal(p.cleaned.prefix, "out/");
    places_deinit(&p);
}

static void prefix_may_name_one_object(void **state)
{
    UNUSED(state);
    places p = make("s3://b/data/a.jsonl.gz", "s3://b/out", NULL);
    assert_string_equal(places_list_prefix(&p), "data/a.jsonl.gz");
    assert_string_equal(places_relative(&p, "data/a.jsonl.gz"), "a.jsonl.gz");
    assert_string_equal(places_relative(&p, "data/a.jsonl.gz/b.jsonl"), "b.jsonl");
    assert_null(places_relative(&p, "data/a.jsonl.gz2.jsonl"));
    places_deinit(&p);
}

static void a_slash_at_the_end_means_a_folder(void **state)
{
    UNUSED(state);
    places p = make("s3://b/odd.jsonl/", "s3://b/out/", NULL);
    assert_null(p.input_object);
    assert_string_equal(places_list_prefix(&p), "odd.jsonl/");
    places_deinit(&p);
    p = make("s3://b", "s3://b/out", "s3://c");
    assert_string_equal(places_list_prefix(&p), "");
    assert_string_equal(places_relative(&p, "a.jsonl"), "a.jsonl");
    places_deinit(&p);
}

static void outputs_above_the_input_are_refused(void **state)
{
    UNUSED(state);
    expect_refused("s3://b/data/x", "s3://b/data/x", NULL);
    expect_refused("s3://b/data/x", "s3://b/data", NULL);
    expect_refused("s3://b/data/x", "s3://b", NULL);
    expect_refused("s3://b/data", "s3://b/out", "s3://b/data/");
    expect_refused("s3://b", "s3://b", NULL);
    expect_refused("data", "s3://b/out", NULL);
    expect_refused("s3://b/data", "http://b/out", NULL);
}

static void outputs_below_the_input_are_no_inputs(void **state)
{
    UNUSED(state);
    places p = make("s3://b/data", "s3://b/data/reports", "s3://b/data/cleaned");
    assert_true(places_is_output(&p, "data/reports/a.report.jsonl"));
    assert_true(places_is_output(&p, "data/cleaned/x/a.clean.jsonl.gz"));
    assert_false(places_is_output(&p, "data/reports-2023/a.jsonl"));
    assert_false(places_is_output(&p, "data/a.jsonl"));
    places_deinit(&p);
    p = make("s3://b/data", "s3://other/data/reports", NULL);
    assert_false(places_is_output(&p, "data/reports/a.jsonl"));
    places_deinit(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix_is_a_folder),
        cmocka_unit_test(prefix_may_name_one_object),
        cmocka_unit_test(a_slash_at_the_end_means_a_folder),
        cmocka_unit_test(outputs_above_the_input_are_refused),
        cmocka_unit_test(outputs_below_the_input_are_no_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
