/* The job table: order, states, full queue, idempotency, removal of old jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "detection/job/job_id.h"
#include "detection/job/jobs.h"
#include "tests/fake/detect_site.h"

static uint64_t now_ms;

static uint64_t fake_now_ms(void)
{
    return now_ms;
}

static jobs *make_table(size_t capacity, size_t keep_bytes)
{
    jobs_options options = {
        .capacity = capacity, .keep_bytes = keep_bytes, .keep_ms = 1000, .now_ms = fake_now_ms};
    now_ms = 5000;
    return jobs_new(&options);
}

static int set_up(void **state)
{
    *state = make_table(3, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    jobs_free(*state);
    return 0;
}

static void expect_status(jobs *j, const char *id, const char *want)
{
    AUTO(buf) json = BUF(65536);
    jobs_status(j, id, &json);
    if (!strstr(buf_str(&json), want))
        fail_msg("%s instead of %s", buf_str(&json), want);
}

static submit_result submit_job(jobs *j, const char *path, const char *key, char id[JOB_ID_BYTES])
{
    return jobs_submit(j, &(job_submission){.path = path, .key = key}, id);
}

static void submit_new(jobs *j, const char *path, const char *key, char id[JOB_ID_BYTES])
{
    assert_int_equal(submit_job(j, path, key, id), SUBMIT_NEW);
}

static void finish_next(jobs *j, const char *error)
{
    if (error)
        jobs_fail(j, jobs_take(j), error, ERR_JSONL, false);
    else
        jobs_finish(j, jobs_take(j), &(job_outcome){0});
}

static void completed_jobs_carry_the_fingerprint(void **state)
{
    char id[JOB_ID_BYTES];
    AUTO(buf) json = BUF(4096);
    AUTO_PTR(jobs)
    j = jobs_new(&(jobs_options){.capacity = 3,
                                 .keep_bytes = 1 << 20,
                                 .keep_ms = 1000,
                                 .now_ms = fake_now_ms,
                                 .fingerprint = "0123abcd"});
    UNUSED(state);
    submit_new(j, "/a", NULL, id);
    jobs_status(j, id, &json);
    assert_null(strstr(buf_str(&json), "fingerprint"));
    finish_next(j, NULL);
    expect_status(j, id, "\"fingerprint\":\"0123abcd\",\"job_id\"");
}

static void a_job_that_ended_its_process_says_so(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES];
    submit_new(j, "/a", NULL, id);
    jobs_fail(j, jobs_take(j), "Task error: signal 11", ERR_JOB_FAILED, true);
    expect_status(j, id, "\"process_ended\":true,\"status\":\"failed\"");
}

static void jobs_go_through_their_states(void **state)
{
    jobs *j = *state;
    char first[JOB_ID_BYTES], second[JOB_ID_BYTES];
    AUTO(buf) json = BUF(65536);
    submit_new(j, "/a", NULL, first);
    submit_new(j, "/a", NULL, second);
    assert_string_not_equal(first, second);
    assert_int_equal(first[14], '4'); /* a UUID of version 4 */
    assert_non_null(strchr("89ab", first[19]));
    expect_status(j, first, "\"status\":\"pending\"");
    server_job *job = jobs_take(j);
    assert_string_equal(job->id, first);
    assert_string_equal(job->path, "/a");
    expect_status(j, first, "\"status\":\"processing\"");
    job_outcome outcome = {.report_path = xstrdup("r/x"), .cleaned_path = xstrdup("c/x")};
    jobs_finish(j, job, &outcome);
    job_outcome_deinit(&outcome);
    jobs_status(j, first, &json);
    AUTO_FREE char *want = xasprintf("{\"job_id\":\"%s\",\"output_path\":\"r/x\","
                                     "\"purified_path\":\"c/x\",\"status\":\"completed\"}",
                                     first);
    assert_string_equal(buf_str(&json), want);
    finish_next(j, "Processing error: \"why\"");
    expect_status(
        j, second,
        "{\"error\":\"Processing error: \\\"why\\\"\",\"error_code\":\"JSONL\",\"job_id\":");
    expect_status(j, second, "\"status\":\"failed\"}");
    expect_status(j, "unknown", "{\"error\":\"Job not found\"}");
}

