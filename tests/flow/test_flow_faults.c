/* Whole runs of the orchestrator against a scripted world: faults of files, server and store. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

/* --- faults of files --- */

static void a_deleted_object_fails_alone(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "gone.jsonl", GOOD);
    world_add(w, "here.jsonl", GOOD);
    w->gone = "gone";
    expect_status(w, NULL, 3);
    assert_non_null(world_find(w, "rep/here.clean"));
    assert_null(world_find(w, "rep/gone.clean"));
    expect_log(w, "deleted since the listing");
    expect_log(w, "FAILED: ");
    expect_nothing_left(w);
    world_free(w);
}

static void a_forbidden_object_fails_alone(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "secret.jsonl", GOOD);
    world_add(w, "here.jsonl", GOOD);
    w->forbidden = "secret";
    expect_status(w, NULL, 3);
    assert_non_null(world_find(w, "rep/here.clean"));
    assert_null(world_find(w, "rep/secret.clean"));
    expect_log(w, "AccessDenied");
    expect_nothing_left(w);
    world_free(w);
}

static void a_corrupt_file_never_reaches_the_server(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "cut.jsonl.gz", GOOD GOOD GOOD);
    world_object *cut = (world_object *)world_find(w, "data/cut.jsonl.gz");
    cut->len -= 6;
    world_add(w, "words.jsonl", GOOD "no json\n");
    world_add(w, "good.jsonl", GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 1);
    expect_log(w, "data/cut.jsonl.gz");
    expect_log(w, "replace it and run again");
    expect_log(w, "words.jsonl: line 2");
    expect_log(w, "Clean=1 Contaminated=0 Failed=2");
    expect_nothing_left(w);
    expect_status(w, WORDS("--verify", "stream"),
                  3); /* words.jsonl passes now, the cut file fails */
    assert_non_null(world_find(w, "rep/words.clean"));
    world_free(w);
}

static void colliding_inputs_are_refused(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "x.jsonl", BAD);
    world_add(w, "x.jsonl.gz", GOOD);
    world_add(w, "y.jsonl", GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 1);
    assert_null(world_find(w, "rep/x.clean"));
    assert_null(world_find(w, "rep/x.report.jsonl"));
    expect_log(w, "data/x.jsonl.gz");
    expect_log(w, "Failed=2");
    world_free(w);
}

static void a_server_that_reads_half_commits_nothing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->read_half = true;
    world_add(w, "dirty.jsonl.gz", GOOD BAD GOOD GOOD GOOD);
    world_add(w, "clean.jsonl.gz", GOOD GOOD GOOD GOOD);
    expect_status(w, NULL, 3);
    assert_string_equal(w->order, "");
    expect_log(w, "which must read the whole input");
    assert_int_equal(world_files_in(w, "reports"), 0); /* results of failed files are removed */
    assert_int_equal(world_files_in(w, "cleaned"), 0);
    world_free(w);
}

/* --- faults of the server --- */

static void a_failed_job_fails_its_file_with_the_servers_message(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->fail_jobs = 1;
    world_add(w, "first.jsonl", GOOD GOOD);
    world_add(w, "second.jsonl", GOOD);
    expect_status(w, NULL, 3);
    expect_log(w, "Processing error: it broke");
    expect_log(w, "Clean=1 Contaminated=0 Failed=1");
    assert_non_null(world_find(w, "data/first.jsonl"));
    assert_true(world_files_in(w, "work") > 0); /* kept */
    w->fail_jobs = 0;
    w->downloads = 0;
    expect_status(w, NULL, 0); /* the next run resumes it, without a new download */
    assert_int_equal(w->downloads, 0);
    assert_non_null(world_find(w, "rep/first.clean"));
    expect_nothing_left(w);
    world_free(w);
}

/* A later run must get another result than the old failure. */
static void an_old_failure_does_not_decide(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->fail_jobs = 1;
    world_add(w, "first.jsonl", GOOD);
    expect_status(w, NULL, 3);
    expect_status(w, NULL, 0); /* fail_jobs still makes the first job fail; a new one does not */
    assert_int_equal(w->submits, 2);
    world_free(w);
}

static void a_forgotten_job_is_submitted_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->forget_jobs = 2;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 4);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_non_null(world_find(w, "rep/b.report.jsonl"));
    world_free(w);
}

