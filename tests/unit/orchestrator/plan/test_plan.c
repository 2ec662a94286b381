/* orchestrator/plan: done rules, shares, collisions, order. */
#include "tests/unit/orchestrator/plan/plan_site.h"

static bool is_planned(const fixture *f, const char *key)
{
    for (size_t i = 0; i < f->plan.count; i++)
        if (strcmp(f->plan.rows[i].object->key, key) == 0)
            return true;
    return false;
}

static void goes_largest_first(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/small.jsonl", 1, 5);
    add(&f.listing.inputs, "data/large.jsonl", 900, 5);
    add(&f.listing.inputs, "data/b.jsonl", 30, 5);
    add(&f.listing.inputs, "data/a.jsonl", 30, 5);
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 4);
    assert_string_equal(f.plan.rows[0].object->key, "data/large.jsonl");
    assert_string_equal(f.plan.rows[1].object->key, "data/a.jsonl");
    assert_string_equal(f.plan.rows[2].object->key, "data/b.jsonl");
    assert_string_equal(f.plan.rows[3].object->key, "data/small.jsonl");
    assert_int_equal(f.plan.size_bytes, 961);
    end(&f);
}

static void a_marker_that_is_not_older_is_done(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/same.jsonl", 1, 50);
    add(&f.listing.inputs, "data/newer.jsonl", 1, 51);
    add(&f.listing.inputs, "data/x/sub.jsonl.gz", 1, 50);
    add(&f.listing.inputs, "data/name.jsonl", 1, 50);
    add(&f.listing.reports, "rep/same.clean", 0, 50);
    add(&f.listing.reports, "rep/newer.clean", 0, 50);
    add(&f.listing.reports, "rep/x/sub.clean", 0, 60);
    add(&f.listing.reports, "rep/Name.clean", 0, 60); /* compared exactly */
    add(&f.listing.reports, "rep/sub/name.clean", 0, 60);
    run(&f, (plan_options){.purify = true});
    assert_int_equal(f.plan.done, 2);
    assert_true(is_planned(&f, "data/newer.jsonl"));
    assert_true(is_planned(&f, "data/name.jsonl"));
    assert_int_equal(f.plan.count, 2);
    end(&f);
}

static void a_report_needs_its_cleaned_object_where_the_server_purifies(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/whole.jsonl.gz", 1, 50);
    add(&f.listing.inputs, "data/half.jsonl.gz", 1, 50);
    add(&f.listing.inputs, "data/other.jsonl.gz", 1, 50);
    add(&f.listing.reports, "rep/whole.report.jsonl", 9, 50);
    add(&f.listing.reports, "rep/half.report.jsonl", 9, 50);
    add(&f.listing.reports, "rep/other.report.jsonl", 9, 50);
    add(&f.listing.cleaned, "cle/whole.clean.jsonl.gz", 9, 49);
    add(&f.listing.cleaned, "cle/other.clean.jsonl.zst", 9, 49);
    run(&f, (plan_options){.purify = true});
    assert_int_equal(f.plan.done, 1);
    assert_true(is_planned(&f, "data/half.jsonl.gz"));
    assert_true(is_planned(&f, "data/other.jsonl.gz"));
    assert_true(f.plan.rows[0].had_report);
    run(&f, (plan_options){.purify = false});
    assert_int_equal(f.plan.done, 3);
    end(&f);
}

/* Either may be the older one: a run ended before removing it. */
static void a_marker_beside_a_report_is_done_again(void **state)
{
    UNUSED(state);
    static const int64_t markers[] = {40, 55, 70};
    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        fixture f;
        begin(&f);
        add(&f.listing.inputs, "data/a.jsonl", 1, 50);
        add(&f.listing.reports, "rep/a.clean", 0, markers[i]);
        add(&f.listing.reports, "rep/a.report.jsonl", 9, 60);
        add(&f.listing.cleaned, "cle/a.clean.jsonl", 9, 60);
        run(&f, (plan_options){.purify = true});
        assert_int_equal(f.plan.count, 1);
        assert_true(f.plan.rows[0].had_marker);
        assert_true(f.plan.rows[0].had_report);
        end(&f);
    }
}

static void redo_takes_all_and_knows_the_old_commit(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.reports, "rep/a.clean", 0, 60);
    run(&f, (plan_options){.redo = true});
    assert_int_equal(f.plan.count, 1);
    assert_true(f.plan.rows[0].had_marker);
    assert_false(f.plan.rows[0].had_report);
    end(&f);
}

static void inputs_with_the_same_output_all_fail(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/x.jsonl", 1, 50);
    add(&f.listing.inputs, "data/x.jsonl.gz", 2, 50);
    add(&f.listing.inputs, "data/x.json.zst", 3, 50);
    add(&f.listing.inputs, "data/d/x.jsonl", 4, 50); /* another folder has its own output */
    add(&f.listing.reports, "rep/x.clean", 0, 60);   /* done ones collide too */
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 1);
    assert_true(is_planned(&f, "data/d/x.jsonl"));
    assert_int_equal(f.plan.refused_count, 3);
    for (size_t i = 0; i < 3; i++) {
        err e = why_refused(&f, i);
        assert_int_equal(e.code, ERR_PLAN);
        assert_non_null(strstr(e.message, f.plan.refused[i].object->key));
    }
    assert_non_null(strstr(why_refused(&f, 0).message, "data/x.json.zst"));
    assert_non_null(strstr(why_refused(&f, 0).message, "data/x.jsonl "));
    end(&f);
}

