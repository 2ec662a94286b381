/* Whole runs in which many files fail in the same way: a common cause ends the run, faults of files
 * do not. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#define FILES 40

/* f00 is the largest, f39 the smallest; an empty file is smaller still. */
static world *world_of(unsigned files, const char *prefix)
{
    world *w = world_new();
    for (unsigned i = 0; i < files; i++) {
        AUTO(buf) text = BUF(1 << 16);
        AUTO_FREE char *name = xasprintf("%s%02u.jsonl", prefix, i);
        for (unsigned line = i; line < FILES; line++)
            buf_append_str(&text, GOOD);
        world_add(w, name, buf_str(&text));
    }
    return w;
}

/* --- one cause for all --- */

static void submissions_are_refused(world *w)
{
    w->refuse_submits = 403;
}

static void jobs_fail(world *w)
{
    w->fail_jobs = 1000;
}

static void garbage(buf *text)
{
    text->len = 0;
    buf_append_str(text, "garbage");
}

static void results_are_garbage(world *w)
{
    w->purify = true;
    w->change_cleaned = garbage;
}

static void results_lie_elsewhere(world *w)
{
    w->purify = true;
    w->name_cleaned = "/nowhere/of-job-*.jsonl.gz";
}

static void inputs_may_not_be_read(world *w)
{
    w->forbidden = "data/";
}

static void inputs_have_another_key(world *w)
{
    UNUSED(w); /* --content-key */
}

static void outputs_are_refused(world *w)
{
    w->refuse_put = ".clean";
}

static void outputs_get_lost(world *w)
{
    w->forget_put = ".clean";
}

static void jobs_never_end(world *w)
{
    w->endless = "f";
}

static const struct cause {
    const char *name;
    void (*set)(world *w);
    const char *option;
    unsigned most; /* submissions; 0: 11 */
} causes[] = {
    {"submissions are refused", submissions_are_refused, NULL, 0},
    {"jobs fail", jobs_fail, NULL, 0},
    {"results are garbage", results_are_garbage, NULL, 0},
    {"results lie elsewhere", results_lie_elsewhere, NULL, 0},
    {"inputs may not be read", inputs_may_not_be_read, NULL, 0},
    {"inputs have another key", inputs_have_another_key, "--content-key=body", 0},
    {"outputs are refused", outputs_are_refused, NULL, 0},
    {"outputs get lost", outputs_get_lost, NULL, 0},
    {"jobs never end", jobs_never_end, "--max-concurrent-jobs=2", 24},
};

static unsigned count_lines(const world *w, const char *start)
{
    unsigned count = 0;
    for (const char *at = buf_str(&w->log); (at = strstr(at, start)); at++)
        count++;
    return count;
}

static void one_cause_for_all_ends_the_run(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        print_message("%s\n", causes[i].name);
        world *w = world_of(FILES, "f");
        causes[i].set(w);
        expect_status(
            w, WORDS("--s3-workers=4", causes[i].option ? causes[i].option : "--s3-workers=16"), 1);
        unsigned most = causes[i].most ? causes[i].most : 11;
        assert_true(w->submits <= most);
        assert_true(w->downloads <= most);
        assert_in_range(count_lines(w, "\nFAILED: "), 11, most);
        expect_log(w, "files failed for the same cause, the last one alone");
        assert_false(world_logged(w, "WORK COMPLETE"));
        world_free(w);
    }
}

/* The cause appears while many files are in progress. */
static void break_server(world *w, const char *job_id)
{
    UNUSED(job_id);
    if (w->object_count > FILES + 5)
        w->refuse_submits = 400;
}

static void a_cause_that_comes_up_later_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    w->before_status = break_server;
    expect_status(w, WORDS("--s3-workers=4", "--max-concurrent-jobs=2"), 1);
    assert_true(w->object_count > FILES + 5);
    assert_true(w->submits < FILES);
    expect_log(w, "the next one is tried alone");
    expect_log(w, "for the same cause, the last one alone");
    w->before_status = NULL;
    w->refuse_submits = 0;
    expect_status(w, NULL, 0);
    assert_int_equal(w->object_count, 2 * FILES);
    expect_nothing_left(w);
    world_free(w);
}

/* --- faults of files --- */

static void corrupt_files_do_not_end_the_run(void **state)
{
    UNUSED(state);
    world *w = world_of(20, "f");
    for (unsigned i = 0; i < 20; i++) {
        AUTO_FREE char *name = xasprintf("bad%02u.jsonl", i);
        world_add(w, name, GOOD "no json at all, and longer than any other\n");
    }
    expect_status(w, NULL, 3);
    expect_log(w, "Clean=20 Contaminated=0 Failed=20");
    world_free(w);
    w = world_new();
    for (unsigned i = 0; i < 20; i++) {
        AUTO_FREE char *name = xasprintf("bad%02u.jsonl", i);
        world_add(w, name, "no json\n");
    }
    expect_status(w, NULL, 3);
    expect_log(w, "Failed=20");
    world_free(w);
}