static void full_queue_refuses(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], first[JOB_ID_BYTES];
    submit_new(j, "/1", "k1", first);
    submit_new(j, "/2", NULL, id);
    submit_new(j, "/3", NULL, id);
    assert_int_equal(submit_job(j, "/4", NULL, id), SUBMIT_FULL);
    assert_int_equal(submit_job(j, "/1", "k1", id), SUBMIT_SAME); /* needs no space */
    assert_string_equal(id, first);
    assert_int_equal(jobs_waiting_count(j), 3);
    finish_next(j, NULL);
    submit_new(j, "/4", NULL, id);
}

static void same_key_same_job(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], again[JOB_ID_BYTES];
    submit_new(j, "/nowhere/f", "key", id);
    assert_int_equal(submit_job(j, "/nowhere/f", "key", again), SUBMIT_SAME);
    assert_string_equal(id, again);
    assert_int_equal(submit_job(j, "/nowhere/g", "key", again), SUBMIT_KEY_TAKEN);
    server_job *job = jobs_take(j);
    assert_int_equal(submit_job(j, "/nowhere/f", "key", again), SUBMIT_SAME);
    job_outcome outcome = {0};
    jobs_finish(j, job, &outcome);
    assert_int_equal(submit_job(j, "/nowhere/f", "key", again), SUBMIT_SAME);
    assert_string_equal(id, again);
    submit_new(j, "/nowhere/f", "another key", again);
    assert_string_not_equal(id, again);
}

static void failed_job_frees_its_key(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], again[JOB_ID_BYTES];
    submit_new(j, "/nowhere/f", "key", id);
    finish_next(j, "Processing error: x");
    submit_new(j, "/nowhere/g", "key", again);
    assert_string_not_equal(id, again);
    expect_status(j, id, "failed");
}

static void changed_input_is_a_new_job(void **state)
{
    jobs *j = *state;
    detect_site site;
    char id[JOB_ID_BYTES], again[JOB_ID_BYTES];
    detect_site_init(&site);
    AUTO_FREE char *path = detect_site_file(&site, "f", SLICE_LIT("one"));
    submit_new(j, path, "key", id);
    finish_next(j, NULL);
    assert_int_equal(submit_job(j, path, "key", again), SUBMIT_SAME);
    free(detect_site_file(&site, "f", SLICE_LIT("three")));
    submit_new(j, path, "key", again);
    assert_string_not_equal(id, again);
    assert_int_equal(submit_job(j, path, "key", id), SUBMIT_SAME); /* the new one has the key */
    assert_string_equal(id, again);
    expect_status(j, id, "pending");
    detect_site_deinit(&site);
}

static void removed_outputs_make_a_new_job(void **state)
{
    jobs *j = *state;
    detect_site site;
    char id[JOB_ID_BYTES], again[JOB_ID_BYTES];
    detect_site_init(&site);
    job_outcome outcome = {.report_path = detect_site_file(&site, "report", SLICE_LIT("{}"))};
    submit_new(j, "/nowhere/f", "key", id);
    jobs_finish(j, jobs_take(j), &outcome);
    assert_int_equal(submit_job(j, "/nowhere/f", "key", again), SUBMIT_SAME);
    assert_true(fs_remove(outcome.report_path, NULL));
    submit_new(j, "/nowhere/f", "key", again);
    job_outcome_deinit(&outcome);
    detect_site_deinit(&site);
}

static void finished_jobs_are_forgotten_in_the_end(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], later[JOB_ID_BYTES];
    submit_new(j, "/nowhere/f", "key", id);
    finish_next(j, NULL);
    now_ms += 999;
    submit_new(j, "/nowhere/g", NULL, later);
    finish_next(j, "Processing error: x");
    expect_status(j, id, "completed");
    now_ms += 1;
    submit_new(j, "/nowhere/h", "key", later); /* its key was removed with it */
    expect_status(j, id, "Job not found");
    jobs_counts counts = jobs_count(j);
    assert_int_equal(counts.completed, 0);
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.pending, 1);
}

