/* Whole runs: files that are tried again, and the number of failures that ends a run. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

static unsigned count(const world *w, const char *part)
{
    unsigned found = 0;
    for (const char *at = buf_str(&w->log); (at = strstr(at, part)); at++)
        found++;
    return found;
}

/* --- what is tried again --- */

static void a_job_that_ends_its_process_is_done_again_under_another_key(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    w->keys_known = true; /* would answer the first key with the job that failed */
    world_add(w, "a.jsonl", GOOD BAD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 2);
    assert_string_not_equal(w->jobs[0].key, w->jobs[1].key);
    expect_log(w, "Task error: signal 11; attempt 1 of 3, the next one in 5s");
    expect_text(w, "rep/a.report.jsonl", "{\"training_line\":1}\n");
    assert_int_equal(w->downloads, 1); /* the file is kept */
    expect_nothing_left(w);
    world_free(w);
}

static void a_file_fails_after_its_last_attempt(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->get_503 = 100000;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--outage-wait=1", "--file-attempts=4"), 3);
    assert_int_equal(count(w, "; attempt "), 3);
    assert_int_equal(count(w, "\nFAILED: "), 1);
    expect_log(w, "; tried 4 times");
    expect_log(w, "Failed=1");
    world_free(w);
}

static void one_attempt_is_the_last_one(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--file-attempts=1"), 3);
    assert_int_equal(w->submits, 1);
    assert_int_equal(count(w, "; attempt "), 0);
    world_free(w);
}

static void heal(void *ctx)
{
    ((world *)ctx)->get_503 = 0;
}

static void a_download_that_failed_for_the_store_is_tried_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->get_503 = 100000;
    timer_start(fake_transport_base(w->fake), 8000, heal, w);
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--outage-wait=1"), 0);
    assert_true(count(w, "; attempt ") >= 1);
    expect_log(w, "Clean=1 Contaminated=0 Failed=0");
    expect_nothing_left(w);
    world_free(w);
}

static void a_fault_of_the_file_is_not_tried_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", "no json\n");
    expect_status(w, NULL, 3);
    assert_int_equal(w->downloads, 1);
    assert_int_equal(count(w, "; attempt "), 0);
    world_free(w);
}

static void other_files_continue_during_the_pause(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD GOOD);
    expect_status(w, WORDS("--s3-workers=1", "--max-concurrent-jobs=1"), 0);
    assert_true(strstr(w->order, "rep/b.clean") < strstr(w->order, "rep/a.clean"));
    world_free(w);
}

static void a_run_that_stops_leaves_a_file_in_its_pause_to_the_next_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    w->signal_at_submit = 2; /* the other file's */
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD GOOD);
    uint64_t begun_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, WORDS("--max-concurrent-jobs=1"), 143);
    assert_true(clock_now_ms(fake_transport_base(w->fake)) - begun_ms <
                5000); /* the pause is not waited for */
    assert_int_equal(count(w, "\nFAILED: "), 0);
    expect_log(w, "1 files are left for the next run");
    w->signal_at_submit = 0;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

static void attempts_of_one_file_count_once_for_a_common_cause(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 100;
    for (unsigned i = 0; i < 6; i++) {
        AUTO_FREE char *name = xasprintf("%u.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, NULL, 3); /* 12 failures that are alike, of 6 files */
    assert_int_equal(w->submits, 12);
    expect_log(w, "Failed=6");
    world_free(w);
}

static void an_outage_ends_the_run_before_all_attempts_are_made(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->get_503 = 1000000;
    for (unsigned i = 0; i < 40; i++) {
        AUTO_FREE char *name = xasprintf("%u.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, WORDS("--outage-wait=1", "--file-attempts=9"), 1);
    expect_log(w, "files failed for the same cause, the last one alone");
    assert_true(count(w, "; attempt ") < 60); /* of 320 */
    world_free(w);
}

/* --- the record of failures --- */

static const char *failures_of(const world *w)
{
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/_decon/failures/"))
            return w->records[i].data;
    return NULL;
}

static void each_file_that_failed_has_a_line(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "x.jsonl", GOOD); /* refused with the next one: both have the same outputs */
    world_add(w, "x.jsonl.gz", GOOD);
    world_add(w, "broken.jsonl", "broken\n");
    world_add(w, "good.jsonl", GOOD);
    expect_status(w, NULL, 3);
    const char *text = failures_of(w);
    assert_non_null(text);
    assert_non_null(strstr(text, "{\"attempts\":0,\"cause\":\"file\",\"code\":\"PLAN\""));
    assert_non_null(strstr(text, "{\"attempts\":1,\"cause\":\"file\",\"code\":\"JSONL\""));
    assert_non_null(strstr(text, "\"key\":\"data/broken.jsonl\""));
    assert_non_null(strstr(text, "\"code\":\"JSONL\",\"etag\":\"v"));
    assert_non_null(strstr(text, "\"code\":\"PLAN\",\"etag\":\"v"));
    assert_null(strstr(text, "good.jsonl"));
    world_free(w);
}

static void a_failure_that_a_retry_fixes_has_no_line(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    assert_null(failures_of(w));
    world_free(w);
}

/* --- files that end their process --- */

static unsigned mark_count(const world *w)
{
    unsigned found = 0;
    for (size_t i = 0; i < w->object_count; i++)
        found += str_starts_with(w->objects[i].key, "rep/_decon/crashes/");
    return found;
}

static world *world_with_a_crash(unsigned crashes, const char *word, int status)
{
    world *w = world_new();
    w->crash_jobs = crashes;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS(word), status);
    return w;
}

static void the_second_crash_of_a_file_is_the_last(void **state)
{
    UNUSED(state);
    world *w = world_with_a_crash(100, "--file-attempts=9", 3);
    assert_int_equal(w->submits, 2);
    assert_int_equal(mark_count(w), 2);
    expect_log(w, "; tried 2 times; it is not tried again before --retry-failed");
    expect_status(w, NULL, 3); /* on this host, and on any other */
    assert_int_equal(w->submits, 0);
    expect_log(w, "FAILED: s3://b/data/a.jsonl: not tried, since it ended the process of its "
                  "detection job 2 times; run with --retry-failed");
    expect_log(w, "Failed=1");
    world_free(w);
}

static void crashes_of_two_runs_count_together(void **state)
{
    UNUSED(state);
    world *w = world_with_a_crash(100, "--file-attempts=1", 3);
    assert_int_equal(w->submits, 1);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 2); /* the first is answered with the job of the run before */
    assert_int_equal(mark_count(w), 2);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 0);
    world_free(w);
}