/* Twelve consecutive files that the server cannot read; another one succeeds, so the server
 * works. */
static void consecutive_failures_do_not_end_the_run_if_a_job_succeeds(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    w->fail = "/f0"; /* the ten largest, so they come right after the smallest */
    expect_status(w, WORDS("--s3-workers=2", "--max-concurrent-jobs=1"), 3);
    expect_log(w, "Clean=30 Contaminated=0 Failed=10");
    expect_log(w, "the next one is tried alone");
    world_free(w);
}

static void failures_of_the_text_do_not_end_the_run(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    w->fail_jobs = FILES;
    w->fail_codes[0] = w->fail_codes[1] = "JSONL";
    expect_status(w, NULL, 3);
    expect_log(w, "Failed=40");
    world_free(w);
}

static void failures_of_several_causes_do_not_end_the_run(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    w->fail_jobs = FILES;
    w->fail_codes[0] = "LIMIT";
    w->fail_codes[1] = "IO";
    expect_status(w, NULL, 3);
    expect_log(w, "Failed=40");
    world_free(w);
}

static void few_failures_are_no_pattern(void **state)
{
    UNUSED(state);
    world *w = world_of(9, "f");
    jobs_fail(w);
    expect_status(w, NULL, 3);
    expect_log(w, "Failed=9");
    expect_log(w, "WORK COMPLETE");
    world_free(w);
}

/* --- the first file --- */

static unsigned downloads_before_commit;

static void note_downloads(world *w, const char *key)
{
    if (str_ends_with(key, ".clean") && !downloads_before_commit)
        downloads_before_commit = w->downloads;
}

static void the_smallest_file_goes_first_through_the_whole_way(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    world_add(w, "empty.jsonl", "");
    downloads_before_commit = 0;
    w->before_put = note_downloads;
    w->polls_before_done = 5;
    expect_status(w, NULL, 0);
    assert_int_equal(downloads_before_commit, 1);
    assert_non_null(strstr(w->jobs[0].path, "/f39.jsonl"));
    world_free(w);
}

static void a_slow_first_file_does_not_delay_the_others(void **state)
{
    UNUSED(state);
    world *w = world_of(FILES, "f");
    w->endless = "f39";
    w->signal_at_health = 2; /* /health is requested again when the job's limit has passed */
    expect_status(w, WORDS("--job-limit=60"), 143);
    assert_int_equal(w->object_count, 2 * FILES - 1);
    world_free(w);
}

/* --- kept files --- */

static uint64_t most_bytes;

static uint64_t bytes_below(const char *dir)
{
    AUTO_FREE char *command = xasprintf("find %s -type f -printf '%%s\\n'", dir);
    FILE *sizes = popen(command, "r");
    unsigned long long size, sum = 0;
    while (fscanf(sizes, "%llu", &size) == 1)
        sum += size;
    pclose(sizes);
    return sum;
}

static void measure(world *w, const char *method, const char *key)
{
    UNUSED(method);
    UNUSED(key);
    AUTO_FREE char *dir = xasprintf("%s/work", w->dir);
    most_bytes = MAX(most_bytes, bytes_below(dir));
}

static void kept_files_count_against_the_budget(void **state)
{
    UNUSED(state);
    world *w = world_new();
    AUTO(buf) text = BUF(1 << 16);
    for (unsigned i = 0; i < 1000; i++)
        buf_append_str(&text, GOOD);
    for (unsigned i = 0; i < 40; i++) { /* 16 KB each */
        AUTO_FREE char *name = xasprintf("%s%02u.jsonl", i % 2 ? "good" : "bad", i);
        world_add(w, name, buf_str(&text));
    }
    w->fail = "bad";
    w->on_request = measure;
    most_bytes = 0;
    expect_status(w, WORDS("--disk-budget=100000"), 3);
    expect_log(w, "Clean=20 Contaminated=0 Failed=20");
    assert_in_range(most_bytes, 32000, 102000);
    assert_true(world_files_in(w, "work") > 0); /* those that failed last are kept */
    w->fail = NULL;
    w->fail_jobs = 0;
    expect_status(w, WORDS("--disk-budget=100000"), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cause_for_all_ends_the_run),
        cmocka_unit_test(a_cause_that_comes_up_later_ends_the_run),
        cmocka_unit_test(corrupt_files_do_not_end_the_run),
        cmocka_unit_test(consecutive_failures_do_not_end_the_run_if_a_job_succeeds),
        cmocka_unit_test(failures_of_the_text_do_not_end_the_run),
        cmocka_unit_test(failures_of_several_causes_do_not_end_the_run),
        cmocka_unit_test(few_failures_are_no_pattern),
        cmocka_unit_test(the_smallest_file_goes_first_through_the_whole_way),
        cmocka_unit_test(a_slow_first_file_does_not_delay_the_others),
        cmocka_unit_test(kept_files_count_against_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
