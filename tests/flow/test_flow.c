/* Whole runs of the orchestrator against a scripted world: every state, and the usual
 * transitions. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

/* --- usual runs --- */

static void a_server_with_another_content_key_gets_no_files(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->server_content_key = "body";
    expect_status(w, NULL, 2);
    expect_status(w, WORDS("--dry-run"), 2);
    assert_null(strstr(w->order, "GET in/"));
    expect_log(w, "content_key is 'text' here and 'body' at the detection server");
    w->server_content_key = "text";
    expect_status(w, NULL, 0);
    world_free(w);
}

static void a_server_without_records_gets_no_files(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->server_members = ",\"records\":0,\"sets\":0";
    expect_status(w, NULL, 2);
    expect_status(w, WORDS("--dry-run"), 2);
    assert_null(strstr(w->order, "GET in/"));
    expect_log(w, "has an index of 0 records and finds nothing");
    w->server_members = ",\"records\":67240,\"sets\":3";
    expect_status(w, NULL, 0);
    expect_log(w, "67,240 records of 3 sets");
    world_free(w);
}

/* The reference server does not report them. */
static void a_server_without_a_record_count_is_accepted(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    expect_log(w, "does not report the size of its index");
    world_free(w);
}

static void what_the_server_cannot_read_is_not_submitted(void **state)
{
    UNUSED(state);
    static const struct {
        const char *key, *members, *cause;
    } cases[] = {{"a.jsonl", ",\"max_line_size\":8", "the detection server"},
                 {"a.jsonl.zst", ",\"codec_memory\":1024", "raise its codec_memory"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        world *w = world_new();
        world_add(w, cases[i].key, GOOD);
        w->server_members = cases[i].members;
        expect_status(w, NULL, 3);
        expect_log(w, cases[i].cause);
        assert_int_equal(w->submits, 0);
        w->server_members = NULL;
        expect_status(w, NULL, 0);
        world_free(w);
    }
}

static void files_that_are_not_verified_are_submitted_as_lenient(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->unread_lines = 3;
    expect_status(w, NULL, 0);
    assert_int_equal(w->lenient_submits, 0);
    static const char *const levels[] = {"none", "stream"};
    for (unsigned i = 0; i < ARRAY_LEN(levels); i++) {
        AUTO_FREE char *name = xasprintf("%s.jsonl", levels[i]);
        world_add(w, name, GOOD);
        expect_status(w, WORDS("--verify", levels[i]), 0);
        assert_int_equal(w->lenient_submits, i + 1);
        expect_log(w, "jsonl: the detection server kept 3 lines unscanned");
    }
    world_free(w);
}

static void files_that_are_not_copied_are_counted(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD BAD GOOD);
    world_add(w, "c.jsonl", GOOD);
    expect_status(w, NULL, 0);
    expect_log(w, "2 files without matches were not copied to the folder of cleaned files; "
                  "copy_uncontaminated (--copy-uncontaminated) copies them");
    world_free(w);
}

static void clean_and_contaminated_files_are_done(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "clean.jsonl.gz", GOOD GOOD);
    world_add(w, "x/dirty.jsonl.zst", GOOD BAD GOOD);
    world_add(w, "x/clean.jsonl", GOOD); /* same name, other folder */
    expect_status(w, NULL, 0);
    expect_text(w, "rep/clean.clean", "");
    expect_text(w, "rep/x/clean.clean", "");
    expect_text(w, "rep/x/dirty.report.jsonl", "{\"training_line\":1}\n");
    assert_non_null(world_find(w, "cle/x/dirty.clean.jsonl.zst"));
    assert_null(world_find(w, "rep/x/dirty.clean"));
    const char *cleaned = strstr(w->order, "PUT cle/x/dirty.clean.jsonl.zst");
    const char *commit = strstr(w->order, "PUT rep/x/dirty.report.jsonl");
    assert_true(cleaned && commit && cleaned < commit); /* the commit goes up last */
    expect_log(w, "files to process: 3");
    expect_log(w, "SUMMARY: Processed=3 Clean=2 Contaminated=1 Failed=0 Time=");
    expect_log(w, "Skipped=0 Bytes=");
    assert_string_equal(world_last_line(w), "WORK COMPLETE EXITING");
    expect_nothing_left(w);
    world_free(w);
}

