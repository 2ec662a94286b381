/* Whole runs of hosts that claim their work, after other runs: kept downloads, other settings,
 * files that ended their processes. */
#include "base/util.h"
#include "orchestrator/claim/claim_plan.h"
#include "tests/fake/world_inside.h"
#include "tests/flow/flow_support.h"

#define CLAIM "--distribution=claim"
#define ONE   "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO   "2222222222222222222222222222222222222222222222222222222222222222"
#define SERVER_OF_ONE                                                                              \
    ",\"fingerprint\":\"" ONE "\",\"settings\":{\"contamination_score_threshold\":0.8}"
#define SERVER_OF_TWO                                                                              \
    ",\"fingerprint\":\"" TWO "\",\"settings\":{\"contamination_score_threshold\":0.1}"
#define FILES 10u

static unsigned loaded; /* GETs of inputs */

static void count_loads(world *w, const char *method, const char *key)
{
    UNUSED(w);
    loaded += str_equal(method, "GET") && str_starts_with(key, "data/");
}

/* The signal arrives at the end of the second job, while a downloaded file waits for the server.
 * (The first file of a run is tried alone.) */
static void stop_at_second(world *w, const char *job_id)
{
    if (!str_equal(job_id, "job-2"))
        return;
    w->before_status = NULL;
    world_signal(w);
}

static world *world_with_downloads(void)
{
    world *w = world_new();
    for (unsigned i = 0; i < FILES; i++) {
        AUTO_FREE char *name = xasprintf("f%02u.jsonl", i);
        world_add(w, name, GOOD);
    }
    loaded = 0;
    w->on_request = count_loads;
    w->polls_before_done = 8; /* some 1.3 s */
    w->before_status = stop_at_second;
    expect_status(w, WORDS(CLAIM, "--max-concurrent-jobs=1"), 143);
    w->polls_before_done = 0;
    if (world_files_in(w, "work") == 0)
        fail_msg("nothing is left; log:\n%s", buf_str(&w->log));
    return w;
}

static void downloads_of_an_earlier_run_are_used(void **state)
{
    UNUSED(state);
    world *w = world_with_downloads();
    assert_true(loaded < FILES);
    expect_status(w, WORDS(CLAIM), 0);
    expect_log(w, "1 downloads of an earlier run; their slices are claimed first");
    assert_int_equal(loaded, FILES);
    expect_nothing_left(w);
    world_free(w);
}

static char *left_slice;

/* The first slice that this run claims has a kept file; another host closes the slice first. */
static void do_it_first(world *w, const char *method, const char *key)
{
    static const char lease[] = "/lease/", body[] = "{}\n";
    const char *at = strstr(key, lease);
    if (!str_equal(method, "PUT") || !at)
        return;
    w->on_request = NULL;
    left_slice = xasprintf("%.*s/done/%s", (int)(at - key), key, at + strlen(lease));
    world_put(w, left_slice, body, strlen(body), 5);
    world_put(w, key, "other", 5, 5);
}

static void a_download_whose_file_another_host_did_is_removed(void **state)
{
    UNUSED(state);
    world *w = world_with_downloads();
    w->on_request = do_it_first;
    expect_status(w, WORDS(CLAIM), 0);
    assert_non_null(left_slice);
    free(move(left_slice));
    expect_log(w, "SUMMARY: Processed=");
    expect_nothing_left(w);
    world_free(w);
}

static world *done_with_one(void)
{
    world *w = world_new();
    w->server_members = SERVER_OF_ONE;
    w->keys_known = false; /* another server, which does not know the jobs of the first */
    world_add(w, "clean.jsonl", GOOD);
    world_add(w, "dirty.jsonl", GOOD BAD);
    expect_status(w, NULL, 0);
    w->server_members = SERVER_OF_TWO;
    return w;
}

static void other_settings_are_refused_by_name(void **state)
{
    UNUSED(state);
    world *w = done_with_one();
    expect_status(w, WORDS(CLAIM), 2);
    expect_log(w, "s3://b/rep/: results were made with other settings (threshold 0.8 -> 0.1); use "
                  "another report folder");
    assert_int_equal(w->submits, 0);
    world_free(w);
}

/* The other hosts could not join its round. */
static void a_refused_host_begins_no_round(void **state)
{
    UNUSED(state);
    world *w = done_with_one();
    world_add(w, "new.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM), 2);
    w->server_members = SERVER_OF_ONE;
    expect_status(w, WORDS(CLAIM), 0);
    assert_int_equal(w->submits, 1);
    world_free(w);
}

static void other_settings_are_made_again_on_request(void **state)
{
    UNUSED(state);
    world *w = done_with_one();
    expect_status(w, WORDS(CLAIM, "--on-settings-change=redo"), 0);
    expect_log(w, "results of other settings (threshold 0.8 -> 0.1) are made again");
    assert_int_equal(w->submits, 2);
    world_free(w);
}

static void a_run_with_other_settings_is_described(void **state)
{
    UNUSED(state);
    static const char key[] = "rep/_decon/" CLAIM_PLAN_NAME;
    world *w = done_with_one();
    AUTO(buf) plan = BUF(4096);
    claim_plan_write(&(claim_plan){.round = 2,
                                   .slices = 1024,
                                   .used = 5,
                                   .fingerprint = (char *)ONE,
                                   .input = (char *)"s3://b/data/",
                                   .lists = (char *)""},
                     "0123456789abcdef0123456789abcdef", &plan);
    world_put(w, key, buf_str(&plan), plan.len, 1);
    expect_status(w, WORDS(CLAIM, "--on-settings-change=keep"), 2);
    expect_log(w,
               "s3://b/rep/_decon/claims/plan.json: a claim run with other detection settings is "
               "in progress (threshold 0.8 -> 0.1); start all hosts with the same "
               "options");
    world_free(w);
}

static void a_file_that_ended_its_process_twice_is_tried_on_request(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->crash_jobs = 2;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM), 3);
    w->crash_jobs = 0;
    expect_status(w, WORDS(CLAIM), 3);
    assert_int_equal(w->submits, 0);
    expect_status(w, WORDS(CLAIM, "--retry-failed"), 0);
    assert_int_equal(w->submits, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(downloads_of_an_earlier_run_are_used),
        cmocka_unit_test(a_download_whose_file_another_host_did_is_removed),
        cmocka_unit_test(other_settings_are_refused_by_name),
        cmocka_unit_test(a_refused_host_begins_no_round),
        cmocka_unit_test(other_settings_are_made_again_on_request),
        cmocka_unit_test(a_run_with_other_settings_is_described),
        cmocka_unit_test(a_file_that_ended_its_process_twice_is_tried_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
