/* Shared by the tests of whole runs: files and expectations.
 *
 * What:    each expectation that fails shows the run's log.
 * Owner:   the world is the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_FLOW_SUPPORT_H
#define TESTS_FLOW_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fake/world.h"

#define GOOD "{\"text\":\"good\"}\n"
#define BAD  "{\"text\":\"BAD\"}\n"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define expect_log(w, part)                                                                        \
    do {                                                                                           \
        if (!world_logged((w), (part)))                                                            \
            fail_msg("'%s' is not in the log:\n%s", (part), buf_str(&(w)->log));                   \
    } while (0)

#define expect_status(w, words, status)                                                            \
    do {                                                                                           \
        int got_ = world_run((w), (words));                                                        \
        if (got_ != (status))                                                                      \
            fail_msg("exit status %d, its log:\n%s", got_, buf_str(&(w)->log));                    \
    } while (0)

static inline void expect_text(const world *w, const char *key, const char *expected)
{
    const world_object *o = world_find(w, key);
    if (!o)
        fail_msg("%s is missing; log:\n%s", key, buf_str(&w->log));
    assert_string_equal(o->data, expected);
}

static inline void expect_nothing_left(const world *w)
{
    assert_int_equal(world_files_in(w, "work"), 0);
    assert_int_equal(world_files_in(w, "reports"), 0);
    assert_int_equal(world_files_in(w, "cleaned"), 0);
}

#endif
