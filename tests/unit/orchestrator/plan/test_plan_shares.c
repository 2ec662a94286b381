/* Plans: shares and slices, and objects that are skipped. */
#include "tests/unit/orchestrator/plan/plan_site.h"

static void shares_are_whole_and_apart(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    char key[64];
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "data/part-%02d.jsonl", i);
        add(&f.listing.inputs, key, 1, 50);
    }
    size_t sum = 0;
    for (unsigned host = 0; host < 3; host++) {
        run(&f, (plan_options){.host_index = host, .host_count = 3});
        sum += f.plan.count;
        assert_int_equal(f.plan.count + f.plan.other_hosts, 40);
        for (size_t i = 0; i < f.plan.count; i++)
            assert_int_equal(shard_of_key(f.plan.rows[i].object->key, 3), host);
    }
    assert_int_equal(sum, 40);
    end(&f);
}

static bool all_keys(void *ctx, const char *key)
{
    UNUSED(ctx);
    UNUSED(key);
    return true;
}

static bool even_parts(void *ctx, const char *key)
{
    return shard_of_key(key, 2 * *(const unsigned *)ctx) < *(const unsigned *)ctx;
}

static void slices_are_whole_and_apart(void **state)
{
    UNUSED(state);
    fixture f;
    unsigned slices = 8;
    size_t sum = 0, parts = 0;
    begin(&f);
    for (int i = 0; i < 40; i++) {
        AUTO_FREE char *key = xasprintf("data/part-%02d.jsonl", i);
        add(&f.listing.inputs, key, (uint64_t)i, 50);
    }
    add(&f.listing.inputs, "data/x.jsonl", 1, 50); /* rivals, mostly of two slices */
    add(&f.listing.inputs, "data/x.jsonl.gz", 1, 50);
    add(&f.listing.reports, "rep/part-07.clean", 0, 60);
    listed_sort(&f.listing.reports);
    listed_sort(&f.listing.cleaned);
    plan_options o = {.places = &f.places, .listing = &f.listing, .list_done = true};
    plan_slices s;
    plan_slices_make(&o, slices, &s);
    plan whole = {.places = &f.places};
    for (unsigned i = 0; i < slices; i++) {
        plan one;
        plan_slice(&o, &s, i, even_parts, &slices, &one);
        parts += one.count + one.done + one.refused_count;
        plan_deinit(&one);
        plan_slice(&o, &s, i, all_keys, NULL, &one);
        assert_true(plan_slices_is_empty(&s, i) == (one.input_count == 0));
        for (size_t row = 0; row < one.count; row++)
            assert_int_equal(shard_of_key(one.rows[row].object->key, slices), i);
        sum += one.count;
        plan_append(&whole, &one);
        assert_int_equal(one.count, 0);
    }
    assert_int_equal(sum, 39);
    assert_int_equal(whole.count, 39);
    assert_int_equal(whole.done, 1);
    assert_int_equal(whole.refused_count, 2);
    assert_int_equal(whole.size_bytes, 40 * 39 / 2 - 7);
    assert_in_range(parts, 1, 41);
    plan_deinit(&whole);
    plan_slices_deinit(&s);
    end(&f);
}

/* The rival may belong to another host: checked before shares are selected. */
static void collisions_are_seen_across_shares(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/x.jsonl", 1, 50);
    add(&f.listing.inputs, "data/x.jsonl.gz", 1, 50);
    size_t refused = 0;
    for (unsigned host = 0; host < 7; host++) {
        run(&f, (plan_options){.host_index = host, .host_count = 7});
        assert_int_equal(f.plan.count, 0);
        refused += f.plan.refused_count;
    }
    assert_int_equal(refused, 2);
    end(&f);
}

static void output_folders_inside_the_input_are_skipped(void **state)
{
    UNUSED(state);
    fixture f = {0};
    err e = ERR_INIT;
    assert_true(places_make("s3://b/data", "s3://b/data/rep", "s3://b/data/cle", &f.places, &e));
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/rep/a.report.jsonl", 1, 50);
    add(&f.listing.inputs, "data/cle/a.clean.jsonl", 1, 50);
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 1);
    assert_int_equal(f.plan.ignored_count, 2);
    assert_int_equal(f.plan.input_count, 1);
    end(&f);
}

/* A ledger is named like a training file. */
static void records_of_another_run_are_refused_by_name(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/old/_decon/ledger/x.jsonl.zst", 1, 50);
    add(&f.listing.inputs, "data/my_decon/b.jsonl", 1, 50);
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 2);
    assert_int_equal(f.plan.refused_count, 1);
    err e = why_refused(&f, 0);
    assert_int_equal(e.code, ERR_PLAN);
    assert_non_null(
        strstr(e.message, "s3://b/data/old/_decon/ledger/x.jsonl.zst: is in a folder _decon/"));
    end(&f);
}

static void the_records_of_this_report_folder_are_no_objects_of_the_plan(void **state)
{
    UNUSED(state);
    fixture f = {0};
    err e = ERR_INIT;
    assert_true(places_make("s3://b/data", "s3://b/data/rep", "s3://b/data/cle", &f.places, &e));
    const char *const keys[] = {"data/rep/_decon/ledger/x.jsonl.zst", "data/rep/_decon/x.txt",
                                "data/a.jsonl", "data-old/b.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        listing_add_input(&f.listing, &f.places, &(s3_object){.key = keys[i], .etag = "\"e\""});
    run(&f, (plan_options){0});
    assert_int_equal(f.plan.count, 1);
    assert_int_equal(f.plan.refused_count, 0);
    assert_int_equal(f.plan.ignored_count, 0);
    assert_int_equal(f.listing.outside_count, 1);
    end(&f);
}

static void a_debug_run_takes_so_many(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    add(&f.listing.inputs, "data/a.jsonl", 1, 50);
    add(&f.listing.inputs, "data/b.jsonl", 2, 50);
    add(&f.listing.inputs, "data/c.jsonl", 3, 50);
    run(&f, (plan_options){.max_files = 2});
    assert_int_equal(f.plan.count, 2);
    assert_int_equal(f.plan.beyond_debug, 1);
    assert_int_equal(f.plan.size_bytes, 3 + 2);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_whole_and_apart),
        cmocka_unit_test(slices_are_whole_and_apart),
        cmocka_unit_test(collisions_are_seen_across_shares),
        cmocka_unit_test(output_folders_inside_the_input_are_skipped),
        cmocka_unit_test(records_of_another_run_are_refused_by_name),
        cmocka_unit_test(the_records_of_this_report_folder_are_no_objects_of_the_plan),
        cmocka_unit_test(a_debug_run_takes_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