static void a_second_run_has_nothing_to_do(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "clean.jsonl.gz", GOOD);
    world_add(w, "dirty.jsonl", GOOD BAD);
    expect_status(w, NULL, 0);
    w->server_down = true; /* superseded */
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    expect_log(w, "SUMMARY: Processed=0 Clean=0 Contaminated=0 Failed=0 Time=0.0s Skipped=2");
    world_free(w);
}

static void hard_keys_are_ordinary(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a b.jsonl", GOOD);
    world_add(w, "it's \"q\".jsonl.gz", GOOD);
    world_add(w, "st*r?.jsonl", GOOD);
    world_add(w, "a+b%41#.jsonl", GOOD);
    world_add(w, "../x/./y//\xc3\xa9.jsonl", GOOD);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a b.clean"));
    assert_non_null(world_find(w, "rep/st*r?.clean"));
    assert_non_null(world_find(w, "rep/a+b%41#.clean"));
    assert_non_null(world_find(w, "rep/../x/./y//\xc3\xa9.clean"));
    expect_nothing_left(w);
    world_free(w);
}

static void files_of_no_lines_are_clean_without_submission(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "empty.jsonl", "");
    world_add(w, "hollow.jsonl.gz", "");
    world_put(w, "data/broken.jsonl.gz", "", 0, 1000000);
    world_add(w, "good.jsonl", GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->submits, 1);
    assert_non_null(world_find(w, "rep/empty.clean"));
    assert_non_null(world_find(w, "rep/hollow.clean"));
    assert_null(world_find(w, "rep/broken.clean"));
    expect_log(w, "ends early");
    expect_log(w, "Processed=3 Clean=3 Contaminated=0 Failed=1");
    assert_string_equal(world_last_line(w), "WORK COMPLETE EXITING");
    world_free(w);
}

static void uncontaminated_files_are_copied_on_request(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "clean.jsonl", GOOD);
    expect_status(w, WORDS("--copy-uncontaminated"), 0);
    expect_text(w, "cle/clean.clean.jsonl", GOOD);
    assert_true(strstr(w->order, "COPY cle/clean") < strstr(w->order, "PUT rep/clean.clean"));
    world_free(w);
}

static void jobs_stay_within_their_number(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->polls_before_done = 3;
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%02d.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, WORDS("--max-concurrent-jobs", "3"), 0);
    assert_int_equal(w->peak_open_jobs, 3);
    expect_status(w, WORDS("--redo"), 0); /* default: 4 x worker_threads */
    assert_int_equal(w->submits, 30);
    world_free(w);
}

static void a_small_disk_budget_changes_no_result(void **state)
{
    UNUSED(state);
    world *w = world_new();
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%d.jsonl", i);
        world_add(w, name, GOOD GOOD);
    }
    uint64_t begun_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, WORDS("--disk-budget", "20"), 0); /* less than one file */
    assert_int_equal(w->submits, 6);
    /* Each file but the last stays for cleanup_delay and counts toward the disk budget. */
    uint64_t took_ms = clock_now_ms(fake_transport_base(w->fake)) - begun_ms;
    assert_in_range(took_ms, 50000, 59000);
    expect_nothing_left(w);
    world_free(w);
}

/* --- redo --- */

static void a_changed_input_is_done_again_and_the_old_commit_goes(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    int64_t later_s = world_find(w, "rep/a.report.jsonl")->time_s + 60;
    world_put(w, "data/a.jsonl", GOOD, strlen(GOOD), later_s);
    fake_advance(w->fake, 120000);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_true(strstr(w->order, "PUT rep/a.clean") < strstr(w->order, "DELETE rep/a.report"));
    world_free(w);
}

static void redo_does_all_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", BAD GOOD);
    world_add(w, "b.jsonl", GOOD);
    world_put(w, "rep/a.clean", "", 0, 2000000000); /* reported as clean, is contaminated */
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    expect_status(w, WORDS("--redo"), 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    assert_null(world_find(w, "rep/a.clean"));
    assert_non_null(world_find(w, "rep/b.clean"));
    expect_nothing_left(w);
    world_free(w);
}

/* --- debug, dry run, shares, signals --- */

