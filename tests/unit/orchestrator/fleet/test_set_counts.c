/* orchestrator/fleet/set_counts: numbers of lines by evaluation set. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/set_counts.h"

static void expect(const set_counts *c, const char *expected)
{
    AUTO(buf) text = BUF(1 << 20);
    set_counts_write(c, &text);
    assert_string_equal(buf_str(&text), expected);
}

static void names_are_sorted_and_numbers_added(void **state)
{
    UNUSED(state);
    AUTO(set_counts) c = {0}, more = {0};
    expect(&c, "{}");
    set_counts_add(&c, slice_from("mmlu"), 2);
    set_counts_add(&c, slice_from("gsm8k"), 1);
    set_counts_add(&c, slice_from("mmlu-pro"), 4);
    set_counts_add(&c, slice_from("mmlu"), 3);
    expect(&c, "{\"gsm8k\":1,\"mmlu\":5,\"mmlu-pro\":4}");
    set_counts_add(&more, slice_from("arc"), 7);
    set_counts_add(&more, slice_from("gsm8k"), 1);
    set_counts_add_all(&c, &more);
    expect(&c, "{\"arc\":7,\"gsm8k\":2,\"mmlu\":5,\"mmlu-pro\":4}");
}

static void what_was_written_is_read(void **state)
{
    UNUSED(state);
    AUTO(set_counts) c = {0};
    assert_true(set_counts_read(SLICE_LIT("{\"m\\\"x\": 3, \"a\":1}"), &c));
    assert_true(set_counts_read(SLICE_LIT("{\"a\":2}"), &c));
    expect(&c, "{\"a\":3,\"m\\\"x\":3}");
    assert_false(set_counts_read(SLICE_LIT("[1]"), &c));
    assert_false(set_counts_read(SLICE_LIT("{\"a\":\"2\"}"), &c));
    assert_false(set_counts_read(SLICE_LIT("{\"a\":-2}"), &c));
}

static void names_beyond_the_limit_share_one_number(void **state)
{
    UNUSED(state);
    AUTO(set_counts) c = {0};
    for (unsigned i = 0; i < SET_COUNTS_MAX + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "set%u", i);
        set_counts_add(&c, slice_from(name), 1);
    }
    assert_int_equal(c.count, SET_COUNTS_MAX + 1);
    set_counts_add(&c, slice_from("set3"), 5);
    assert_int_equal(c.count, SET_COUNTS_MAX + 1);
    assert_string_equal(c.sets[0].name, SET_COUNTS_REST);
    assert_int_equal(c.sets[0].lines, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_sorted_and_numbers_added),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(names_beyond_the_limit_share_one_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
