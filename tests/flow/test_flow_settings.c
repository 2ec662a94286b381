/* Whole runs against a scripted world: results of other settings of the detection server. */
#include "base/util.h"
#include "tests/flow/flow_support.h"
#include "tests/flow/settings_site.h"

static const char *settings_of(const world *w, const char *key)
{
    const world_object *o = world_find(w, key);
    if (!o)
        fail_msg("%s is missing; log:\n%s", key, buf_str(&w->log));
    for (size_t i = 0; i < o->metadata_count; i++)
        if (strcmp(o->metadata[i].name, "x-amz-meta-decon-settings") == 0)
            return o->metadata[i].value;
    return "(none)";
}

/* One clean and one contaminated input, done with the settings of `members`. */
static world *done_with(const char *members)
{
    world *w = world_new();
    w->server_members = members;
    w->purify = true;
    world_add(w, "clean.jsonl", GOOD);
    world_add(w, "dirty.jsonl", GOOD BAD);
    expect_status(w, NULL, 0);
    buf_clear(&w->log);
    return w;
}

static void results_carry_the_settings(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    assert_string_equal(settings_of(w, "rep/clean.clean"), ONE);
    assert_string_equal(settings_of(w, "rep/dirty.report.jsonl"), ONE);
    expect_text(w, "rep/_decon/settings/" ONE ".json",
                "{\"fingerprint\":\"" ONE "\",\"format\":1,\"settings\":"
                "{\"contamination_score_threshold\":0.8,\"evaluation_records\":67240,"
                "\"evaluation_records_digest\":\"aa\"}}\n");
    world_free(w);
}

static void the_self_test_of_the_server_is_stored(void **state)
{
    UNUSED(state);
    static const char with_recall[] = SERVER_OF_ONE ",\"recall\":{\"records\":9}";
    world *w = done_with(with_recall);
    expect_text(w, "rep/_decon/recall/" ONE ".json",
                "{\"fingerprint\":\"" ONE "\",\"format\":1,\"recall\":{\"records\":9}}\n");
    world_free(w);
}

static void the_same_settings_leave_all_done(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    assert_false(world_logged(w, "settings"));
    world_free(w);
}

/* The old fault: "9 done already" after a change of threshold or evaluation sets. */
static void other_settings_are_refused_though_all_is_done(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    w->server_members = SERVER_OF_TWO;
    expect_status(w, NULL, 2);
    expect_log(w, "2 of 2 results were made with other settings (threshold 0.8 -> 0.1; evaluation "
                  "records 67,240 -> 85,013)");
    expect_log(w, "--on-settings-change redo or keep");
    assert_int_equal(w->submits, 0);
    world_free(w);
}

/* Fingerprints are shown with 12 digits, and compared with all. */
static void a_fingerprint_that_differs_in_its_last_digit_is_another(void **state)
{
    static const char members[] =
        ",\"fingerprint\":\"1111111111111111111111111111111111111111111111111111111111111112\","
        "\"settings\":{\"contamination_score_threshold\":0.1,\"evaluation_records\":67240,"
        "\"evaluation_records_digest\":\"aa\"}";
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    w->server_members = members;
    expect_status(w, NULL, 2);
    expect_log(w, "2 of 2 results were made with other settings (threshold 0.8 -> 0.1)");
    assert_int_equal(w->submits, 0);
    world_free(w);
}

static void other_settings_are_refused_where_files_are_left(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    world_add(w, "new.jsonl", GOOD);
    w->server_members = SERVER_OF_TWO;
    expect_status(w, NULL, 2);
    assert_int_equal(w->submits, 0);
    assert_null(world_find(w, "rep/new.clean"));
    world_free(w);
}

static void record_sets_of_equal_size_are_distinguished(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    w->server_members = OTHER_RECORDS;
    expect_status(w, NULL, 2);
    expect_log(w, "(the contents of the 67,240 evaluation records)");
    world_free(w);
}

static void a_missing_record_leaves_the_fingerprints(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    world_drop(w, "rep/_decon/settings/" ONE ".json");
    w->server_members = SERVER_OF_TWO;
    expect_status(w, NULL, 2);
    expect_log(w, "(settings fingerprint 111111111111 -> 222222222222)");
    world_free(w);
}

/* A store that answers metadata in capitals changes no settings. */
static void the_case_of_metadata_does_not_matter(void **state)
{
    static const char members[] =
        ",\"fingerprint\":\"abababababababababababababababababababababababababababababababab\","
        "\"settings\":{\"contamination_score_threshold\":0.8,\"evaluation_records\":67240,"
        "\"evaluation_records_digest\":\"aa\"}";
    UNUSED(state);
    world *w = done_with(members);
    w->upper_metadata = true;
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    w->server_members = SERVER_OF_TWO;
    expect_status(w, NULL, 2);
    expect_log(w, "0.8 -> 0.1"); /* the record of the earlier run is found */
    world_free(w);
}

