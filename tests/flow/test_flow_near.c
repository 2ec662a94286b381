/* Whole runs with near misses (report_threshold of the server): `<base>.near.jsonl` beside the report. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#include "base/fsutil.h"

#define NEAR      "{\"text\":\"NEAR\"}\n"
#define LINE_OF_1 "{\"training_line\":1}\n"

static void near_misses_are_written_before_the_commit(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD NEAR);
    world_add(w, "b.jsonl", GOOD NEAR);
    world_add(w, "c.jsonl", GOOD GOOD);
    expect_status(w, NULL, 0);
    expect_text(w, "rep/a.near.jsonl", LINE_OF_1);
    expect_text(w, "rep/b.near.jsonl", LINE_OF_1);
    assert_null(world_find(w, "rep/c.near.jsonl"));
    assert_true(strstr(w->order, "PUT rep/a.near.jsonl") <
                strstr(w->order, "PUT rep/a.report.jsonl"));
    assert_true(strstr(w->order, "PUT rep/b.near.jsonl") < strstr(w->order, "PUT rep/b.clean"));
    expect_nothing_left(w);
    world_free(w);
}

/* The upload failed, and the next run gets the same job, whose report was damaged meanwhile. */
static world *world_with_a_damaged_result(void)
{
    world *w = world_new();
    w->purify = w->keys_known = true;
    w->cut_put = "cle/a";
    world_add(w, "a.jsonl", BAD NEAR);
    expect_status(w, NULL, 3);
    w->cut_put = NULL;
    AUTO_FREE char *report = xasprintf("%s/reports/job-1.report.jsonl", w->dir);
    assert_true(fs_write_file(report, SLICE_LIT("{\"training_line\":7}\n"), false, NULL));
    return w;
}

static void a_file_that_is_submitted_again_gets_the_near_misses_of_its_new_job(void **state)
{
    UNUSED(state);
    for (int none = 0; none < 2; none++) {
        world *w = world_with_a_damaged_result();
        w->no_near = none;
        expect_status(w, NULL, 0);
        expect_log(w, "submitted again");
        assert_int_equal(w->job_count, 2);
        if (none)
            assert_null(world_find(w, "rep/a.near.jsonl"));
        else
            expect_text(w, "rep/a.near.jsonl", LINE_OF_1);
        expect_text(w, "cle/a.clean.jsonl", NEAR);
        expect_nothing_left(w); /* of both jobs */
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_misses_are_written_before_the_commit),
        cmocka_unit_test(a_file_that_is_submitted_again_gets_the_near_misses_of_its_new_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
