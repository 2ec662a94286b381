/* orchestrator/claim: hosts that wait for others, and their requests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fake/claim_host.h"

#define LEASES 60 /* of waiting */

typedef struct site {
    small_store *store;
    small_store_knobs *knobs;
    claim_host busy, idle;
    claim *claim; /* the only slice with files, which the busy host has */
} site;

static void site_begin(site *s, uint32_t slices)
{
    s->store = small_store_new();
    s->knobs = small_store_knobs_of(s->store);
    claim_host *const hosts[] = {&s->busy, &s->idle};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        claim_host_begin(hosts[i], s->store, i + 1);
        hosts[i]->filled = 1;
        hosts[i]->plan.slices = slices;
    }
    claim_host_start(&s->busy);
    s->claim = claim_host_take(&s->busy);
    claim_host_start(&s->idle);
    assert_null(claim_host_take(&s->idle));
}

static void site_end(site *s)
{
    claim_host_end(&s->busy);
    claim_host_end(&s->idle);
    small_store_free(s->store);
}

/* Both hosts live for so many tenths of the lease time. */
static void wait_tenths(site *s, unsigned tenths)
{
    for (unsigned i = 0; i < tenths; i++) {
        fake_advance(s->busy.fake, LEASE_MS / 10);
        fake_advance(s->idle.fake, LEASE_MS / 10);
    }
}

static void one_of_many_hosts_that_waits_looks_less_and_less_often(void **state)
{
    UNUSED(state);
    site s;
    site_begin(&s, 16 * 1000);
    s.knobs->lists = 0;
    wait_tenths(&s, 10);
    assert_in_range(s.knobs->lists, 4, 8);
    s.knobs->lists = 0;
    wait_tenths(&s, 10 * LEASES);
    assert_in_range(s.knobs->lists, 2 * LEASES, 4 * LEASES);
    site_end(&s);
}

static void one_of_few_hosts_looks_every_tenth_of_the_lease_time(void **state)
{
    UNUSED(state);
    site s;
    site_begin(&s, 1024);
    s.knobs->lists = 0;
    wait_tenths(&s, 10 * LEASES);
    assert_in_range(s.knobs->lists, 9 * LEASES, 12 * LEASES);
    site_end(&s);
}

static unsigned round_lists(const site *s)
{
    return s->knobs->lists - s->knobs->part_lists;
}

static void of_many_hosts_some_list_the_whole_round(void **state)
{
    UNUSED(state);
    unsigned count[2];
    for (size_t i = 0; i < 2; i++) {
        site s;
        site_begin(&s, i ? 16 * 1000 : 16 * 64);
        unsigned before = round_lists(&s);
        wait_tenths(&s, 10 * LEASES);
        count[i] = round_lists(&s) - before;
        assert_int_equal(s.idle.held_count, 0);
        site_end(&s);
    }
    assert_in_range(count[0], 2 * LEASES, 3 * LEASES);
    /* about 1 of 15, and at the latest after 4 lease times and a pause */
    assert_in_range(count[1], LEASES / 5, count[0] / 4);
}

/* Though no other host is left to find it: by two listings. */
static void a_lease_of_many_hosts_expires_too(void **state)
{
    UNUSED(state);
    site s;
    site_begin(&s, 16 * 1000);
    fake_advance(s.idle.fake, 10ull * LEASE_MS);
    assert_int_equal(s.idle.held_count, 1);
    assert_true(s.idle.held[0]->taken_over);
    site_end(&s);
}

static void the_end_of_the_round_is_seen_with_the_parts(void **state)
{
    UNUSED(state);
    site s;
    site_begin(&s, 16 * 1000);
    claim_host_finish(&s.busy, s.claim, 0);
    assert_null(claim_host_take(&s.busy));
    fake_advance(s.busy.fake, 60ull * LEASE_MS);
    assert_int_equal(s.busy.complete, 1);
    assert_int_equal(small_store_count(s.store, "/open/complete"), 1);
    unsigned before = round_lists(&s);
    fake_advance(s.idle.fake, 2 * LEASE_MS / 10);
    assert_int_equal(s.idle.complete, 1);
    assert_int_equal(round_lists(&s), before);
    site_end(&s);
}

/* Those that other hosts have claimed are not in the listing of parts. */
static void after_two_parts_of_others_one_of_many_hosts_waits(void **state)
{
    UNUSED(state);
    site s;
    site_begin(&s, 16 * 1000);
    claim_host third;
    claim_host_begin(&third, s.store, 3);
    third.filled = 1;
    third.plan.slices = 16 * 1000;
    claims_open(s.busy.claims, s.claim, 0xfffe);
    fake_run(s.busy.fake);
    fake_advance(s.idle.fake, LEASE_MS / 5);
    assert_int_equal(s.idle.held_count, 1);
    claim_host_start(&third);
    for (unsigned i = 0; i < CLAIM_PARTS - 2; i++)
        assert_non_null(claim_host_take(&third));
    claim_host_finish(&s.idle, s.idle.held[0], 0);
    unsigned puts = s.knobs->puts, lists = s.knobs->lists;
    assert_null(claim_host_take(&s.idle));
    assert_int_equal(s.knobs->puts - puts, 2);
    assert_int_equal(s.knobs->lists, lists);
    fake_advance(s.idle.fake, LEASE_MS / 5);
    assert_in_range(s.knobs->puts - puts, 3, 5); /* it has tried others, and waits again */
    assert_int_equal(s.idle.held_count, 0);
    claim_host_end(&third);
    site_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_many_hosts_that_waits_looks_less_and_less_often),
        cmocka_unit_test(one_of_few_hosts_looks_every_tenth_of_the_lease_time),
        cmocka_unit_test(of_many_hosts_some_list_the_whole_round),
        cmocka_unit_test(a_lease_of_many_hosts_expires_too),
        cmocka_unit_test(the_end_of_the_round_is_seen_with_the_parts),
        cmocka_unit_test(after_two_parts_of_others_one_of_many_hosts_waits),
    };
    return cmocka_run_group_tests(tests, claim_host_quiet, NULL);
}
