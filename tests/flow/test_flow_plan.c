/* Whole runs against a scripted world: an input without a training file, and what --dry-run says. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

static void refuse(world *w, const char *input, const char *words)
{
    AUTO_FREE char *argument = xasprintf("--remote-file-input=%s", input);
    expect_status(w, WORDS(argument), 2);
    expect_log(w, words);
    expect_log(w, input);
    expect_log(w, "--allow-empty");
    assert_false(world_logged(w, "WORK COMPLETE"));
    expect_status(w, WORDS(argument, "--dry-run"), 2);
    expect_log(w, words);
    assert_int_equal(w->downloads + w->submits, 0);
}

static void a_misspelt_input_names_the_nearest_that_exists(void **state)
{
    UNUSED(state);
    static const struct {
        const char *input, *nearest;
    } rows[] = {
        {"s3://b/trainng/v3", "the nearest that exists is s3://b/training/v3/;"},
        {"s3://b/trainng/v3/", "the nearest that exists is s3://b/training/v3/;"},
        {"s3://b/Training/v3/", "the nearest that exists is s3://b/training/v3/;"},
        {"s3://b/training/version-3/", "the nearest that exists is s3://b/training/;"},
        {"s3://b/training/v3/webb/x", "the nearest that exists is s3://b/training/v3/web/;"},
        {"s3://b/xyz/", "the nearest that exists is s3://b/;"},
        {"s3://b/training/v3/web/part-010.jsonl",
         "the nearest that exists is s3://b/training/v3/web/part-01.jsonl;"},
        {"s3://b/training/v3/we", "the nearest that exists is s3://b/training/v3/web/;"},
        {"s3://b/training-ol", "the nearest that exists is s3://b/training-old/;"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        world *w = world_new();
        world_put(w, "training/v3/web/part-01.jsonl", GOOD, strlen(GOOD), 5);
        world_put(w, "training/v3/part-02.jsonl", GOOD, strlen(GOOD), 5);
        world_put(w, "training-old/part-02.jsonl", GOOD, strlen(GOOD), 5);
        refuse(w, rows[i].input, rows[i].nearest);
        world_free(w);
    }
}

static void what_cannot_be_looked_for_is_refused_without_advice(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->refuse_list = true;
    world_put(w, "training/a.jsonl", GOOD, strlen(GOOD), 5);
    refuse(w, "s3://b/trainng/", "there is no training file in s3://b/trainng/; correct it");
    world_free(w);
    w = world_new();
    refuse(w, "s3://b/data/", "there is no training file in s3://b/data/; correct it");
    world_free(w);
}

/* Objects that are no inputs: other names, or outputs. */
static void a_folder_without_a_training_file_is_refused(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_put(w, "data/readme.txt", "x", 1, 5);
    world_put(w, "data/a.jsonl.lz4", "x", 1, 5);
    refuse(w, "s3://b/data/", "has 2 objects and no training file");
    world_free(w);
}

static void an_input_may_be_empty_by_option(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_down = true; /* not needed */
    expect_status(w, WORDS("--allow-empty"), 0);
    expect_log(w, "no training file in s3://b/data/");
    assert_string_equal(world_last_line(w), "WORK COMPLETE EXITING");
    world_put(w, "data/readme.txt", "x", 1, 5);
    expect_status(w, WORDS("--allow-empty"), 0);
    expect_status(w, WORDS("--allow-empty", "--dry-run"), 0);
    world_free(w);
}

static void an_empty_share_is_not_an_error(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--host-index=0", "--host-count=2"), 0);
    unsigned first = w->submits;
    expect_status(w, WORDS("--host-index=1", "--host-count=2"), 0);
    assert_int_equal(first + w->submits, 1); /* one of them had none */
    world_free(w);
}

/* --- --dry-run --- */

static void a_dry_run_names_all_that_is_skipped_and_why(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "done.jsonl", GOOD);
    world_add(w, "dirty.jsonl", BAD);
    expect_status(w, NULL, 0);
    world_add(w, "new.jsonl", GOOD);
    world_put(w, "data/notes.txt", "x", 1, 5);
    world_put(w, "data/out/old.jsonl", "x", 1, 5);
    w->order[0] = '\0';
    expect_status(w, WORDS("--dry-run", "--remote-cleaned-output-dir=s3://b/data/out"), 0);
    expect_log(w, "skipped: s3://b/data/done.jsonl: done already (s3://b/rep/done.clean)");
    expect_log(w, "would process: s3://b/data/new.jsonl");
    expect_log(w, "skipped, not an input: s3://b/data/notes.txt");
    expect_log(w, "skipped: s3://b/data/out/old.jsonl: is in an output folder");
    expect_log(w, "nothing was written; whether s3://b/rep/ and s3://b/data/out/ are writable was "
                  "not tested");
    assert_string_equal(w->order, "");
    expect_status(w, WORDS("--dry-run", "--host-index=0", "--host-count=2"), 0);
    expect_log(w, ": in the share of host 1");
    expect_status(w, WORDS("--dry-run", "--redo", "--max-files-debug=1"), 0);
    expect_log(w, ": beyond MAX_FILES_DEBUG");
    world_free(w);
}

static void a_dry_run_without_a_server_reports_it(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_down = true;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--dry-run"), 0);
    expect_log(w, "the detection server at http://server.test did not answer (");
    expect_log(w, "the plan assumes a server that does not purify");
    expect_log(w, "would process: s3://b/data/a.jsonl");
    assert_null(strstr(buf_str(&w->log), "5m00s"));
    assert_int_equal(world_files_in(w, "work"), 0);
    world_free(w);
}

static void outputs_of_the_python_orchestrator_are_named_once(void **state)
{
    UNUSED(state);
    world *w = world_new();
    static const char *const keys[] = {"rep/a-simple-0.80.jsonl", "rep/b-simple-0.80.jsonl",
                                       "cle/a.jsonl.gz"};
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--dry-run"), 0);
    assert_false(world_logged(w, "Python orchestrator"));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        world_put(w, keys[i], "x", 1, 2000000000);
    expect_status(w, NULL, 0);
    expect_log(w, "3 outputs of the Python orchestrator are in the output folders "
                  "(s3://b/rep/a-simple-0.80.jsonl, s3://b/cle/a.jsonl.gz); they do not count as "
                  "results, so their inputs are processed");
    assert_int_equal(w->submits, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_input_names_the_nearest_that_exists),
        cmocka_unit_test(what_cannot_be_looked_for_is_refused_without_advice),
        cmocka_unit_test(a_folder_without_a_training_file_is_refused),
        cmocka_unit_test(an_input_may_be_empty_by_option),
        cmocka_unit_test(an_empty_share_is_not_an_error),
        cmocka_unit_test(a_dry_run_names_all_that_is_skipped_and_why),
        cmocka_unit_test(a_dry_run_without_a_server_reports_it),
        cmocka_unit_test(outputs_of_the_python_orchestrator_are_named_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
