/* orchestrator/runtime/codec_memory: admission in order, within the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/runtime/codec_memory.h"

static char admitted[16];

typedef struct waiter {
    codec_ticket ticket; /* first */
    const char *name;
} waiter;

static void note(codec_ticket *t)
{
    snprintf(admitted + strlen(admitted), sizeof admitted - strlen(admitted), "%s",
             ((waiter *)t)->name);
}

/* clang-format off */
#define WAITER(n) {.ticket.on_admitted = note, .name = n}
/* clang-format on */

static void tickets_are_admitted_in_order(void **state)
{
    UNUSED(state);
    waiter a = WAITER("a"), b = WAITER("b"), c = WAITER("c"), d = WAITER("d");
    codec_memory *m = codec_memory_new(100);
    admitted[0] = '\0';
    codec_memory_ask(m, &a.ticket, 60);
    codec_memory_ask(m, &b.ticket, 60);
    codec_memory_ask(m, &c.ticket, 10); /* would fit, but does not overtake */
    codec_memory_ask(m, &d.ticket, 0);
    assert_string_equal(admitted, "a");
    codec_memory_give(m, &a.ticket);
    assert_string_equal(admitted, "abcd");
    codec_memory_give(m, &a.ticket); /* a repeated call has no effect */
    codec_memory_ask(m, &a.ticket, 31);
    assert_string_equal(admitted, "abcd");
    codec_memory_give(m, &c.ticket);
    assert_string_equal(admitted, "abcda");
    codec_memory_free(m);
}

static void one_that_leaves_the_queue_lets_others_in(void **state)
{
    UNUSED(state);
    waiter a = WAITER("a"), b = WAITER("b"), c = WAITER("c");
    codec_memory *m = codec_memory_new(100);
    admitted[0] = '\0';
    codec_memory_ask(m, &a.ticket, 60);
    codec_memory_ask(m, &b.ticket, 1000); /* counted as the whole limit */
    assert_int_equal(b.ticket.bytes, 100);
    codec_memory_ask(m, &c.ticket, 40);
    assert_string_equal(admitted, "a");
    codec_memory_give(m, &b.ticket);
    assert_string_equal(admitted, "ac");
    codec_memory_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tickets_are_admitted_in_order),
        cmocka_unit_test(one_that_leaves_the_queue_lets_others_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
