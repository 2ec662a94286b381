/* As much of cmocka's face as the checker's tests use, for where there is no cmocka: arm64 under
 * qemu-user (make check-arm64).
 *
 * What:    tests run one after the other, in TAP; the first failure ends the program with 1.
 * Owner:   nothing. Threads: one. Fails: as said.
 */
#ifndef TESTS_ARM64_CMOCKA_H
#define TESTS_ARM64_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
};
/* clang-format off */
#define cmocka_unit_test(function) {#function, function}
/* clang-format on */

#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        printf("# %s:%d: ", __FILE__, __LINE__);                                                   \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        exit(1);                                                                                   \
    } while (0)
#define assert_true(holds)                                                                         \
    do {                                                                                           \
        if (!(holds))                                                                              \
            fail_msg("it is not so: %s", #holds);                                                  \
    } while (0)
#define assert_false(holds)           assert_true(!(holds))
#define assert_non_null(p)            assert_true((p) != NULL)
#define assert_ptr_equal(a, b)        assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)        assert_true((unsigned long long)(a) == (unsigned long long)(b))
#define assert_int_not_equal(a, b)    assert_true((unsigned long long)(a) != (unsigned long long)(b))
#define assert_in_range(a, low, high) assert_true((a) >= (low) && (a) <= (high))
#define assert_string_equal(a, b)     assert_true(strcmp((a), (b)) == 0)
#define assert_memory_equal(a, b, n)  assert_true(memcmp((a), (b), (n)) == 0)

static inline int cmocka_run_tests(const struct CMUnitTest *tests, size_t count)
{
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        void *state = NULL;
        fflush(stdout);
        tests[i].test(&state);
        printf("ok %zu - %s\n", i + 1, tests[i].name);
    }
    return 0;
}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    ((void)(setup), (void)(teardown), cmocka_run_tests(tests, sizeof(tests) / sizeof((tests)[0])))

#endif
