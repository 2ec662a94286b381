/* orchestrator/claim: renewal, expiry, and check of a lease before a commit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fake/claim_host.h"

static void a_lease_expires_when_its_etag_was_seen_for_the_lease_time(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host stopped, b;
    claim_host_start_with(&stopped, s, 1, 1);
    const claim *lost = claim_host_take(&stopped);
    assert_non_null(lost);
    claim_host_start_with(&b, s, 2, 1);
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
    claim_host_start_with(&a, s, 1, 1);
    claim *c = claim_host_take(&a);
    claim_host_start_with(&b, s, 2, 1);
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
    claim_host_start_with(&cut_off, s, 1, 1);
    const claim *c = claim_host_take(&cut_off);
    confirm(&cut_off, c);
    assert_int_equal(cut_off.confirmed, 1); /* a fresh lease: committed at once */
    small_store_knobs_of(s)->down = true;
    fake_advance(cut_off.fake, LEASE_MS);
    small_store_knobs_of(s)->down = false;
    claim_host_start_with(&b, s, 2, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_expires_when_its_etag_was_seen_for_the_lease_time),
        cmocka_unit_test(a_lease_that_is_renewed_does_not_expire),
        cmocka_unit_test(a_host_that_was_taken_over_commits_nothing),
        cmocka_unit_test(a_commit_waits_until_an_old_lease_is_renewed),
    };
    return cmocka_run_group_tests(tests, claim_host_quiet, NULL);
}
