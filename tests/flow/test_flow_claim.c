/* Whole runs of hosts that claim their work, in a scripted world: slices become items, and are
 * closed. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#define CLAIM "--distribution=claim"

/* Objects of a round: `kind` is lease, done, failed or open. */
static size_t count_slices(const world *w, unsigned round, const char *kind)
{
    size_t count = 0;
    AUTO_FREE char *folder = xasprintf("_decon/claims/%u-", round);
    AUTO_FREE char *part = xasprintf("/%s/", kind);
    for (size_t i = 0; i < w->object_count; i++)
        count += strstr(w->objects[i].key, folder) && strstr(w->objects[i].key, part);
    return count;
}

static void a_single_host_does_all_slices(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", GOOD BAD GOOD);
    world_add(w, "b.jsonl.gz", GOOD);
    world_add(w, "c.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM), 0);
    expect_log(w, "this host claims slices of the input (distribution: claim)");
    expect_log(w, "SUMMARY: Processed=3 Clean=2 Contaminated=1 Failed=0");
    expect_text(w, "cle/a.clean.jsonl", GOOD GOOD);
    expect_text(w, "rep/b.clean", "");
    assert_int_equal(count_slices(w, 1, "done"), 3);
    assert_int_equal(count_slices(w, 1, "failed"), 0);
    expect_nothing_left(w);
    expect_status(w, WORDS(CLAIM), 0);
    assert_int_equal(w->submits, 0);
    expect_log(w, "claims: all slices are closed");
    assert_int_equal(count_slices(w, 2, "lease"), 0);
    world_free(w);
}

/* It shows all files, for any number of the host. */
static void a_dry_run_does_not_say_that_numbers_are_missing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM, "--dry-run", "--host-index=1", "--host-count=4"), 0);
    expect_log(w,
               "hosts claim slices of the input (distribution: claim); here all files are planned");
    expect_log(w, "would process: s3://b/data/a.jsonl");
    expect_log(w, "would process: s3://b/data/b.jsonl");
    assert_false(world_logged(w, "are not set"));
    assert_int_equal(count_slices(w, 1, "lease"), 0);
    world_free(w);
}

static void a_failed_file_closes_its_slice_and_is_tried_in_the_next_round(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "bad.jsonl", "{\"text\":\n");
    expect_status(w, WORDS(CLAIM), 3);
    assert_int_equal(count_slices(w, 1, "done"), 1);
    assert_int_equal(count_slices(w, 1, "failed"), 1);
    world_add(w, "bad.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM), 0);
    assert_int_equal(w->submits, 1);
    assert_int_equal(count_slices(w, 2, "done"), 2);
    world_free(w);
}

static void a_store_without_conditional_writes_is_refused(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->no_conditions = true;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS(CLAIM), 2);
    expect_log(w, "ignores If-None-Match of PutObject");
    expect_log(w, "--distribution hash with --host-index and --host-count");
    assert_int_equal(w->submits, 0);
    world_free(w);
}

/* The other host writes its lease once, while this one loads the file, and never renews it. */
static void take_leases(world *w, const char *method, const char *key)
{
    if (strcmp(method, "GET") != 0 || strcmp(key, "data/a.jsonl") != 0)
        return;
    w->on_request = NULL;
    for (size_t i = 0; i < w->object_count; i++)
        if (strstr(w->objects[i].key, "/lease/")) {
            AUTO_FREE char *lease = xstrdup(w->objects[i].key);
            static const char body[] = "{\"format\":1,\"nonce\":\"other\",\"write\":0}\n";
            world_put(w, lease, body, strlen(body), 5);
            return;
        }
}

static void a_slice_that_was_taken_over_is_left_and_taken_back(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->on_request = take_leases;
    w->slow_get = "data/a.jsonl"; /* longer than the lease */
    expect_status(w, WORDS(CLAIM, "--claim-lease=10", "--redo"), 0);
    expect_log(w, "another host has taken it over, since its lease was not renewed in time");
    expect_log(w, ": 1 files are left to the other host");
    expect_log(w, "is taken over: its host has not renewed its lease");
    expect_log(w, "SUMMARY: Processed=1 Clean=1 Contaminated=0 Failed=0");
    expect_text(w, "rep/a.clean", "");
    assert_int_equal(w->submits, 1);
    expect_nothing_left(w);
    world_free(w);
}

/* The other host claims the slice first, and never renews its lease. */
static void claim_first(world *w, const char *method, const char *key)
{
    if (strcmp(method, "PUT") != 0 || !strstr(key, "/lease/"))
        return;
    w->on_request = NULL;
    static const char body[] = "{\"format\":1,\"nonce\":\"other\",\"write\":0}\n";
    world_put(w, key, body, strlen(body), 5);
}

static void a_slice_of_another_host_is_waited_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->on_request = claim_first;
    expect_status(w, WORDS(CLAIM, "--claim-lease=10"), 0);
    expect_log(w, "is taken over: its host has not renewed its lease");
    expect_log(w, "SUMMARY: Processed=1 Clean=1 ");
    assert_int_equal(w->submits, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_host_does_all_slices),
        cmocka_unit_test(a_dry_run_does_not_say_that_numbers_are_missing),
        cmocka_unit_test(a_failed_file_closes_its_slice_and_is_tried_in_the_next_round),
        cmocka_unit_test(a_store_without_conditional_writes_is_refused),
        cmocka_unit_test(a_slice_that_was_taken_over_is_left_and_taken_back),
        cmocka_unit_test(a_slice_of_another_host_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
