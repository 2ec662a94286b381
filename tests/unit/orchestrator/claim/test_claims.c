/* orchestrator/claim: several hosts on one store, each with its own clock: rounds and slices. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fake/claim_host.h"

static void each_slice_is_claimed_by_one_host(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_begin_and_start(&a, s, 1);
    claim_host_begin_and_start(&b, s, 2);
    bool seen[SLICES] = {false};
    for (unsigned i = 0; i < SLICES; i++) {
        claim_host *h = i % 2 ? &a : &b;
        claim *c = claim_host_take(h);
        assert_non_null(c);
        assert_false(c->taken_over);
        assert_false(seen[c->id.rest]);
        seen[c->id.rest] = true;
        claim_host_finish(h, c, i == 3);
    }
    assert_null(claim_host_take(&a));
    assert_null(claim_host_take(&b));
    fake_advance(a.fake, 60000);
    fake_advance(b.fake, 60000);
    assert_int_equal(a.complete, 1);
    assert_int_equal(b.complete, 1);
    assert_int_equal(small_store_count(s, "/done/"), SLICES - 1);
    assert_int_equal(small_store_count(s, "/failed/"), 1);
    assert_int_equal(small_store_count(s, "probe"), 0);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void the_first_host_fixes_the_plan(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host first, other, lists, more;
    claim_host_begin_and_start(&first, s, 1);
    claim_host_begin(&more, s, 2);
    more.plan.slices = 4 * SLICES; /* configured with more hosts */
    claim_host_start(&more);
    assert_int_equal(claims_plan(more.claims)->slices, SLICES);
    claim_host_begin(&other, s, 3);
    free(other.plan.fingerprint);
    other.plan.fingerprint = xstrdup("f2");
    claim_host_start(&other);
    claim_host_expect_failure(
        &other, 2,
        "claims/plan.json: a claim run with other detection settings is in progress "
        "(fingerprint f1, this host's server has f2)");
    assert_int_equal(other.joined, 0);
    claim_host_begin(&lists, s, 4);
    free(lists.plan.lists);
    lists.plan.lists = xstrdup("0123456789abcdef");
    claim_host_start(&lists);
    claim_host_expect_failure(
        &lists, 2,
        "with another input list is in progress (SHA-256 none, this host's is "
        "0123456789ab)");
    claim_host_end(&first);
    claim_host_end(&other);
    claim_host_end(&lists);
    claim_host_end(&more);
    small_store_free(s);
}

static void a_store_without_conditional_writes_is_refused(void **state)
{
    UNUSED(state);
    static const char *const why[] = {"ignores If-None-Match", "ignores If-Match",
                                      "refuses If-None-Match"};
    for (int i = 0; i < 3; i++) {
        small_store *s = small_store_new();
        small_store_knobs *k = small_store_knobs_of(s);
        claim_host h;
        k->ignore_none_match = i == 0;
        k->ignore_match = i == 1;
        k->refuse_conditions = i == 2;
        claim_host_begin(&h, s, 1);
        claim_host_start(&h);
        claim_host_expect_failure(&h, 2, why[i]);
        claim_host_expect_failure(&h, 2, "--distribution hash with --host-index and --host-count");
        assert_int_equal(small_store_count(s, ""), 0);
        claim_host_end(&h);
        small_store_free(s);
    }
}

/* Each write is repeated because its reply was lost, and gets 412 or 409 because the first one
 * succeeded. */
static void a_lost_reply_loses_no_claim(void **state)
{
    UNUSED(state);
    for (int conflict = 0; conflict < 2; conflict++) {
        small_store *s = small_store_new();
        small_store_knobs *k = small_store_knobs_of(s);
        claim_host h;
        claim_host_begin(&h, s, 1);
        k->lose_puts = 1;
        k->lose_key = "plan.json";
        claim_host_start(&h);
        fake_advance(h.fake, 20000);
        if (err_is_set(&h.error))
            fail_msg("%s", h.error.message);
        assert_int_equal(h.joined, 1);
        k->conflict = conflict;
        k->lose_puts = 1;
        k->lose_key = "lease/";
        claims_want(h.claims);
        fake_advance(h.fake, 20000);
        assert_int_equal(h.held_count, 1);
        assert_int_equal(small_store_count(s, "lease/"), 1);
        k->lose_puts = 1;
        fake_advance(h.fake, LEASE_MS); /* renewals */
        assert_int_equal(k->lose_puts, 0);
        fake_advance(h.fake, LEASE_MS);
        assert_int_equal(h.lost, 0);
        claim_host_end(&h);
        small_store_free(s);
    }
}

static void a_claim_of_another_host_is_left_alone(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_begin_and_start(&a, s, 5);
    claim_host_begin_and_start(&b, s, 5 + 1);
    /* A lists before B claims everything. */
    for (int i = 0; i < SLICES - 1; i++)
        assert_non_null(claim_host_take(&b));
    const claim *c = claim_host_take(&a);
    assert_non_null(c);
    for (size_t i = 0; i < b.held_count; i++)
        assert_int_not_equal(b.held[i]->id.rest, c->id.rest);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_slice_that_is_given_back_is_taken_at_once(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_start_with(&a, s, 1, 1);
    assert_non_null(claim_host_take(&a));
    claims_release(a.claims, claim_host_on_released, &a);
    fake_run(a.fake);
    assert_int_equal(a.released, 1);
    claim_host_start_with(&b, s, 2, 1);
    const claim *c = claim_host_take(&b);
    assert_non_null(c);
    assert_true(c->taken_over);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_round_follows_a_complete_one_where_there_is_work(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, nothing_to_do, next;
    claim_host_start_with(&a, s, 1, 1);
    claim_host_finish(&a, claim_host_take(&a), 1);
    claim_host_start_with(&nothing_to_do, s, 2, 1);
    assert_int_equal(nothing_to_do.complete, 1);
    assert_int_equal(nothing_to_do.joined, 0);
    claim_host_begin(&next, s, 3);
    next.filled = 2;
    next.begins = true;
    free(next.plan.fingerprint);
    next.plan.fingerprint = xstrdup("f2"); /* irrelevant after a complete round */
    claim_host_start(&next);
    assert_int_equal(next.joined, 1);
    assert_int_equal(claims_plan(next.claims)->round, 2);
    assert_non_null(claim_host_take(&next));
    assert_non_null(claim_host_take(&next));
    claim_host_end(&a);
    claim_host_end(&nothing_to_do);
    claim_host_end(&next);
    small_store_free(s);
}

static void a_store_that_fails_ends_the_claims_once(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host h;
    claim_host_begin(&h, s, 1);
    small_store_put(s, "rep/_decon/claims/plan.json", "{\"format\":9}\n");
    claim_host_start(&h);
    claim_host_expect_failure(&h, 1,
                              "s3://b/rep/_decon/claims/plan.json: is not a plan of a claim run");
    assert_null(claim_host_take(&h));
    claim_host_end(&h);
    small_store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_slice_is_claimed_by_one_host),
        cmocka_unit_test(the_first_host_fixes_the_plan),
        cmocka_unit_test(a_store_without_conditional_writes_is_refused),
        cmocka_unit_test(a_lost_reply_loses_no_claim),
        cmocka_unit_test(a_claim_of_another_host_is_left_alone),
        cmocka_unit_test(a_slice_that_is_given_back_is_taken_at_once),
        cmocka_unit_test(a_round_follows_a_complete_one_where_there_is_work),
        cmocka_unit_test(a_store_that_fails_ends_the_claims_once),
    };
    return cmocka_run_group_tests(tests, claim_host_quiet, NULL);
}
