/* Inputs that are replaced or deleted during a run. */
#include "tests/flow/provenance_site.h"

static const char *replace_at_method, *replace_at_key, *replacements[8];
static size_t replaced;

static void replace_on_request(world *w, const char *method, const char *key)
{
    if (strcmp(method, replace_at_method) != 0 || !strstr(key, replace_at_key) ||
        replaced == ARRAY_LEN(replacements) || !replacements[replaced])
        return;
    replace(w, "data/a.jsonl", replacements[replaced++]);
}

static void replace_when(world *w, const char *method, const char *key, const char *first,
                         const char *second)
{
    replace_at_method = method;
    replace_at_key = key;
    replacements[0] = first;
    replacements[1] = second;
    replacements[2] = NULL;
    replaced = 0;
    w->on_request = replace_on_request;
}

static void a_replaced_input_is_done_again_before_its_commit(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", GOOD BAD);
    replace_when(w, "PUT", "cle/a", BAD GOOD GOOD, NULL);
    expect_status(w, NULL, 0);
    assert_int_equal(replaced, 1);
    expect_text(w, "rep/a.report.jsonl", "{\"training_line\":0}\n");
    expect_text(w, "cle/a.clean.jsonl", GOOD GOOD);
    assert_string_equal(value(w, "rep/a.report.jsonl", "input-size"), "47");
    expect_log(w, "replaced while it was processed");
    expect_log(w, "Processed=1 Clean=0 Contaminated=1 Failed=0");
    expect_nothing_left(w);
    world_free(w);
}

/* Same size: only the ETag shows it. */
static void a_replacement_of_the_same_size_is_seen(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", "{\"text\":\"0123\"}\n{\"text\":\"BAD\"}\n");
    replace_when(w, "HEAD", "data/a", "{\"text\":\"BAD\"}\n{\"text\":\"0123\"}\n", NULL);
    expect_status(w, NULL, 0);
    expect_text(w, "rep/a.report.jsonl", "{\"training_line\":0}\n");
    world_free(w);
}

static void a_cleaned_object_of_the_replaced_version_does_not_stay(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", GOOD BAD);
    replace_when(w, "PUT", "cle/a", GOOD, NULL);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_null(world_find(w, "cle/a.clean.jsonl"));
    expect_nothing_left(w);
    world_free(w);
}

