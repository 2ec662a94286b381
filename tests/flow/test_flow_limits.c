/* Whole runs against a detection server that takes too long, hangs, or is busy. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

static uint64_t now_ms(const world *w)
{
    return clock_now_ms(fake_transport_base(w->fake));
}

/* Runs, and yields the duration. */
static uint64_t run_for(world *w, const char *const *words, int status)
{
    uint64_t begun_ms = now_ms(w);
    expect_status(w, words, status);
    return now_ms(w) - begun_ms;
}

static void a_job_that_never_ends_fails_its_file(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "stuck.jsonl", GOOD);
    world_add(w, "well.jsonl", GOOD GOOD);
    w->endless = "stuck";
    assert_in_range(run_for(w, NULL, 3), 600000, 640000);
    assert_non_null(world_find(w, "rep/well.clean"));
    assert_null(world_find(w, "rep/stuck.clean"));
    expect_log(w, "is not done, though the detection server answers /health: 10m00s");
    expect_log(w, "raise job_limit");
    expect_log(w, "Clean=1 Contaminated=0 Failed=1");
    w->endless = NULL;
    w->downloads = 0;
    expect_status(w, NULL, 0); /* the file was kept, the job is still running */
    assert_int_equal(w->downloads, 0);
    assert_int_equal(w->job_count, 2);
    world_free(w);
}

static void a_larger_text_has_more_time(void **state)
{
    UNUSED(state);
    world *w = world_new();
    AUTO_FREE char *words = xcalloc(1, 500001);
    memset(words, 'a', 500000);
    AUTO(buf) text = BUF(5 << 20);
    for (unsigned i = 0; i < 8; i++)
        buf_printf(&text, "{\"text\":\"%s\"}\n", words);
    world_add(w, "large.jsonl.gz", buf_str(&text));
    w->endless = "large";
    assert_in_range(run_for(w, WORDS("--job-limit", "10", "--poll-interval", "1"), 3), 14000,
                    20000);
    w->endless = NULL;
    w->polls_before_done = 200;
    expect_status(w, WORDS("--job-limit", "0"), 0);
    world_free(w);
}

/* The server receives a request and never answers. */
static void a_request_without_an_end_fails_its_file(void **state)
{
    UNUSED(state);
    static const char *const paths[] = {"/submit", "/status"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        world *w = world_new();
        world_add(w, "a.jsonl", GOOD);
        w->hang = paths[i];
        assert_in_range(run_for(w, NULL, 3), 600000, 680000);
        expect_log(w, "though the detection server answers /health");
        expect_log(w, "retrying while the server answers /health");
        expect_log(w, "Failed=1");
        w->hang = NULL;
        expect_status(w, NULL, 0);
        world_free(w);
    }
}

static void a_submission_that_always_fails_has_a_limit(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->submit_500 = 1000000;
    assert_in_range(run_for(w, NULL, 3), 600000, 640000);
    expect_log(w, "HTTP status 500");
    world_free(w);
}

/* The whole server hangs: an outage, not a fault of its files. */
static void hang_all(world *w, const char *job_id)
{
    UNUSED(job_id);
    w->hang = "/";
}

static void a_server_that_hangs_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->before_status = hang_all; /* of the first job */
    for (unsigned i = 0; i < 5; i++) {
        AUTO_FREE char *name = xasprintf("%u.jsonl", i);
        world_add(w, name, GOOD);
    }
    assert_in_range(run_for(w, NULL, 1), 300000, 400000);
    expect_log(w, "did not answer for 5m00s");
    assert_false(world_logged(w, "job_limit"));
    assert_false(world_logged(w, "WORK COMPLETE"));
    w->before_status = NULL;
    w->hang = NULL;
    expect_status(w, NULL, 0);
    world_free(w);
}

static void a_job_that_never_ends_at_a_server_that_hangs_then_is_an_outage(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->endless = "a.jsonl";
    w->busy_healths = 0;
    w->hang_after_healths = 1; /* /health answers at the start only */
    expect_status(w, NULL, 1);
    expect_log(w, "did not answer for 5m00s");
    world_free(w);
}

/* --- waiting does not count as failure --- */

static void jobs_that_wait_for_others_have_their_time(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->one_at_a_time = true;
    w->polls_before_done = 100; /* some 500 s each */
    for (unsigned i = 0; i < 4; i++) {
        AUTO_FREE char *name = xasprintf("%u.jsonl", i);
        world_add(w, name, GOOD);
    }
    assert_in_range(run_for(w, NULL, 0), 1500000, 3000000);
    world_free(w);
}

static void jobs_queued_after_one_that_never_ends_fail_too(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->one_at_a_time = true;
    w->endless = "jsonl";
    for (unsigned i = 0; i < 4; i++) {
        AUTO_FREE char *name = xasprintf("%u.jsonl", i);
        world_add(w, name, GOOD);
    }
    assert_in_range(run_for(w, NULL, 3), 600000, 3000000);
    expect_log(w, "was not started, and no other job made progress");
    world_free(w);
}

static void a_busy_server_is_waited_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->busy_submits = 200; /* at least 5 s each: longer than the limit of a job */
    assert_in_range(run_for(w, NULL, 0), 1000000, 2000000);
    expect_log(w, "HTTP status 503");
    world_free(w);
}

/* Pauses requested by the server do not count as time of the job: it ends soon after them. */
static void a_server_that_is_busy_while_a_job_runs_is_waited_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->busy_looks = 200;
    w->polls_before_done = 3;
    assert_in_range(run_for(w, NULL, 0), 1000000, 2000000);
    world_free(w);
}

static void a_server_that_is_not_ready_is_waited_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->busy_healths = 100;
    assert_true(run_for(w, WORDS("--server-wait", "10"), 0) > 10000);
    expect_log(w, "unavailable");
    expect_log(w, "waiting for the detection server");
    world_free(w);
}

static void a_server_that_is_always_busy_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->busy_submits = 1000000;
    assert_in_range(run_for(w, WORDS("--outage-wait", "2000"), 1), 2000000, 2100000);
    expect_log(w, "was busy for 33m20s");
    w->busy_submits = 0;
    w->busy_healths = 1000000;
    assert_in_range(run_for(w, WORDS("--outage-wait", "2000"), 1), 2000000, 2100000);
    expect_log(w, "was not ready for 33m20s");
    assert_false(world_logged(w, "WORK COMPLETE"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_never_ends_fails_its_file),
        cmocka_unit_test(a_larger_text_has_more_time),
        cmocka_unit_test(a_request_without_an_end_fails_its_file),
        cmocka_unit_test(a_submission_that_always_fails_has_a_limit),
        cmocka_unit_test(a_server_that_hangs_ends_the_run),
        cmocka_unit_test(a_job_that_never_ends_at_a_server_that_hangs_then_is_an_outage),
        cmocka_unit_test(jobs_that_wait_for_others_have_their_time),
        cmocka_unit_test(jobs_queued_after_one_that_never_ends_fail_too),
        cmocka_unit_test(a_busy_server_is_waited_for),
        cmocka_unit_test(a_server_that_is_busy_while_a_job_runs_is_waited_for),
        cmocka_unit_test(a_server_that_is_not_ready_is_waited_for),
        cmocka_unit_test(a_server_that_is_always_busy_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