static void finished_jobs_have_a_bound_of_memory(void **state)
{
    UNUSED(state);
    char ids[6][JOB_ID_BYTES];
    AUTO_PTR(jobs) one = make_table(3, 1 << 20);
    submit_new(one, "/nowhere/f", NULL, ids[0]);
    finish_next(one, NULL);
    size_t job_bytes = jobs_count(one).finished_bytes;
    assert_true(job_bytes > strlen("/nowhere/f"));
    AUTO_PTR(jobs) j = make_table(3, 4 * job_bytes);
    for (size_t i = 0; i < 5; i++) {
        submit_new(j, "/nowhere/f", NULL, ids[i]);
        finish_next(j, NULL);
    }
    expect_status(j, ids[0], "Job not found"); /* four fit */
    expect_status(j, ids[1], "completed");
    assert_int_equal(jobs_count(j).finished_bytes, 4 * job_bytes);
    submit_new(j, "/nowhere/f", NULL, ids[5]);
    finish_next(j, "words of an error take memory too");
    expect_status(j, ids[2], "Job not found"); /* and two were removed */
    expect_status(j, ids[3], "completed");
    expect_status(j, ids[5], "failed");
}

static void a_day_of_jobs(void **state)
{
    UNUSED(state);
    AUTO_PTR(jobs) j = make_table(10000, (size_t)128 << 20);
    char first[JOB_ID_BYTES], id[JOB_ID_BYTES];
    for (size_t i = 0; i < 10000; i++)
        submit_new(j, "/nowhere/a-path-of-a-usual-length/part-00001.jsonl.gz", NULL,
                   i == 0 ? first : id);
    assert_int_equal(submit_job(j, "/nowhere/f", NULL, id), SUBMIT_FULL);
    assert_int_equal(jobs_count(j).pending, 10000);
    for (size_t i = 0; i < 10000; i++)
        finish_next(j, NULL);
    expect_status(j, first, "completed");
    submit_new(j, "/nowhere/f", NULL, id);
}

static void waiting_is_measured(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES];
    submit_new(j, "/1", NULL, id);
    now_ms += 70;
    server_job *job = jobs_take(j);
    assert_int_equal(job->waited_ms, 70);
    assert_int_equal(jobs_count(j).processing, 1);
    assert_int_equal(jobs_count(j).pending, 0);
    job_outcome outcome = {0};
    jobs_finish(j, job, &outcome);
    assert_int_equal(jobs_count(j).processing, 0);
}

static void stopping_takes_no_more(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], waiting[JOB_ID_BYTES];
    submit_new(j, "/1", NULL, id);
    submit_new(j, "/2", "key", waiting);
    server_job *running = jobs_take(j);
    jobs_stop(j);
    assert_null(jobs_take(j));
    assert_int_equal(submit_job(j, "/3", NULL, waiting), SUBMIT_STOPPING);
    assert_int_equal(submit_job(j, "/2", "key", waiting), SUBMIT_STOPPING); /* it never runs */
    job_outcome outcome = {0};
    jobs_finish(j, running, &outcome);
    expect_status(j, id, "completed");
}

static void an_outcome_is_untold_until_it_was_asked_for(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], failed[JOB_ID_BYTES];
    AUTO(buf) json = BUF(65536);
    submit_new(j, "/1", NULL, id);
    submit_new(j, "/2", NULL, failed);
    assert_false(jobs_status(j, id, &json));
    jobs_reported(j, id); /* waiting is not an outcome */
    assert_false(jobs_unreported(j, 100));
    finish_next(j, NULL);
    finish_next(j, "broken");
    assert_true(jobs_unreported(j, 100));
    assert_true(jobs_status(j, id, &json));
    assert_true(jobs_unreported(j, 100)); /* not sent yet */
    jobs_reported(j, id);
    jobs_reported(j, "another");
    assert_true(jobs_unreported(j, 100));
    now_ms += 99;
    assert_true(jobs_unreported(j, 100));
    now_ms += 1;
    assert_false(jobs_unreported(j, 100)); /* no client will poll */
    now_ms -= 1;
    jobs_reported(j, failed);
    assert_false(jobs_unreported(j, 100));
}