static void an_input_that_keeps_changing_fails(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD);
    world_add(w, "b.jsonl", GOOD);
    replace_when(w, "HEAD", "data/a", GOOD, GOOD GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(replaced, 2);
    assert_null(world_find(w, "rep/a.clean"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_non_null(world_find(w, "rep/b.clean"));
    expect_log(w, "it keeps changing");
    expect_nothing_left(w);
    w->on_request = NULL;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

/* A store whose ETag is not a digest of the bytes: the size shows it. */
static void shorten_on_request(world *w, const char *method, const char *key)
{
    world_object *o = (world_object *)world_find(w, "data/a.jsonl");
    if (strcmp(method, "HEAD") == 0 && strstr(key, "data/a") && replaced++ == 0)
        o->len -= strlen(GOOD);
}

static void another_size_under_the_same_etag_is_seen(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD GOOD);
    replaced = 0;
    w->on_request = shorten_on_request;
    expect_status(w, NULL, 0);
    expect_log(w, "replaced while it was processed");
    assert_string_equal(value(w, "rep/a.clean", "input-size"), "16");
    world_free(w);
}

/* Another host commits its result of another version between the commit and its confirmation. */
static void other_host_on_request(world *w, const char *method, const char *key)
{
    world_object *o = (world_object *)world_find(w, "rep/a.clean");
    if (!o || strcmp(method, "HEAD") != 0 || !strstr(key, "rep/a.clean"))
        return;
    for (size_t i = 0; i < o->metadata_count; i++)
        if (strstr(o->metadata[i].name, "input-size")) {
            free((char *)(uintptr_t)o->metadata[i].value);
            o->metadata[i].value = xstrdup("999");
        }
}

static void the_commit_of_another_version_is_no_confirmation(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    w->on_request = other_host_on_request;
    expect_status(w, NULL, 3);
    expect_log(w, "made of another version of the input");
    w->on_request = NULL;
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    assert_string_equal(value(w, "rep/a.clean", "input-size"), "16");
    world_free(w);
}

static void delete_on_request(world *w, const char *method, const char *key)
{
    world_object *o = (world_object *)world_find(w, "data/a.jsonl");
    if (strcmp(method, "HEAD") == 0 && strstr(key, "data/a") && o)
        world_drop(w, "data/a.jsonl");
}

static void a_deleted_input_gets_no_result(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD);
    world_add(w, "b.jsonl", GOOD);
    w->on_request = delete_on_request;
    expect_status(w, NULL, 3);
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_non_null(world_find(w, "rep/b.clean"));
    expect_log(w, "deleted while it was processed");
    expect_nothing_left(w);
    world_free(w);
}

static void an_input_that_cannot_be_examined_is_not_called_deleted(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD);
    w->refuse_head = "data/a";
    expect_status(w, NULL, 3);
    expect_log(w, "HeadObject: 403");
    assert_false(world_logged(w, "deleted while it was processed"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    w->refuse_head = NULL;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    world_free(w);
}

/* Between the listing and the download, and between the download and the copy. */
static void a_replacement_that_a_request_meets_is_taken_up(void **state)
{
    UNUSED(state);
    static const struct {
        const char *method, *key;
    } rows[] = {{"GET", "data/a.jsonl"}, {"PUT", "cle/a"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        world *w = world_new();
        w->purify = true;
        world_add(w, "a.jsonl", GOOD);
        replace_when(w, rows[i].method, rows[i].key, GOOD GOOD, NULL);
        expect_status(w, WORDS("--copy-uncontaminated"), 0);
        assert_int_equal(replaced, 1);
        expect_text(w, "cle/a.clean.jsonl", GOOD GOOD);
        assert_string_equal(value(w, "rep/a.clean", "input-size"), "32");
        assert_string_equal(value(w, "rep/a.clean", "input-etag"), "v2");
        expect_nothing_left(w);
        world_free(w);
    }
}

/* A proxy that makes ETags weak, and a store that ignores conditions. */
static void the_same_version_written_in_another_way_is_the_same(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->weak_etags = w->no_conditions = true;
    world_add(w, "a.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    assert_string_equal(value(w, "rep/a.report.jsonl", "input-etag"), "v1");
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    world_free(w);
}

static void a_signal_before_the_start_over_leaves_the_file_to_the_next_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->signal_at_submit = 1;
    world_add(w, "a.jsonl", BAD);
    replace_when(w, "HEAD", "data/a", GOOD, NULL);
    expect_status(w, NULL, 143);
    expect_log(w, "LEFT: 1 files (");
    assert_null(world_find(w, "rep/a.report.jsonl"));
    w->signal_at_submit = 0;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_input_is_done_again_before_its_commit),
        cmocka_unit_test(a_replacement_of_the_same_size_is_seen),
        cmocka_unit_test(a_cleaned_object_of_the_replaced_version_does_not_stay),
        cmocka_unit_test(an_input_that_keeps_changing_fails),
        cmocka_unit_test(a_deleted_input_gets_no_result),
        cmocka_unit_test(an_input_that_cannot_be_examined_is_not_called_deleted),
        cmocka_unit_test(another_size_under_the_same_etag_is_seen),
        cmocka_unit_test(the_commit_of_another_version_is_no_confirmation),
        cmocka_unit_test(a_replacement_that_a_request_meets_is_taken_up),
        cmocka_unit_test(the_same_version_written_in_another_way_is_the_same),
        cmocka_unit_test(a_signal_before_the_start_over_leaves_the_file_to_the_next_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