static void a_file_that_is_always_forgotten_fails(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->forget_jobs = 100;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 5);
    expect_log(w, "does this file end the server?");
    world_free(w);
}

static void a_submit_that_fails_is_tried_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->submit_500 = 3;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

static void no_server_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_down = true;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--server-wait", "20"), 1);
    assert_int_equal(w->downloads, 0);
    expect_log(w, "did not answer");
    assert_false(world_logged(w, "WORK COMPLETE"));
    world_free(w);
}

/* The next run resumes the job that a crashed run left at the server. */
static void a_job_of_a_crashed_run_is_taken_up(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->polls_before_done = 2;
    w->signal_at_submit = w->second_signal_at_submit = 1;
    world_add(w, "a.jsonl", BAD GOOD);
    expect_status(w, NULL, 143);
    assert_null(world_find(w, "rep/a.report.jsonl"));
    w->signal_at_submit = w->second_signal_at_submit = 0;
    expect_status(w, NULL, 0);
    assert_int_equal(w->job_count, 1); /* the same job */
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    expect_nothing_left(w);
    world_free(w);
}

/* --- faults of the store --- */

static void an_unwritable_report_directory_is_found_first(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->refuse_put = "rep/";
    expect_status(w, NULL, 1);
    assert_int_equal(w->downloads, 0);
    expect_log(w, "must be writable");
    w->refuse_put = "cle/";
    expect_status(w, NULL, 1);
    assert_int_equal(w->downloads, 0);
    w->refuse_put = NULL;
    w->missing_bucket = "nowhere";
    expect_status(w, WORDS("--remote-report-output-dir", "s3://nowhere/rep"), 1);
    assert_int_equal(w->downloads, 0);
    assert_false(world_logged(w, "WORK COMPLETE"));
    world_free(w);
}

static void a_missing_input_bucket_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->missing_bucket = "nowhere";
    expect_status(w, WORDS("--remote-file-input", "s3://nowhere/data"), 1);
    world_free(w);
}

static void a_store_that_throttles_is_asked_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->get_503 = 3;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    world_free(w);
}

/* The folder is writable: only this key is refused. */
static void an_upload_that_is_refused_keeps_all(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->refuse_put = "rep/a.report";
    world_add(w, "a.jsonl", BAD);
    expect_status(w, NULL, 3);
    expect_log(w, "Failed=1");
    assert_true(world_files_in(w, "work") > 0);
    assert_int_equal(world_files_in(w, "reports"), 1);
    w->refuse_put = NULL;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    assert_int_equal(w->job_count, 1); /* its results were used */
    expect_nothing_left(w);
    world_free(w);
}

static void the_run_waits_for_a_slow_last_upload(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->slow_put = "rep/a.report";
    world_add(w, "a.jsonl", BAD);
    uint64_t begun_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, NULL, 0);
    assert_true(clock_now_ms(fake_transport_base(w->fake)) - begun_ms >= 25000);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    assert_string_equal(world_last_line(w), "WORK COMPLETE EXITING");
    expect_nothing_left(w);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deleted_object_fails_alone),
        cmocka_unit_test(a_forbidden_object_fails_alone),
        cmocka_unit_test(a_corrupt_file_never_reaches_the_server),
        cmocka_unit_test(colliding_inputs_are_refused),
        cmocka_unit_test(a_server_that_reads_half_commits_nothing),
        cmocka_unit_test(a_failed_job_fails_its_file_with_the_servers_message),
        cmocka_unit_test(an_old_failure_does_not_decide),
        cmocka_unit_test(a_forgotten_job_is_submitted_again),
        cmocka_unit_test(a_file_that_is_always_forgotten_fails),
        cmocka_unit_test(a_submit_that_fails_is_tried_again),
        cmocka_unit_test(no_server_ends_the_run),
        cmocka_unit_test(a_job_of_a_crashed_run_is_taken_up),
        cmocka_unit_test(an_unwritable_report_directory_is_found_first),
        cmocka_unit_test(a_missing_input_bucket_ends_the_run),
        cmocka_unit_test(a_store_that_throttles_is_asked_again),
        cmocka_unit_test(an_upload_that_is_refused_keeps_all),
        cmocka_unit_test(the_run_waits_for_a_slow_last_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