static void retry_failed_tries_it_and_success_removes_the_mark(void **state)
{
    UNUSED(state);
    world *w = world_with_a_crash(2, "--log-level=info", 3);
    expect_status(w, WORDS("--retry-failed"), 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_int_equal(mark_count(w), 0);
    expect_nothing_left(w);
    world_free(w);
}

static void a_file_that_was_replaced_is_another_one(void **state)
{
    UNUSED(state);
    world *w = world_with_a_crash(2, "--log-level=info", 3);
    world_add(w, "a.jsonl", GOOD GOOD);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

static void a_success_after_a_crash_removes_the_mark(void **state)
{
    UNUSED(state);
    world *w = world_with_a_crash(1, "--log-level=info", 0);
    assert_int_equal(mark_count(w), 0);
    expect_log(w, "Clean=1 Contaminated=0 Failed=0");
    world_free(w);
}

static void a_mark_that_cannot_be_written_is_a_warning(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 1;
    w->refuse_put = "_decon/crashes";
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    expect_log(w, "other runs do not know that the file ended the process of its job");
    world_free(w);
}

/* --- max_failures --- */

static void add_files(world *w, unsigned broken, unsigned contaminated, unsigned good)
{
    for (unsigned i = 0; i < broken + contaminated + good; i++) {
        AUTO_FREE char *name = xasprintf("%03u.jsonl", i);
        world_add(w, name, i < broken ? "broken\n" : i < broken + contaminated ? BAD : GOOD);
    }
}

static void more_failures_than_the_limit_end_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 6, 0, 0);
    expect_status(w, WORDS("--max-failures=3", "--s3-workers=1"), 1);
    expect_log(w, "max_failures: 4 of 4 files failed, the limit is 3");
    expect_log(w, "2 files are left for the next run");
    world_free(w);
}

static void failures_up_to_the_limit_do_not_end_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 3, 1, 2);
    expect_status(w, WORDS("--max-failures=3"), 3);
    expect_log(w, "Clean=2 Contaminated=1 Failed=3");
    world_free(w);
}

static void a_percentage_counts_from_100_files_on(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 12, 45, 45);
    expect_status(w, WORDS("--max-failures=5%", "--s3-workers=1"), 1);
    expect_log(w, "of 100 files failed, the limit is 5%");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_ends_its_process_is_done_again_under_another_key),
        cmocka_unit_test(a_file_fails_after_its_last_attempt),
        cmocka_unit_test(one_attempt_is_the_last_one),
        cmocka_unit_test(a_download_that_failed_for_the_store_is_tried_again),
        cmocka_unit_test(a_fault_of_the_file_is_not_tried_again),
        cmocka_unit_test(other_files_continue_during_the_pause),
        cmocka_unit_test(a_run_that_stops_leaves_a_file_in_its_pause_to_the_next_run),
        cmocka_unit_test(attempts_of_one_file_count_once_for_a_common_cause),
        cmocka_unit_test(an_outage_ends_the_run_before_all_attempts_are_made),
        cmocka_unit_test(each_file_that_failed_has_a_line),
        cmocka_unit_test(a_failure_that_a_retry_fixes_has_no_line),
        cmocka_unit_test(the_second_crash_of_a_file_is_the_last),
        cmocka_unit_test(crashes_of_two_runs_count_together),
        cmocka_unit_test(retry_failed_tries_it_and_success_removes_the_mark),
        cmocka_unit_test(a_file_that_was_replaced_is_another_one),
        cmocka_unit_test(a_success_after_a_crash_removes_the_mark),
        cmocka_unit_test(a_mark_that_cannot_be_written_is_a_warning),
        cmocka_unit_test(more_failures_than_the_limit_end_the_run),
        cmocka_unit_test(failures_up_to_the_limit_do_not_end_the_run),
        cmocka_unit_test(a_percentage_counts_from_100_files_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