static void a_key_that_is_listed_twice_is_one_file(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/b.jsonl", 1, 50);
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 2);
    assert_int_equal(f.plan.input_count, 2);
    assert_int_equal(f.plan.refused_count, 0);
    end(&f);
}

static void the_commit_of_a_done_input_is_its_report_or_its_marker(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/clean.jsonl", 1, 50);
    add(&f.listing.inputs, "data/dirty.jsonl", 1, 50);
    add(&f.listing.reports, "rep/clean.clean", 0, 60);
    add(&f.listing.reports, "rep/dirty.report.jsonl", 9, 60);
    run(&f, (plan_options){.list_done = true});
    assert_int_equal(f.plan.done_count, 2);
    AUTO_FREE char *clean = plan_commit_key(&f.plan, &f.plan.done_rows[0]);
    AUTO_FREE char *dirty = plan_commit_key(&f.plan, &f.plan.done_rows[1]);
    assert_string_equal(clean, "rep/clean.clean");
    assert_string_equal(dirty, "rep/dirty.report.jsonl");
    end(&f);
}

static void inputs_with_superseded_results_are_planned_and_counted(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/b.jsonl", 1, 50);
    add(&f.listing.reports, "rep/a.clean", 0, 60);
    add(&f.listing.reports, "rep/b.clean", 0, 60);
    const listed *b = listed_at(&f.listing.inputs, 1);
    const superseded_inputs superseded = {.objects = &b, .count = 1};
    run(&f, (plan_options){.superseded = &superseded});
    assert_int_equal(f.plan.superseded, 1);
    assert_int_equal(f.plan.done, 1);
    assert_int_equal(f.plan.count, 1);
    assert_true(is_planned(&f, "data/b.jsonl"));
    end(&f);
}

static void an_output_key_that_is_too_long_is_refused(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    AUTO_FREE char *key = xcalloc(1, 1025);
    memset(key, 'k', 1024);
    memcpy(key, "data/", 5);
    memcpy(key + 1018, ".jsonl", 6);
    add(&f.listing.inputs, key, 1, 50);
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.refused_count, 1);
    assert_int_equal(why_refused(&f, 0).code, ERR_LIMIT);
    end(&f);
}

static void an_item_has_what_the_listing_reported(void **state)
{
    static const char *const etags[] = {"\"0123456789abcdef0123456789abcdef\"",
                                        "\"0123456789abcdef0123456789abcdef-17\"",
                                        "\"0123456789abcdef0123456789abcdef-017\"",
                                        "\"0123456789ABCDEF0123456789abcdef\"",
                                        "\"0123456789abcdef0123456789abcdef-4294967295\"",
                                        "0123456789abcdef0123456789abcdef",
                                        "W/\"odd\"",
                                        ""};
    UNUSED(state);
    fixture f;
    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(etags); i++) {
        AUTO_FREE char *key = xasprintf("data/%zu.jsonl.gz", i);
        listed_add(&f.listing.inputs,
                   &(s3_object){.key = key, .size_bytes = 100 - i, .etag = etags[i]});
    }
    run(&f, (plan_options){0});
    for (size_t i = 0; i < ARRAY_LEN(etags); i++) {
        item *it = plan_item(&f.plan, i);
        AUTO_FREE char *report = xasprintf("rep/%zu.report.jsonl", i);
        assert_string_equal(it->planned.etag, etags[i]);
        assert_int_equal(it->planned.size_bytes, 100 - i);
        assert_string_equal(it->planned.outputs.report_key, report);
        item_free(it);
    }
    end(&f);
}

/* More rows and keys than a block holds, unsorted. */
static void many_rows_are_found(void **state)
{
    UNUSED(state);
    listed_array a = {0};
    for (int i = 0; i < 5000; i++) {
        AUTO_FREE char *key = xasprintf("rep/%0200d.clean", i * 7919 % 5000);
        add(&a, key, (uint64_t)i, 0);
    }
    listed_sort(&a);
    for (int i = 0; i < 5000; i++) {
        AUTO_FREE char *key = xasprintf("rep/%0200d.clean", i * 7919 % 5000);
        assert_int_equal(listed_find(&a, key)->size_bytes, i);
    }
    assert_null(listed_find(&a, "rep/0.clean"));
    listed_array_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_has_what_the_listing_reported),
        cmocka_unit_test(many_rows_are_found),
        cmocka_unit_test(goes_largest_first),
        cmocka_unit_test(a_marker_that_is_not_older_is_done),
        cmocka_unit_test(a_report_needs_its_cleaned_object_where_the_server_purifies),
        cmocka_unit_test(a_marker_beside_a_report_is_done_again),
        cmocka_unit_test(redo_takes_all_and_knows_the_old_commit),
        cmocka_unit_test(inputs_with_the_same_output_all_fail),
        cmocka_unit_test(a_key_that_is_listed_twice_is_one_file),
        cmocka_unit_test(the_commit_of_a_done_input_is_its_report_or_its_marker),
        cmocka_unit_test(inputs_with_superseded_results_are_planned_and_counted),
        cmocka_unit_test(an_output_key_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
