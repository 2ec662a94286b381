/* The table of listed objects: a key that is listed twice is one object. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/plan/object_table.h"

#define DIGEST "\"0123456789abcdef0123456789abcdef\""

static void add(listed_array *a, const char *key, uint64_t size_bytes, const char *etag)
{
    listed_add(a, &(s3_object){.key = key, .size_bytes = size_bytes, .etag = etag});
}

static void expect_keys(const listed_array *a, const char *expected)
{
    AUTO(buf) keys = BUF(4096);
    for (size_t i = 0; i < a->count; i++)
        buf_printf(&keys, "%s ", listed_at(a, i)->key);
    assert_string_equal(buf_str(&keys), expected);
}

static void a_repeat_next_to_it_is_skipped(void **state)
{
    listed_array a = {0};
    UNUSED(state);
    add(&a, "a", 1, DIGEST);
    add(&a, "a", 1, DIGEST);
    add(&a, "b", 1, NULL);
    add(&a, "b", 1, NULL);
    add(&a, "b", 1, NULL);
    add(&a, "c", 1, "odd");
    expect_keys(&a, "a b c ");
    listed_array_deinit(&a);
}

static void a_repeat_anywhere_is_dropped(void **state)
{
    listed_array a = {0};
    err e = ERR_INIT;
    char key[16];
    UNUSED(state);
    for (unsigned round = 0; round < 2; round++) /* over the border of a block */
        for (unsigned i = 0; i < LISTED_BLOCK_ROWS - 10; i++) {
            snprintf(key, sizeof key, "k%05u", 99999 - i);
            add(&a, key, i, DIGEST);
        }
    assert_true(listed_drop_repeats(&a, &e));
    assert_int_equal(a.count, LISTED_BLOCK_ROWS - 10);
    listed_sort(&a);
    assert_int_equal(listed_find(&a, "k99999")->size_bytes, 0);
    assert_int_equal(listed_find(&a, "k99000")->size_bytes, 999);
    listed_array_deinit(&a);
}

static void two_contents_of_one_key_are_an_error(void **state)
{
    static const struct {
        uint64_t size_bytes;
        const char *etag;
    } rows[] = {{2, DIGEST}, {1, "\"other\""}, {1, NULL}};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listed_array a = {0};
        err e = ERR_INIT;
        add(&a, "a", 1, DIGEST);
        add(&a, "b", 1, DIGEST);
        add(&a, "a", rows[i].size_bytes, rows[i].etag);
        assert_false(listed_drop_repeats(&a, &e));
        assert_int_equal(e.code, ERR_S3_REPLY);
        assert_true(str_starts_with(e.message, "a: listed twice"));
        listed_array_deinit(&a);
    }
}

/* Without an ETag the time distinguishes two objects of equal size. */
static void without_etags_the_times_are_compared(void **state)
{
    static const int64_t times[] = {1000, 1001};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        listed_array a = {0};
        err e = ERR_INIT;
        listed_add(&a, &(s3_object){.key = "a", .size_bytes = 1, .last_modified_s = 1000});
        add(&a, "b", 1, DIGEST);
        listed_add(&a, &(s3_object){.key = "a", .size_bytes = 1, .last_modified_s = times[i]});
        assert_true(listed_drop_repeats(&a, &e) == (i == 0));
        listed_array_deinit(&a);
    }
}

static void without_repeats_nothing_moves(void **state)
{
    listed_array a = {0};
    err e = ERR_INIT;
    UNUSED(state);
    assert_true(listed_drop_repeats(&a, &e));
    add(&a, "c", 1, DIGEST);
    add(&a, "a", 1, DIGEST);
    add(&a, "b", 1, DIGEST);
    assert_true(listed_drop_repeats(&a, &e));
    expect_keys(&a, "c a b ");
    listed_array_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_next_to_it_is_skipped),
        cmocka_unit_test(a_repeat_anywhere_is_dropped),
        cmocka_unit_test(two_contents_of_one_key_are_an_error),
        cmocka_unit_test(without_etags_the_times_are_compared),
        cmocka_unit_test(without_repeats_nothing_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