/* The result of a lenient job does not answer a strict submission, and vice versa. */
static void lenient_jobs_answer_no_others(void **state)
{
    jobs *j = *state;
    char first[JOB_ID_BYTES], id[JOB_ID_BYTES];
    job_submission s = {.path = "/nowhere/f", .key = "key", .lenient = true};
    assert_int_equal(jobs_submit(j, &s, first), SUBMIT_NEW);
    assert_int_equal(jobs_submit(j, &s, id), SUBMIT_SAME);
    s.lenient = false;
    assert_int_equal(jobs_submit(j, &s, id), SUBMIT_NEW);
    assert_string_not_equal(first, id);
    for (int i = 0; i < 2; i++) {
        server_job *job = jobs_take(j);
        assert_int_equal(job->lenient, i == 0);
        jobs_finish(j, job, &(job_outcome){0});
    }
}

static void jobs_of_another_cleaned_format_answer_no_others(void **state)
{
    jobs *j = *state;
    char first[JOB_ID_BYTES], id[JOB_ID_BYTES];
    job_submission s = {.path = "/nowhere/f", .key = "key", .cleaned_as_input = true};
    assert_int_equal(jobs_submit(j, &s, first), SUBMIT_NEW);
    assert_int_equal(jobs_submit(j, &s, id), SUBMIT_SAME);
    s.cleaned_as_input = false;
    assert_int_equal(jobs_submit(j, &s, id), SUBMIT_NEW);
    assert_string_not_equal(first, id);
    for (int i = 0; i < 2; i++) {
        server_job *job = jobs_take(j);
        assert_int_equal(job->cleaned_as_input, i == 0);
        jobs_finish(j, job, &(job_outcome){0});
    }
}

static void unread_lines_are_part_of_the_status(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES];
    submit_new(j, "/f", NULL, id);
    job_outcome outcome = {.unread_lines = 3};
    jobs_finish(j, jobs_take(j), &outcome);
    expect_status(j, id, "\"status\":\"completed\",\"unread_lines\":3}");
}

static void a_tag_begins_the_id(void **state)
{
    jobs *j = *state;
    char id[JOB_ID_BYTES], same[JOB_ID_BYTES];
    job_submission s = {.path = "/a", .key = "k", .tag = "c7b674c184cc"};
    assert_int_equal(jobs_submit(j, &s, id), SUBMIT_NEW);
    assert_memory_equal(id, "c7b674c1-84cc-8", 15); /* a UUID of version 8 */
    assert_int_equal(strlen(id), JOB_ID_BYTES - 1);
    s.tag = "000000000000";
    assert_int_equal(jobs_submit(j, &s, same), SUBMIT_SAME);
    assert_string_equal(same, id);
    static const char *const bad[] = {"", "c7b674c184c", "C7B674C184CC", "c7b674c184cc0",
                                      "../../c184cc"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(job_tag_is_good(bad[i]));
    assert_true(job_tag_is_good("c7b674c184cc"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lenient_jobs_answer_no_others),
        TEST(jobs_of_another_cleaned_format_answer_no_others),
        TEST(unread_lines_are_part_of_the_status),
        TEST(a_tag_begins_the_id),
        TEST(completed_jobs_carry_the_fingerprint),
        TEST(a_job_that_ended_its_process_says_so),
        TEST(jobs_go_through_their_states),
        TEST(full_queue_refuses),
        TEST(same_key_same_job),
        TEST(failed_job_frees_its_key),
        TEST(changed_input_is_a_new_job),
        TEST(removed_outputs_make_a_new_job),
        TEST(finished_jobs_are_forgotten_in_the_end),
        TEST(finished_jobs_have_a_bound_of_memory),
        TEST(a_day_of_jobs),
        TEST(waiting_is_measured),
        TEST(stopping_takes_no_more),
        TEST(an_outcome_is_untold_until_it_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
