/* orchestrator/claim: parts of the last slices, which hosts open to others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fake/claim_host.h"

static void parts_of_the_last_slices_go_to_idle_hosts(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_start_with(&a, s, 1, 1);
    claim *c = claim_host_take(&a);
    fake_advance(a.fake, LEASE_MS);
    assert_int_equal(a.last, 0); /* no host is idle */
    claim_host_start_with(&b, s, 2, 1);
    assert_null(claim_host_take(&b));
    assert_int_equal(small_store_count(s, "/idle"), 1);
    fake_advance(a.fake, LEASE_MS / 3 + 1000); /* A looks for idle hosts when it renews */
    assert_int_equal(a.last, 1);
    slice_id part = slice_part(c->id, 5);
    claims_open(a.claims, c, 1u << 5);
    fake_run(a.fake);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.parts, 1u << 5);
    fake_advance(b.fake, 40000);
    assert_int_equal(b.held_count, 1);
    assert_int_equal(b.held[0]->id.rest, part.rest);
    assert_int_equal(b.held[0]->id.modulus, SLICES * CLAIM_PARTS);
    assert_true(b.held[0]->taken_over); /* A may have processed some of its files */
    assert_true(claims_part_is_open(b.claims, part));
    assert_false(claims_part_is_open(b.claims, slice_part(c->id, 4)));
    claim_host_finish(&a, c, 0);
    claims_want(a.claims);
    fake_advance(a.fake, 60000);
    assert_int_equal(a.complete, 0); /* the part is not closed */
    claim_host_finish(&b, b.held[0], 0);
    fake_advance(a.fake, LEASE_MS);
    assert_int_equal(a.complete, 1);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_part_that_could_not_be_opened_is_opened_later(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a;
    claim_host_begin_and_start(&a, s, 1);
    claim *c = claim_host_take(&a), *other = claim_host_take(&a);
    slice_id part = slice_part(c->id, 5), part_of_other = slice_part(other->id, 6);
    small_store_knobs_of(s)->refuse_key = "/open/";
    claims_open(a.claims, c, 1u << 5);
    claims_open(a.claims, other, 1u << 6);
    fake_advance(a.fake, 60000);
    assert_false(claims_part_is_open(a.claims, part));
    claim_host_finish(&a, other, 0); /* nothing of it is left to open */
    small_store_knobs_of(s)->refuse_key = NULL;
    fake_advance(a.fake, LEASE_MS / 3);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.parts, 1u << 5);
    assert_true(claims_part_is_open(a.claims, part));
    assert_false(claims_part_is_open(a.claims, part_of_other));
    claim_host_end(&a);
    small_store_free(s);
}

/* No slice is held, and a part is left. */
static void a_round_with_an_open_part_is_not_complete(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_start_with(&a, s, 1, 1);
    claim *c = claim_host_take(&a);
    slice_id part = slice_part(c->id, 5);
    claims_open(a.claims, c, 1u << 5);
    fake_run(a.fake);
    claim_host_finish(&a, c, 0);
    claim_host_start_with(&b, s, 2, 1);
    assert_int_equal(b.complete, 0);
    assert_int_equal(b.joined, 1);
    assert_int_equal(claim_host_take(&b)->id.rest, part.rest);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_the_last_slices_go_to_idle_hosts),
        cmocka_unit_test(a_part_that_could_not_be_opened_is_opened_later),
        cmocka_unit_test(a_round_with_an_open_part_is_not_complete),
    };
    return cmocka_run_group_tests(tests, claim_host_quiet, NULL);
}
