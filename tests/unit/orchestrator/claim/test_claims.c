/* orchestrator/claim: several hosts on one store, each with its own clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decon/base/log.h"
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

static void a_lease_expires_when_its_etag_was_seen_for_the_lease_time(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host stopped, b;
    claim_host_begin(&stopped, s, 1);
    stopped.filled = 1;
    claim_host_start(&stopped);
    const claim *lost = claim_host_take(&stopped);
    assert_non_null(lost);
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
    assert_null(claim_host_take(&b));
    fake_advance(b.fake, LEASE_MS - 1000);
    assert_int_equal(b.held_count, 0);
    fake_advance(b.fake, 32000);
    assert_int_equal(b.held_count, 1);
    assert_true(b.held[0]->taken_over);
    assert_int_equal(b.held[0]->id.rest, lost->id.rest);
    claim_host_end(&stopped);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_lease_that_is_renewed_does_not_expire(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_begin(&a, s, 1);
    a.filled = 1;
    claim_host_start(&a);
    claim *c = claim_host_take(&a);
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
    assert_null(claim_host_take(&b));
    for (int i = 0; i < 100; i++) {
        fake_advance(a.fake, 20000);
        fake_advance(b.fake, 20000);
    }
    assert_int_equal(b.held_count, 0);
    assert_int_equal(small_store_knobs_of(s)->refused_leases, 0); /* the new ETags are known */
    assert_int_equal(a.lost, 0);
    assert_int_equal(b.complete, 0);
    claim_host_finish(&a, c, 0);
    fake_advance(b.fake, LEASE_MS / 2);
    assert_int_equal(b.complete, 1);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void confirm(claim_host *h, const claim *c)
{
    const op *waits = claims_confirm(h->claims, c, claim_host_on_confirmed, h);
    assert_non_null(waits);
    fake_run(h->fake);
}

/* It was cut off from the store: its uncommitted files belong to the other host. */
static void a_host_that_was_taken_over_commits_nothing(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host cut_off, b;
    claim_host_begin(&cut_off, s, 1);
    cut_off.filled = 1;
    claim_host_start(&cut_off);
    const claim *c = claim_host_take(&cut_off);
    confirm(&cut_off, c);
    assert_int_equal(cut_off.confirmed, 1); /* a fresh lease: committed at once */
    small_store_knobs_of(s)->down = true;
    fake_advance(cut_off.fake, LEASE_MS);
    small_store_knobs_of(s)->down = false;
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
    assert_null(claim_host_take(&b));
    fake_advance(b.fake, LEASE_MS + 40000);
    assert_int_equal(b.held_count, 1);
    confirm(&cut_off, c);
    fake_advance(cut_off.fake, LEASE_MS);
    assert_int_equal(cut_off.confirmed, 1);
    assert_int_equal(cut_off.lost, 1);
    assert_int_equal(cut_off.held_count, 0);
    assert_int_equal(b.lost, 0);
    claim_host_end(&cut_off);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_commit_waits_until_an_old_lease_is_renewed(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    small_store_knobs *k = small_store_knobs_of(s);
    claim_host a;
    claim_host_begin_and_start(&a, s, 1);
    const claim *c = claim_host_take(&a);
    k->down = true;
    fake_advance(a.fake, LEASE_MS);
    confirm(&a, c);
    fake_advance(a.fake, 1000);
    assert_int_equal(a.confirmed, 0);
    k->down = false;
    fake_advance(a.fake, LEASE_MS);
    assert_int_equal(a.confirmed, 1);
    assert_int_equal(a.lost, 0);
    claim_host_end(&a);
    small_store_free(s);
}

static void a_slice_that_is_given_back_is_taken_at_once(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_begin(&a, s, 1);
    a.filled = 1;
    claim_host_start(&a);
    assert_non_null(claim_host_take(&a));
    claims_release(a.claims, claim_host_on_released, &a);
    fake_run(a.fake);
    assert_int_equal(a.released, 1);
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
    const claim *c = claim_host_take(&b);
    assert_non_null(c);
    assert_true(c->taken_over);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void parts_of_the_last_slices_go_to_idle_hosts(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_begin(&a, s, 1);
    a.filled = 1;
    claim_host_start(&a);
    claim *c = claim_host_take(&a);
    fake_advance(a.fake, LEASE_MS);
    assert_int_equal(a.last, 0); /* no host is idle */
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
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
    claim_host_begin(&a, s, 1);
    a.filled = 1;
    claim_host_start(&a);
    claim *c = claim_host_take(&a);
    slice_id part = slice_part(c->id, 5);
    claims_open(a.claims, c, 1u << 5);
    fake_run(a.fake);
    claim_host_finish(&a, c, 0);
    claim_host_begin(&b, s, 2);
    b.filled = 1;
    claim_host_start(&b);
    assert_int_equal(b.complete, 0);
    assert_int_equal(b.joined, 1);
    assert_int_equal(claim_host_take(&b)->id.rest, part.rest);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_round_follows_a_complete_one_where_there_is_work(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, nothing_to_do, next;
    claim_host_begin(&a, s, 1);
    a.filled = 1;
    claim_host_start(&a);
    claim_host_finish(&a, claim_host_take(&a), 1);
    claim_host_begin(&nothing_to_do, s, 2);
    nothing_to_do.filled = 1;
    claim_host_start(&nothing_to_do);
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

static int quiet(void **state)
{
    UNUSED(state);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_slice_is_claimed_by_one_host),
        cmocka_unit_test(the_first_host_fixes_the_plan),
        cmocka_unit_test(a_store_without_conditional_writes_is_refused),
        cmocka_unit_test(a_lost_reply_loses_no_claim),
        cmocka_unit_test(a_claim_of_another_host_is_left_alone),
        cmocka_unit_test(a_lease_expires_when_its_etag_was_seen_for_the_lease_time),
        cmocka_unit_test(a_lease_that_is_renewed_does_not_expire),
        cmocka_unit_test(a_host_that_was_taken_over_commits_nothing),
        cmocka_unit_test(a_commit_waits_until_an_old_lease_is_renewed),
        cmocka_unit_test(a_slice_that_is_given_back_is_taken_at_once),
        cmocka_unit_test(parts_of_the_last_slices_go_to_idle_hosts),
        cmocka_unit_test(a_part_that_could_not_be_opened_is_opened_later),
        cmocka_unit_test(a_round_with_an_open_part_is_not_complete),
        cmocka_unit_test(a_round_follows_a_complete_one_where_there_is_work),
        cmocka_unit_test(a_store_that_fails_ends_the_claims_once),
    };
    return cmocka_run_group_tests(tests, quiet, NULL);
}
