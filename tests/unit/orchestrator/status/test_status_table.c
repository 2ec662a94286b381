/* orchestrator/status/status_table: which inputs are done according to the listing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/status/status_sums.h"

static void open_table(places *where, status_table *t)
{
    err e = ERR_INIT;
    assert_true(places_make("s3://b/in", "s3://b/rep", "s3://b/cle", where, &e));
    *t = (status_table){.places = where};
}

static void add_input(status_table *t, const char *key, int64_t modified_s)
{
    status_table_add_input(
        t,
        &(s3_object){.key = key, .size_bytes = 10, .last_modified_s = modified_s, .etag = "\"e\""});
}

static void add_output(status_table *t, const char *key, int64_t modified_s)
{
    status_table_add_output(t, &(s3_object){.key = key, .last_modified_s = modified_s});
}

static unsigned state_of(const status_table *t, const char *key)
{
    size_t index = status_table_find(t, key);
    if (index == SIZE_MAX)
        fail_msg("%s is not in the table", key);
    return t->state[index];
}

static void inputs_are_done_by_the_rule_of_the_plan(void **state)
{
    UNUSED(state);
    AUTO(places) where = {0};
    AUTO(status_table) t = {0};
    open_table(&where, &t);
    add_input(&t, "in/a/clean.jsonl", 5);
    add_input(&t, "in/dirty.jsonl.gz", 5);
    add_input(&t, "in/no-cleaned.jsonl", 5);
    add_input(&t, "in/newer.jsonl", 9);
    add_input(&t, "in/both.jsonl", 5);
    add_input(&t, "in/left.jsonl", 5);
    add_input(&t, "in/notes.txt", 5);
    add_input(&t, "in-old/x.jsonl", 5);
    add_output(&t, "rep/a/clean.clean", 5);
    add_output(&t, "rep/dirty.report.jsonl", 6);
    add_output(&t, "cle/dirty.clean.jsonl.gz", 6);
    add_output(&t, "rep/no-cleaned.report.jsonl", 6);
    add_output(&t, "rep/newer.clean", 8);
    add_output(&t, "rep/both.clean", 6);
    add_output(&t, "rep/both.report.jsonl", 6);
    add_output(&t, "rep/_decon/runs/x.json", 6);
    status_table_judge(&t, true);
    assert_int_equal(t.inputs.count, 6);
    assert_int_equal(state_of(&t, "in/a/clean.jsonl"), INPUT_DONE);
    assert_int_equal(state_of(&t, "in/dirty.jsonl.gz"), INPUT_DONE | INPUT_CONTAMINATED);
    assert_int_equal(state_of(&t, "in/no-cleaned.jsonl"), 0);
    assert_int_equal(state_of(&t, "in/newer.jsonl"), 0);
    assert_int_equal(state_of(&t, "in/both.jsonl"), 0);
    assert_int_equal(state_of(&t, "in/left.jsonl"), 0);
    assert_true(status_table_find(&t, "in/notes.txt") == SIZE_MAX);
}

static void a_server_that_does_not_purify_needs_no_cleaned_file(void **state)
{
    UNUSED(state);
    AUTO(places) where = {0};
    AUTO(status_table) t = {0};
    open_table(&where, &t);
    add_input(&t, "in/dirty.jsonl", 5);
    add_output(&t, "rep/dirty.report.jsonl", 6);
    status_table_judge(&t, false);
    assert_int_equal(state_of(&t, "in/dirty.jsonl"), INPUT_DONE | INPUT_CONTAMINATED);
}

static void rivals_and_records_are_refused(void **state)
{
    UNUSED(state);
    AUTO(places) where = {0};
    AUTO(status_table) t = {0};
    open_table(&where, &t);
    add_input(&t, "in/x.jsonl", 5);
    add_input(&t, "in/x.jsonl.gz", 5);
    add_input(&t, "in/other/_decon/ledger/r-0.jsonl.zst", 5);
    add_input(&t, "in/y.jsonl", 5);
    add_output(&t, "rep/x.clean", 6);
    status_table_judge(&t, true);
    assert_int_equal(state_of(&t, "in/x.jsonl"), INPUT_REFUSED);
    assert_int_equal(state_of(&t, "in/x.jsonl.gz"), INPUT_REFUSED);
    assert_int_equal(state_of(&t, "in/other/_decon/ledger/r-0.jsonl.zst"), INPUT_REFUSED);
    assert_int_equal(state_of(&t, "in/y.jsonl"), 0);
}

/* No output is lost when the table grows. */
static void many_outputs_are_found(void **state)
{
    UNUSED(state);
    AUTO(places) where = {0};
    AUTO(status_table) t = {0};
    AUTO(status_sums) sums = {0};
    AUTO(status_runs) runs = {0};
    open_table(&where, &t);
    for (unsigned i = 0; i < 5000; i++) {
        char key[64];
        snprintf(key, sizeof key, "in/%u/f%u.jsonl", i % 7, i);
        add_input(&t, key, 5);
        snprintf(key, sizeof key, "rep/%u/f%u.clean", i % 7, i);
        if (i % 3)
            add_output(&t, key, 5);
    }
    status_table_judge(&t, true);
    status_sums_close(&sums, &t, &runs);
    assert_int_equal(sums.inputs, 5000);
    assert_int_equal(sums.clean, 3333);
    assert_int_equal(sums.left, 1667);
    assert_int_equal(sums.left_bytes, 16670);
    assert_int_equal(sums.folder_count, 7);
}

static void folders_beyond_the_limit_are_one(void **state)
{
    UNUSED(state);
    AUTO(places) where = {0};
    AUTO(status_table) t = {0};
    AUTO(status_sums) sums = {0};
    AUTO(status_runs) runs = {0};
    open_table(&where, &t);
    for (unsigned i = 0; i < STATUS_FOLDERS_MAX + 5; i++) {
        char key[64];
        snprintf(key, sizeof key, "in/%06u/f.jsonl", i);
        add_input(&t, key, 5);
    }
    status_table_judge(&t, true);
    status_sums_close(&sums, &t, &runs);
    assert_int_equal(sums.folder_count, STATUS_FOLDERS_MAX + 1);
    assert_string_equal(sums.folders[0].name, "(further folders)");
    assert_int_equal(sums.folders[0].files, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_done_by_the_rule_of_the_plan),
        cmocka_unit_test(a_server_that_does_not_purify_needs_no_cleaned_file),
        cmocka_unit_test(rivals_and_records_are_refused),
        cmocka_unit_test(many_outputs_are_found),
        cmocka_unit_test(folders_beyond_the_limit_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
