/* Whole runs that are stopped: which files are finished or left, and how long that takes. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

static uint64_t now_ms(const world *w)
{
    return clock_now_ms(fake_transport_base(w->fake));
}

static world *world_of(unsigned files)
{
    world *w = world_new();
    for (unsigned i = 0; i < files; i++) {
        AUTO_FREE char *name = xasprintf("f%02u.jsonl", i);
        world_add(w, name, GOOD);
    }
    return w;
}

static void expect_completion(world *w, unsigned files)
{
    w->signal_at_submit = w->polls_before_done = 0;
    w->slow_get = w->endless = NULL;
    w->one_at_a_time = false;
    expect_status(w, NULL, 0);
    assert_int_equal(w->object_count, 2 * files);
    expect_nothing_left(w);
    world_free(w);
}

static void downloads_stop(void **state)
{
    UNUSED(state);
    world *w = world_of(20);
    world_add(w, "slow1.jsonl", GOOD GOOD);
    world_add(w, "slow2.jsonl", GOOD GOOD);
    w->slow_get = "slow";
    w->signal_at_submit = 20;
    uint64_t begun_ms = now_ms(w);
    expect_status(w, WORDS("--max-concurrent-jobs=20", "--s3-workers=30"), 143);
    assert_true(now_ms(w) - begun_ms < 20000);
    assert_null(world_find(w, "rep/slow1.clean"));
    expect_completion(w, 22);
}

static void files_that_wait_to_be_submitted_stay_on_the_disk(void **state)
{
    UNUSED(state);
    world *w = world_of(10);
    w->polls_before_done = 8; /* some 1.3 s */
    w->signal_at_submit = 2;
    uint64_t begun_ms = now_ms(w);
    expect_status(w, WORDS("--max-concurrent-jobs=1", "--s3-workers=16"), 143);
    assert_true(now_ms(w) - begun_ms < 20000); /* not until the drain limit */
    assert_int_equal(w->submits, 2);
    assert_true(world_files_in(w, "work") > 0);
    assert_int_equal(w->downloads, 10);
    w->downloads = 0;
    w->signal_at_submit = w->polls_before_done = 0;
    expect_status(w, NULL, 0);
    assert_int_equal(w->downloads, 0);
    expect_completion(w, 10);
}

static void jobs_that_wait_at_the_server_are_left(void **state)
{
    UNUSED(state);
    world *w = world_of(8);
    w->one_at_a_time = true;
    w->polls_before_done = 8; /* some 1.3 s */
    w->signal_at_submit = 8;
    expect_status(w, WORDS("--max-concurrent-jobs=8"), 143);
    assert_in_range(w->object_count, 9, 11);
    expect_completion(w, 8);
}

static void the_log_counts_what_is_finished_and_left(void **state)
{
    UNUSED(state);
    world *w = world_of(10);
    w->polls_before_done = 10;
    w->signal_at_submit = 4; /* one was done before */
    expect_status(w, WORDS("--max-concurrent-jobs=3", "--s3-workers=16"), 143);
    size_t done = w->object_count - 10;
    AUTO_FREE char *left = xasprintf("%zu files are left for the next run", 10 - done);
    expect_log(w, "stopping: ");
    expect_log(w, "within 25s (drain_limit)");
    expect_log(w, left);
    expect_completion(w, 10);
}

static void the_drain_limit_cancels_the_rest(void **state)
{
    UNUSED(state);
    static const struct {
        const char *option;
        uint64_t least_ms, most_ms;
    } limits[] = {{"--drain-limit=25", 25000, 30000},
                  {"--drain-limit=3", 3000, 8000},
                  {"--drain-limit=0", 0, 5000}};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        world *w = world_of(1);
        w->endless = "f00";
        w->signal_at_submit = 1;
        uint64_t begun_ms = now_ms(w);
        expect_status(w, WORDS(limits[i].option), 143);
        assert_in_range(now_ms(w) - begun_ms, limits[i].least_ms, limits[i].most_ms);
        expect_log(w, "drain_limit has passed");
        expect_log(w, "0 files were finished after it, 1 files are left");
        expect_completion(w, 1);
    }
}

/* The server goes away while the run waits for it to begin a file. */
static void a_submission_that_is_not_accepted_is_left(void **state)
{
    UNUSED(state);
    world *w = world_of(1);
    w->submit_500 = 1000000;
    w->signal_at_health = 4;
    uint64_t begun_ms = now_ms(w);
    expect_status(w, NULL, 143);
    assert_true(now_ms(w) - begun_ms < 20000);
    assert_false(world_logged(w, "drain_limit has passed"));
    w->submit_500 = w->signal_at_health = 0;
    expect_completion(w, 1);
}

/* --- spot instances --- */

static void expect_stop(const char *path, const char *words)
{
    world *w = world_of(4);
    w->notice = path;
    w->notice_at_submit = 2;
    w->polls_before_done = 10; /* the second job continues for some seconds after the notice */
    expect_status(w, WORDS("--spot-notices", "--max-concurrent-jobs=1", "--drain-limit=1"), 143);
    expect_log(w, words);
    expect_log(w, "finished within 1m40s (the limit of a spot notice)");
    expect_log(w, "stopped by a spot notice: ");
    assert_int_equal(w->submits, 2);
    assert_non_null(world_find(w, "rep/f03.clean"));
    w->polls_before_done = 0;
    expect_completion(w, 4);
}

static void a_spot_interruption_stops_the_run(void **state)
{
    UNUSED(state);
    expect_stop("/spot/instance-action",
                "spot interruption: {\"action\":\"terminate\"}: this instance will be interrupted");
}

static void a_rebalance_recommendation_stops_the_run(void **state)
{
    UNUSED(state);
    expect_stop("/recommendations/rebalance", "rebalance recommendation: {");
}

static void what_is_not_done_100_s_after_the_notice_is_cancelled(void **state)
{
    UNUSED(state);
    world *w = world_of(1);
    w->endless = "f00";
    w->notice = "/spot/instance-action";
    w->notice_at_submit = 1;
    uint64_t begun_ms = now_ms(w);
    expect_status(w, WORDS("--spot-notices"), 143);
    assert_in_range(now_ms(w) - begun_ms, 100000, 106000);
    expect_log(w, "the limit of a spot notice has passed: everything is cancelled");
    expect_completion(w, 1);
}

static void without_the_option_the_metadata_service_is_not_asked(void **state)
{
    UNUSED(state);
    world *w = world_of(1);
    w->notice = "/spot/instance-action";
    expect_status(w, NULL, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(downloads_stop),
        cmocka_unit_test(files_that_wait_to_be_submitted_stay_on_the_disk),
        cmocka_unit_test(jobs_that_wait_at_the_server_are_left),
        cmocka_unit_test(the_log_counts_what_is_finished_and_left),
        cmocka_unit_test(the_drain_limit_cancels_the_rest),
        cmocka_unit_test(a_submission_that_is_not_accepted_is_left),
        cmocka_unit_test(a_spot_interruption_stops_the_run),
        cmocka_unit_test(a_rebalance_recommendation_stops_the_run),
        cmocka_unit_test(what_is_not_done_100_s_after_the_notice_is_cancelled),
        cmocka_unit_test(without_the_option_the_metadata_service_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
