#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "orchestrator/plan/item.h"
#include "base/util.h"

static item *worked_on(void)
{
    item *it = xcalloc(1, sizeof *it);
    it->planned = (item_planned){.key = xstrdup("data/a.jsonl"),
                                 .etag = xstrdup("\"old\""),
                                 .size_bytes = 10,
                                 .new_etag = xstrdup("\"new\""),
                                 .new_size_bytes = 20};
    it->local = (item_local){.state = ITEM_LOCAL_WHOLE,
                             .path = xstrdup("/work/a.jsonl"),
                             .read_etag = xstrdup("\"old\""),
                             .received_bytes = 10,
                             .lines_known = true,
                             .verdict = {.lines = 3}};
    it->job = (item_job){.id = xstrdup("7"),
                         .replayed = true,
                         .submissions = 4,
                         .fresh_key = true,
                         .report_path = xstrdup("/r"),
                         .cleaned_path = xstrdup("/c"),
                         .settings = xstrdup("f")};
    it->result = (item_result){.contaminated = true,
                               .contaminated_lines = 2,
                               .report_bytes = 9,
                               .cleaned_current = true,
                               .proof = {.size_bytes = 5}};
    err_set(&it->suspicion, ERR_S3_CHANGED, "another version");
    return it;
}

static void a_renewed_item_has_the_new_version_and_none_of_the_old_work(void **state)
{
    UNUSED(state);
    static const item_job no_job;
    static const item_local nothing_local;
    item *it = worked_on();
    item_renew(it);
    assert_string_equal(it->planned.etag, "\"new\"");
    assert_null(it->planned.new_etag);
    assert_int_equal(it->planned.size_bytes, 20);
    assert_true(it->planned.renewed);
    assert_memory_equal(&it->local, &nothing_local, sizeof nothing_local);
    assert_memory_equal(&it->job, &no_job, sizeof no_job);
    assert_false(it->result.contaminated);
    assert_int_equal(it->result.contaminated_lines, 0);
    assert_int_equal(it->result.proof.size_bytes, 0);
    assert_false(err_is_set(&it->suspicion));
    item_free(it);
}

/* The cleaned object must be removed or replaced before the item is done. */
static void a_renewed_item_still_knows_of_a_cleaned_object_that_was_written(void **state)
{
    UNUSED(state);
    item *it = worked_on();
    item_renew(it);
    assert_true(it->result.cleaned_written);
    assert_false(it->result.cleaned_current);
    it->planned.new_etag = xstrdup("\"newer\"");
    item_renew(it);
    assert_true(it->result.cleaned_written);
    item_free(it);
}

static void each_state_has_a_distinct_name(void **state)
{
    UNUSED(state);
    for (int a = 0; a < ITEM_STATE_COUNT; a++) {
        assert_non_null(item_state_name((item_state)a));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(item_state_name((item_state)a), item_state_name((item_state)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewed_item_has_the_new_version_and_none_of_the_old_work),
        cmocka_unit_test(a_renewed_item_still_knows_of_a_cleaned_object_that_was_written),
        cmocka_unit_test(each_state_has_a_distinct_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
