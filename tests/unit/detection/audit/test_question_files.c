/* Lists of found questions, and of clean ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/audit/question_files.h"

static void add(question_table *t, const char *set, const char *split, uint64_t instance,
                uint64_t documents)
{
    audit_question *q = question_table_find(t, set, split, instance);
    q->is_known = true;
    q->documents = documents;
    q->best_score = documents > 0 ? 0.5F : 0;
}

static void fill(question_table *t)
{
    add(t, "beta", "test", 2, 0);
    add(t, "alpha", "test", 7, 3);
    add(t, "alpha", "train", 1, 0);
    add(t, "alpha", "test", 3, 0);
    add(t, "alpha", "test", 4, 0);
    add(t, "a,\"b\"", "", 0, 1);
    question_table_find(t, "beta", "test", 99)->documents = 1; /* no evaluation file has it */
    question_table_sort(t);
}

static void found_questions_as_csv_and_json(void **state)
{
    UNUSED(state);
    AUTO(question_table) t = {0};
    AUTO(buf) csv = BUF(4096);
    AUTO(buf) json = BUF(4096);
    fill(&t);
    question_put_found_csv(&t, &csv);
    assert_string_equal(buf_str(&csv), "eval_key,split,eval_instance_index,documents,best_score\n"
                                       "\"a,\"\"b\"\"\",,0,1,0.5\nalpha,test,7,3,0.5\n"
                                       "beta,test,99,1,0.0\n");
    question_put_found_json(&t, &json);
    assert_string_equal(
        buf_str(&json),
        "[{\"best_score\":0.5,\"documents\":1,\"eval_instance_index\":0,\"eval_key\":\"a,"
        "\\\"b\\\"\","
        "\"split\":\"\"},\n"
        "{\"best_score\":0.5,\"documents\":3,\"eval_instance_index\":7,\"eval_key\":\"alpha\","
        "\"split\":\"test\"},\n"
        "{\"best_score\":0.0,\"documents\":1,\"eval_instance_index\":99,\"eval_key\":\"beta\","
        "\"split\":\"test\"}]\n");
}

static void expect_clean(const char *split, const char *want)
{
    AUTO(question_table) t = {0};
    AUTO(buf) json = BUF(4096);
    fill(&t);
    question_put_clean(&t, split, &json);
    assert_string_equal(buf_str(&json), want);
}

static void the_clean_subset(void **state)
{
    UNUSED(state);
    expect_clean(NULL, "{\"a,\\\"b\\\"\":{\"\":[]},\"alpha\":{\"test\":[3,4],\"train\":[1]},"
                       "\"beta\":{\"test\":[2]}}\n");
    expect_clean("test", "{\"alpha\":[3,4],\"beta\":[2]}\n");
    expect_clean("dev", "{}\n");
}

static void counts_by_set_and_split(void **state)
{
    UNUSED(state);
    AUTO(question_table) t = {0};
    size_t count = 0;
    fill(&t);
    AUTO_FREE question_count *counts = question_table_count(&t, &count);
    assert_int_equal(count, 4);
    assert_string_equal(counts[1].set, "alpha");
    assert_string_equal(counts[1].split, "test");
    assert_int_equal(counts[1].known, 3);
    assert_int_equal(counts[1].found, 1);
    assert_int_equal(counts[3].known, 1);
    assert_int_equal(counts[3].found, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_questions_as_csv_and_json),
        cmocka_unit_test(the_clean_subset),
        cmocka_unit_test(counts_by_set_and_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
