/* base/digest/shard: the expected numbers come from Python's hashlib and int. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "base/digest/shard.h"

static void takes_md5_of_the_whole_key_as_one_number(void **state)
{
    UNUSED(state);
    static const struct {
        const char *key;
        unsigned count, expected;
    } rows[] = {
        {"data/a.jsonl.gz", 3u, 0u},        {"data/a.jsonl.gz", 1000003u, 317304u},
        {"train/part-00001.jsonl", 7u, 0u}, {"", 10u, 6u},
        {"données/é+ x.jsonl", 64u, 41u},   {"a", 4294967295u, 1760423077u},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(shard_of_key(rows[i].key, rows[i].count), rows[i].expected);
}

static void one_host_has_all(void **state)
{
    UNUSED(state);
    assert_int_equal(shard_of_key("anything", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_md5_of_the_whole_key_as_one_number),
        cmocka_unit_test(one_host_has_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
