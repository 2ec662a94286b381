/* The `check` command against a scripted world: a line for each fault says how to fix it. */
#include <unistd.h>

#include "tests/flow/check_site.h"

static void each_check_that_passes_is_ok(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    expect_lines(w, NULL, 4096,
                 WORDS("OK   store: ", "OK   remote_file_input: s3://b/data/ has training files\n",
                       "OK   remote_report_output_dir: ", "OK   remote_cleaned_output_dir: ",
                       "OK   object metadata: ", "OK   clock: 0 s ",
                       "OK   detection server: 25 evaluation records of 3 sets\n",
                       "OK   purify: contaminated files are cleaned\n"));
    assert_int_equal(w->object_count, 1); /* the probe is gone */
    world_free(w);
}

static void a_store_that_ignores_conditions_cannot_be_claimed_from(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->no_conditions = true;
    expect_lines(w, NULL, 4096, WORDS("OK   conditional writes: the store does not honour them"));
    expect_lines(w, "--distribution=claim", 4096,
                 WORDS("FIX  conditional writes: the store does not honour them, so hosts cannot "
                       "claim work; use distribution: hash"));
    world_free(w);
}

static void the_number_of_claiming_hosts_has_a_source(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    expect_lines(w, "--distribution=claim", 4096,
                 WORDS("OK   share: hosts claim slices (distribution: claim); their number is not "
                       "given\n"));
    command_host_count = "70";
    expect_lines(w, "--distribution=claim", 4096,
                 WORDS("OK   share: hosts claim slices (distribution: claim); 70 hosts, by "
                       "PMR_HOST_COUNT\n"));
    command_host_count = NULL;
    world_free(w);
}

static void each_missing_part_has_a_fix(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->drop_metadata = true;
    w->purify = false;
    w->server_content_key = "body";
    expect_lines(w, NULL, 100,
                 WORDS("FIX  object metadata: ", "FIX  open files: 100 are allowed",
                       "FIX  content_key: it is 'text' here and 'body' at the detection server",
                       "FIX  purify: the detection server writes no cleaned files"));
    w->refuse_probe = true;
    expect_lines(w, NULL, 4096, WORDS("FIX  remote_report_output_dir: "));
    w->missing_bucket = "b";
    expect_lines(w, NULL, 4096, WORDS("FIX  store: "));
    world_free(w);
}

/* Supporting only one of the two conditions is not enough; refusing all conditional writes is not
 * enough either. */
static void each_condition_is_tried(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"If-Match", "If-None-Match"};
    for (size_t i = 0; i < 2 * ARRAY_LEN(names); i++) {
        world *w = ready_world();
        bool ignored = i < ARRAY_LEN(names);
        w->md5_etags = true; /* unchanged by a write that should have been refused */
        *(ignored ? &w->ignore_condition : &w->refuse_condition) = names[i % 2];
        bool honoured = !ignored && str_equal(names[i % 2], "If-None-Match");
        expect_lines(w, "--distribution=claim", 4096,
                     honoured ? WORDS("OK   conditional writes: ")
                              : WORDS("FIX  conditional writes: the store does not honour them"));
        world_free(w);
    }
}

static void a_wrong_clock_has_a_fix(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t store_ahead_s;
        const char *line;
    } cases[] = {{59, "OK   clock: -59 s from the store's"},
                 {60, "FIX  clock: it is 60 s behind the store's"},
                 {-59, "OK   clock: 59 s from the store's"},
                 {-60, "FIX  clock: it is 60 s ahead of the store's"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        world *w = ready_world();
        w->clock_ahead_s = cases[i].store_ahead_s;
        expect_lines(w, NULL, 4096, WORDS(cases[i].line));
        world_free(w);
    }
}

static void checks_that_depend_on_a_fault_are_skipped(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    AUTO_FREE char *text = NULL;
    w->refuse_probe = true;
    assert_int_equal(check(w, NULL, 4096, &text), 1);
    assert_non_null(strstr(text, "FIX  remote_report_output_dir: "));
    assert_null(strstr(text, "object metadata"));
    assert_null(strstr(text, "conditional writes"));
    world_free(w);
}

static void faults_between_the_programs_are_found(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    AUTO_FREE char *user = xasprintf("--server-user=%u", (unsigned)geteuid() + 1);
    expect_lines(w, user, 4096,
                 WORDS("FIX  share_group: the detection server runs under user ",
                       "OK   server's reports: ", "OK   server's cleaned files: "));
    w->tell_report_dir = "\"/no/such/folder\"";
    expect_lines(w, NULL, 4096, WORDS("FIX  server's reports: /no/such/folder: "));
    w->server_down = true;
    expect_lines(w, NULL, 4096, WORDS("FIX  detection server: "));
    world_free(w);
}

static void what_the_server_refuses_is_foreseen(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->server_members = ",\"records\":25,\"allow_dir\":[\"/no/such/folder\"],"
                        "\"max_line_size\":1048576";
    w->refuse_host = true;
    expect_lines(w, NULL, 4096,
                 WORDS("FIX  allow_dir: the detection server takes files in /no/such/folder only, ",
                       "FIX  max_line_size: 256 MiB here and 1 MiB at the detection server, ",
                       "FIX  server_url: "));
    w->server_members = ",\"records\":25,\"allow_dir\":[\"/\"],\"max_line_size\":268435456";
    w->refuse_host = false;
    AUTO_FREE char *text = NULL;
    assert_int_equal(check(w, NULL, 4096, &text), 0);
    assert_non_null(strstr(text, "OK   allow_dir: "));
    free(move(text));
    w->server_members = ""; /* as of the reference server */
    assert_int_equal(check(w, NULL, 4096, &text), 0);
    assert_null(strstr(text, "allow_dir"));
    assert_null(strstr(text, "max_line_size"));
    world_free(w);
}

static void a_disk_smaller_than_its_budget_has_a_fix(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    expect_lines(w, "--disk-budget=1000TiB", 4096, WORDS("FIX  local_work_dir: ", " are free"));
    world_free(w);
}

static void a_limit_of_open_files_below_1024_has_a_fix(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    expect_lines(w, NULL, 1023, WORDS("FIX  open files: 1023 are allowed"));
    expect_lines(w, NULL, 1024, WORDS("OK   open files: 1024 are allowed"));
    world_free(w);
}

static void a_folder_without_training_files_has_a_fix(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_put(w, "data/README.md", "x", 1, 1);
    expect_lines(w, NULL, 4096, WORDS("FIX  remote_file_input: s3://b/data/ has no training file"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_that_passes_is_ok),
        cmocka_unit_test(a_store_that_ignores_conditions_cannot_be_claimed_from),
        cmocka_unit_test(the_number_of_claiming_hosts_has_a_source),
        cmocka_unit_test(each_missing_part_has_a_fix),
        cmocka_unit_test(each_condition_is_tried),
        cmocka_unit_test(a_wrong_clock_has_a_fix),
        cmocka_unit_test(checks_that_depend_on_a_fault_are_skipped),
        cmocka_unit_test(faults_between_the_programs_are_found),
        cmocka_unit_test(what_the_server_refuses_is_foreseen),
        cmocka_unit_test(a_disk_smaller_than_its_budget_has_a_fix),
        cmocka_unit_test(a_limit_of_open_files_below_1024_has_a_fix),
        cmocka_unit_test(a_folder_without_training_files_has_a_fix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
