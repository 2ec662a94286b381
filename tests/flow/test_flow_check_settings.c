/* The `check` command against a scripted world: the settings of earlier results. */
#include "tests/flow/check_site.h"
#include "tests/flow/settings_site.h"

#define CHANGE "(threshold 0.8 -> 0.1; evaluation records 67,240 -> 85,013)"

static void expect_no_line(world *w, const char *more, const char *part)
{
    AUTO_FREE char *text = NULL;
    UNUSED(!check(w, more, 4096, &text));
    if (strstr(text, part))
        fail_msg("'%s' is in\n%s", part, text);
}

/* One file is done with the first settings. */
static world *done_world(const char *const *words)
{
    world *w = ready_world();
    w->server_members = SERVER_OF_ONE;
    expect_status(w, words, 0);
    return w;
}

static void a_folder_without_records_has_nothing_to_compare(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->server_members = SERVER_OF_ONE;
    expect_lines(w, NULL, 4096, WORDS("OK   results: no record of a run with results; "));
    w->server_members = NULL; /* a server that does not report its settings */
    expect_no_line(w, NULL, "results: ");
    world_free(w);
}

static void the_same_settings_are_ok(void **state)
{
    UNUSED(state);
    world *w = done_world(NULL);
    expect_lines(w, NULL, 4096,
                 WORDS("OK   results: all recorded runs had these settings (the newest is 2013"));
    world_free(w);
}

/* As a run does: each policy against the real start. */
static void other_settings_are_judged_as_a_run_does(void **state)
{
    UNUSED(state);
    static const struct {
        const char *option, *line;
        int status;
    } rows[] = {
        {"--on-settings-change=refuse",
         " and a run refuses to begin beside its results, 1 by its record; ", 2},
        {"--on-settings-change=keep", "; its results, 1 by its record, are kept ", 0},
        {"--on-settings-change=redo", "; its results, 1 by its record, are made again ", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        world *w = done_world(NULL);
        w->server_members = SERVER_OF_TWO;
        AUTO_FREE char *first = xasprintf("%s results: the newest run with results (2013",
                                          rows[i].status ? "FIX " : "OK  ");
        expect_lines(w, rows[i].option, 4096, WORDS(first, CHANGE, rows[i].line));
        expect_status(w, WORDS(rows[i].option), rows[i].status);
        world_free(w);
    }
}

static void a_difference_without_a_description_has_the_fingerprints(void **state)
{
    UNUSED(state);
    world *w = done_world(NULL);
    w->server_members = SERVER_OF_TWO;
    world_drop(w, "rep/_decon/settings/" ONE ".json");
    expect_lines(w, NULL, 4096,
                 WORDS("FIX  results: ", "(fingerprint 111111111111 -> 222222222222)"));
    world_free(w);
}

/* Results that an earlier run kept are still of the first settings. */
static void settings_before_those_of_the_newest_run_are_named(void **state)
{
    UNUSED(state);
    world *w = done_world(NULL);
    w->server_members = SERVER_OF_TWO;
    world_add(w, "two.jsonl", GOOD);
    fake_advance(w->fake, 60000);
    expect_status(w, WORDS("--on-settings-change=keep"), 0);
    expect_lines(
        w, NULL, 4096,
        WORDS("had the same settings; 1 other settings are recorded in _decon/settings/: where "
              "results of these are left, a run refuses to begin\n"));
    expect_lines(w, "--on-settings-change=keep", 4096, WORDS("are left, a run keeps them\n"));
    world_free(w);
}

static void results_that_a_run_found_and_made_are_counted(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    world_add(w, "dirty.jsonl", GOOD BAD);
    w->server_members = SERVER_OF_ONE;
    expect_status(w, NULL, 0);
    w->server_members = SERVER_OF_TWO;
    expect_lines(w, NULL, 4096, WORDS("its results, 2 by its record; "));
    w->server_members = SERVER_OF_ONE;
    world_add(w, "two.jsonl", GOOD);
    fake_advance(w->fake, 60000);
    expect_status(w, NULL, 0);
    w->server_members = SERVER_OF_TWO;
    expect_lines(w, NULL, 4096, WORDS("its results, 3 by its record; "));
    world_free(w);
}

static void runs_without_results_do_not_count(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->server_members = SERVER_OF_ONE;
    w->fail = "one";
    expect_status(w, NULL, 3);
    w->server_members = SERVER_OF_TWO;
    expect_lines(w, NULL, 4096, WORDS("OK   results: no record of a run with results; "));
    w->fail = NULL;
    expect_status(w, NULL, 0);
    fake_advance(w->fake, 60000);
    world_add(w, "two.jsonl", "broken\n");
    w->server_members = SERVER_OF_ONE;
    expect_status(w, WORDS("--distribution=claim"), 2);
    expect_lines(
        w, NULL, 4096,
        WORDS("FIX  results: the newest run with results (2013", "(threshold 0.1 -> 0.8; "));
    world_free(w);
}

/* For each value of on_settings_change. */
static void hosts_at_work_with_other_settings_are_not_joined(void **state)
{
    UNUSED(state);
    static const char *const keep = "--on-settings-change=keep";
    world *w = ready_world();
    world_add(w, "two.jsonl", GOOD);
    w->server_members = SERVER_OF_ONE;
    w->signal_at_submit = 1;
    w->endless = "one";
    int status = world_run(w, WORDS("--distribution=claim", "--drain-limit=1"));
    if (status != 143 && status != 130)
        fail_msg("exit status %d: %s", status, buf_str(&w->log));
    AUTO_FREE char *text = NULL;
    expect_lines(w, "--distribution=claim", 4096,
                 WORDS("OK   claims: a run of the same settings is in progress"));
    w->server_members = SERVER_OF_TWO;
    expect_lines(
        w, "--distribution=claim", 4096,
        WORDS("FIX  claims: s3://b/rep/_decon/claims/plan.json: a claim run with other detection "
              "settings is in progress " CHANGE));
    expect_no_line(w, keep, "claims: ");
    world_free(w);
}

static void a_round_that_ended_with_failures_is_not_in_progress(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->server_members = SERVER_OF_ONE;
    w->fail = "one";
    expect_status(w, WORDS("--distribution=claim"), 3);
    w->server_members = SERVER_OF_TWO;
    expect_no_line(w, "--distribution=claim", "claims: ");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_without_records_has_nothing_to_compare),
        cmocka_unit_test(the_same_settings_are_ok),
        cmocka_unit_test(other_settings_are_judged_as_a_run_does),
        cmocka_unit_test(a_difference_without_a_description_has_the_fingerprints),
        cmocka_unit_test(settings_before_those_of_the_newest_run_are_named),
        cmocka_unit_test(results_that_a_run_found_and_made_are_counted),
        cmocka_unit_test(runs_without_results_do_not_count),
        cmocka_unit_test(hosts_at_work_with_other_settings_are_not_joined),
        cmocka_unit_test(a_round_that_ended_with_failures_is_not_in_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