static void a_debug_run_uploads_and_removes_nothing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", BAD GOOD GOOD);
    world_add(w, "b.jsonl", GOOD GOOD);
    world_add(w, "c.jsonl", GOOD);
    expect_status(w, WORDS("--max-files-debug", "2"), 0);
    assert_string_equal(w->order, "");
    assert_int_equal(w->object_count, 3);
    assert_int_equal(w->submits, 2);
    assert_int_equal(world_files_in(w, "reports"), 1);
    assert_int_equal(world_files_in(w, "cleaned"), 2);
    expect_log(w, "/reports");
    expect_log(w, "Processed=2 Clean=1 Contaminated=1 Failed=0");
    world_free(w);
}

static void a_dry_run_touches_nothing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    world_put(w, "data/readme.txt", "x", 1, 5);
    expect_status(w, WORDS("--dry-run"), 0);
    assert_string_equal(w->order, "");
    assert_int_equal(w->downloads + w->submits, 0);
    assert_int_equal(world_files_in(w, "work"), 0);
    for (size_t i = 0; i < fake_request_count(w->fake); i++)
        assert_string_equal(fake_request_at(w->fake, i)->method, "GET");
    expect_log(w, "would process: s3://b/data/a.jsonl");
    world_free(w);
}

static void two_hosts_share_without_overlap(void **state)
{
    UNUSED(state);
    world *w = world_new();
    for (int i = 0; i < 12; i++) {
        char name[32];
        snprintf(name, sizeof name, "part-%d.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, WORDS("--host-index=0", "--host-count=2"), 0);
    unsigned first = w->submits;
    assert_in_range(first, 1, 11);
    expect_status(w, WORDS("--host-index=1", "--host-count=2"), 0);
    assert_int_equal(first + w->submits, 12);
    assert_int_equal(w->object_count, 24);
    world_free(w);
}

static void the_first_signal_lets_files_in_flight_finish(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->signal_at_submit = 1;
    w->polls_before_done = 2;
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%02d.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, WORDS("--max-concurrent-jobs=1", "--s3-workers=1"), 143);
    assert_in_range(w->submits, 1, 4); /* only the files in flight */
    assert_int_equal(w->object_count, 20 + w->submits);
    expect_log(w, "LEFT: ");
    assert_false(world_logged(w, "WORK COMPLETE"));
    w->signal_at_submit = 0;
    expect_status(w, NULL, 0);
    assert_int_equal(w->object_count, 40);
    expect_nothing_left(w);
    world_free(w);
}

static void a_signal_before_the_first_file_ends_at_once(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->signal_at_listing = true;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 143);
    assert_int_equal(w->downloads + w->submits, 0);
    world_free(w);
}

static void the_second_signal_cancels(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->signal_at_submit = w->second_signal_at_submit = 1;
    w->polls_before_done = 1000000;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD);
    uint64_t begun_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, NULL, 143);
    assert_in_range(clock_now_ms(fake_transport_base(w->fake)) - begun_ms, 0, 5000);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_another_content_key_gets_no_files),
        cmocka_unit_test(a_server_without_records_gets_no_files),
        cmocka_unit_test(a_server_without_a_record_count_is_accepted),
        cmocka_unit_test(what_the_server_cannot_read_is_not_submitted),
        cmocka_unit_test(files_that_are_not_verified_are_submitted_as_lenient),
        cmocka_unit_test(files_that_are_not_copied_are_counted),
        cmocka_unit_test(a_server_with_another_content_key_gets_no_files),
        cmocka_unit_test(clean_and_contaminated_files_are_done),
        cmocka_unit_test(a_second_run_has_nothing_to_do),
        cmocka_unit_test(hard_keys_are_ordinary),
        cmocka_unit_test(files_of_no_lines_are_clean_without_submission),
        cmocka_unit_test(uncontaminated_files_are_copied_on_request),
        cmocka_unit_test(jobs_stay_within_their_number),
        cmocka_unit_test(a_small_disk_budget_changes_no_result),
        cmocka_unit_test(a_changed_input_is_done_again_and_the_old_commit_goes),
        cmocka_unit_test(redo_does_all_again),
        cmocka_unit_test(a_debug_run_uploads_and_removes_nothing),
        cmocka_unit_test(a_dry_run_touches_nothing),
        cmocka_unit_test(two_hosts_share_without_overlap),
        cmocka_unit_test(the_first_signal_lets_files_in_flight_finish),
        cmocka_unit_test(a_signal_before_the_first_file_ends_at_once),
        cmocka_unit_test(the_second_signal_cancels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
