/* Whole runs of a host whose slices are opened in parts for others, in a scripted world. */
#include "base/util.h"
#include "orchestrator/claim/claim_table.h"
#include "base/digest/shard.h"
#include "tests/flow/flow_support.h"

#define CLAIM  "--distribution=claim"
#define SLICES 1024u
#define SLICE  7u /* all files are of it */
#define FILES  40u

/* Inputs of one slice; their parts differ. */
static void add_files(world *w, unsigned count)
{
    for (unsigned i = 0; count; i++) {
        AUTO_FREE char *name = xasprintf("f%u.jsonl", i);
        AUTO_FREE char *key = xasprintf("data/%s", name);
        if (shard_of_key(key, SLICES) != SLICE)
            continue;
        world_add(w, name, GOOD);
        count--;
    }
}

static void put_beside(world *w, const char *lease, const char *name)
{
    AUTO_FREE char *key =
        xasprintf("%.*s/%s", (int)(strstr(lease, "/lease/") - lease), lease, name);
    world_put(w, key, "{}", 2, 5);
}

/* Another host has nothing to do. */
static void wait_for_work(world *w, const char *method, const char *key)
{
    if (!str_equal(method, "PUT") || !strstr(key, "/lease/"))
        return;
    w->on_request = NULL;
    put_beside(w, key, "idle");
}

static void files_of_a_part_that_is_being_opened_do_not_begin(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, FILES);
    w->on_request = wait_for_work;
    w->slow_put = "/open/";
    w->polls_before_done =
        8; /* more than a second, so that some are begun when the parts are opened */
    expect_status(w, WORDS(CLAIM, "--claim-lease=10", "--max-concurrent-jobs=1", "--s3-workers=1"),
                  0);
    expect_log(w, "parts are open to other hosts: ");
    expect_log(w, "SUMMARY: Processed=40 Clean=40 ");
    assert_int_equal(w->submits, FILES);
    expect_nothing_left(w);
    world_free(w);
}

/* A host that had the slice before opens all its parts, after this one has planned it. */
static void open_all_parts(world *w, const char *method, const char *key)
{
    static char lease[200];
    if (str_equal(method, "PUT") && strstr(key, "/lease/"))
        snprintf(lease, sizeof lease, "%s", key);
    if (!str_equal(method, "GET") || !str_starts_with(key, "data/"))
        return;
    w->on_request = NULL;
    char text[PARTS_NAME_BYTES];
    AUTO_FREE char *name =
        xasprintf("open/%s", slice_parts_name((slice_id){SLICE, SLICES}, 0xffff, text));
    put_beside(w, lease, name);
}

static void a_part_that_another_host_opens_late_is_done_once_by_this_one(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 4);
    w->on_request = open_all_parts;
    w->polls_before_done = 40;
    expect_status(w, WORDS(CLAIM, "--claim-lease=10", "--max-concurrent-jobs=1", "--s3-workers=1"),
                  0);
    expect_log(w, "SUMMARY: Processed=4 Clean=4 ");
    assert_int_equal(w->submits, 4);
    expect_nothing_left(w);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_a_part_that_is_being_opened_do_not_begin),
        cmocka_unit_test(a_part_that_another_host_opens_late_is_done_once_by_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
