/* The set of keys of open objects: found in their own object only, removed with it, bounded. */
#include "base/util.h"
#include "tests/unit/compression/samples.h"

#include "compression/keys/keyset.h"

static void free_keyset(keyset **s)
{
    keyset_free(*s);
}
#define AUTO_KEYSET __attribute__((cleanup(free_keyset))) keyset

static keyset_result add(keyset *s, const char *key)
{
    size_t half = strlen(key) / 2;
    keyset_key_bytes(s, (slice){.data = key, .len = half});
    keyset_key_bytes(s, (slice){.data = key + half, .len = strlen(key) - half});
    return keyset_key_end(s);
}

static void a_key_occurs_once_in_its_object(void **state)
{
    UNUSED(state);
    AUTO_KEYSET *s = keyset_new();
    keyset_open(s);
    assert_int_equal(add(s, "a"), KEYSET_NEW);
    assert_int_equal(add(s, ""), KEYSET_NEW);
    assert_int_equal(add(s, "ab"), KEYSET_NEW);
    keyset_open(s); /* the same keys in another object */
    assert_int_equal(add(s, "a"), KEYSET_NEW);
    assert_int_equal(add(s, ""), KEYSET_NEW);
    keyset_close(s);
    keyset_open(s);
    assert_int_equal(add(s, "a"), KEYSET_NEW);
    keyset_close(s);
    assert_int_equal(add(s, "b"), KEYSET_NEW);
    assert_int_equal(add(s, "ab"), KEYSET_TWICE);
    assert_true(slice_equal_str(keyset_last(s), "ab"));
}

static void the_empty_key_counts_as_one(void **state)
{
    UNUSED(state);
    AUTO_KEYSET *s = keyset_new();
    keyset_open(s);
    assert_int_equal(add(s, ""), KEYSET_NEW);
    assert_int_equal(add(s, ""), KEYSET_TWICE);
}

/* Inner objects open and close between the keys of the outer one, while the table grows. */
static void many_keys_are_kept_apart(void **state)
{
    UNUSED(state);
    AUTO_KEYSET *s = keyset_new();
    keyset_open(s);
    for (int i = 0; i < 3000; i++) {
        char key[32];
        snprintf(key, sizeof key, "key %d", i);
        assert_int_equal(add(s, key), KEYSET_NEW);
        keyset_open(s);
        for (int inner = 0; inner < i % 50; inner++) {
            snprintf(key, sizeof key, "key %d", inner);
            assert_int_equal(add(s, key), KEYSET_NEW);
        }
        keyset_close(s);
    }
    assert_int_equal(add(s, "key 1234"), KEYSET_TWICE);
}

static void it_is_bounded(void **state)
{
    UNUSED(state);
    AUTO_KEYSET *s = keyset_new();
    keyset_open(s);
    char key[32];
    for (size_t i = 0; i < KEYSET_KEYS; i++) {
        snprintf(key, sizeof key, "%zx", i);
        assert_int_equal(add(s, key), KEYSET_NEW);
    }
    assert_int_equal(add(s, "one more"), KEYSET_FULL);
    AUTO_KEYSET *large = keyset_new();
    keyset_open(large);
    AUTO_FREE char *text = xcalloc(KEYSET_BYTES, 1);
    keyset_key_bytes(large, (slice){.data = text, .len = KEYSET_BYTES});
    assert_int_equal(keyset_key_end(large), KEYSET_NEW);
    assert_int_equal(add(large, "x"), KEYSET_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_occurs_once_in_its_object),
        cmocka_unit_test(the_empty_key_counts_as_one),
        cmocka_unit_test(many_keys_are_kept_apart),
        cmocka_unit_test(it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