static void redo_makes_the_results_again(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    w->server_members = SERVER_OF_TWO;
    expect_status(w, WORDS("--on-settings-change", "redo"), 0);
    assert_true(w->submits >= 2); /* the world's server still knows the former jobs */
    assert_string_equal(settings_of(w, "rep/clean.clean"), TWO);
    assert_string_equal(settings_of(w, "rep/dirty.report.jsonl"), TWO);
    expect_log(w, "they are made again");
    expect_status(w, NULL, 0); /* one set of settings now */
    assert_int_equal(w->submits, 0);
    world_free(w);
}

static void keep_leaves_them_and_reports_it(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    world_add(w, "new.jsonl", GOOD);
    w->server_members = SERVER_OF_TWO;
    expect_status(w, WORDS("--on-settings-change", "keep"), 0);
    assert_int_equal(w->submits, 1);
    assert_string_equal(settings_of(w, "rep/clean.clean"), ONE);
    assert_string_equal(settings_of(w, "rep/new.clean"), TWO);
    expect_log(w, "they are kept");
    world_free(w);
}

static void results_without_settings_count_as_done_with_one_notice(void **state)
{
    UNUSED(state);
    world *w = done_with(NULL);
    assert_string_equal(settings_of(w, "rep/clean.clean"), "(none)");
    w->server_members = SERVER_OF_ONE;
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    expect_log(w, "2 results do not say with which settings they were made");
    world_free(w);
}

static void an_unreachable_server_does_not_matter_where_all_is_done(void **state)
{
    UNUSED(state);
    world *w = done_with(SERVER_OF_ONE);
    w->server_down = true;
    expect_status(w, NULL, 0);
    expect_log(w, "whether the results were made with its current settings is unknown");
    world_free(w);
}

/* The reference server reports three of its settings. */
static void three_settings_of_the_reference_server_are_compared(void **state)
{
    UNUSED(state);
    world *w =
        done_with(",\"contamination_score_threshold\":0.800000011920929,\"mode\":\"simple\"");
    assert_string_not_equal(settings_of(w, "rep/clean.clean"), "(none)");
    world_add(w, "new.jsonl", GOOD);
    expect_status(w, NULL, 0);
    expect_log(w, "reports threshold, mode and purify only; other changes of its settings are not");
    w->server_members = ",\"contamination_score_threshold\":0.5,\"mode\":\"simple\"";
    expect_status(w, NULL, 2);
    expect_log(w, "threshold 0.800000011920929 -> 0.5");
    w->server_members = SERVER_OF_ONE; /* the same threshold, written shorter */
    expect_status(w, NULL, 2);
    if (world_logged(w, "threshold 0.8"))
        fail_msg("%s", buf_str(&w->log));
    world_free(w);
}

static void settings_that_change_during_the_run_end_it(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_members = SERVER_OF_ONE;
    w->job_fingerprint = TWO;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 2);
    expect_log(w, "the settings of the detection server changed during the run");
    assert_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

static void a_job_says_which_settings_its_result_has(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_members = SERVER_OF_ONE;
    w->job_fingerprint = TWO;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--on-settings-change", "keep"), 0);
    assert_string_equal(settings_of(w, "rep/a.clean"), TWO);
    world_free(w);
}

/* It would become part of a key and a header. */
static void an_invalid_fingerprint_is_not_used(void **state)
{
    UNUSED(state);
    world *w = done_with(",\"fingerprint\":\"../../x\",\"settings\":{}");
    assert_string_equal(settings_of(w, "rep/clean.clean"), "(none)");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_carry_the_settings),
        cmocka_unit_test(the_self_test_of_the_server_is_stored),
        cmocka_unit_test(the_same_settings_leave_all_done),
        cmocka_unit_test(other_settings_are_refused_though_all_is_done),
        cmocka_unit_test(a_fingerprint_that_differs_in_its_last_digit_is_another),
        cmocka_unit_test(other_settings_are_refused_where_files_are_left),
        cmocka_unit_test(record_sets_of_equal_size_are_distinguished),
        cmocka_unit_test(a_missing_record_leaves_the_fingerprints),
        cmocka_unit_test(the_case_of_metadata_does_not_matter),
        cmocka_unit_test(redo_makes_the_results_again),
        cmocka_unit_test(keep_leaves_them_and_reports_it),
        cmocka_unit_test(results_without_settings_count_as_done_with_one_notice),
        cmocka_unit_test(an_unreachable_server_does_not_matter_where_all_is_done),
        cmocka_unit_test(three_settings_of_the_reference_server_are_compared),
        cmocka_unit_test(settings_that_change_during_the_run_end_it),
        cmocka_unit_test(a_job_says_which_settings_its_result_has),
        cmocka_unit_test(an_invalid_fingerprint_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
