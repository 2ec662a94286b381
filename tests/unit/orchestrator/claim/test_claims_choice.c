/* orchestrator/claim: choice of slices, and objects of a round. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "tests/fake/claim_host.h"

static void a_slice_that_the_host_prefers_is_claimed_first(void **state)
{
    UNUSED(state);
    for (uint32_t i = 0; i < SLICES; i++) {
        small_store *s = small_store_new();
        claim_host a;
        claim_host_begin_and_start(&a, s, 1);
        a.prefers = i;
        const claim *first = claim_host_take(&a), *second = claim_host_take(&a);
        assert_int_equal(first->id.rest, i);
        assert_non_null(second);
        assert_int_not_equal(second->id.rest, i);
        claim_host_end(&a);
        small_store_free(s);
    }
}

static void a_slice_that_another_host_holds_is_preferred_when_its_lease_has_expired(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host dead, b;
    claim_host_begin_and_start(&dead, s, 1);
    uint32_t held = claim_host_take(&dead)->id.rest;
    claim_host_begin_and_start(&b, s, 2);
    b.prefers = held;
    assert_int_not_equal(claim_host_take(&b)->id.rest, held);
    fake_advance(b.fake, LEASE_MS);
    assert_int_equal(claim_host_take(&b)->id.rest, held);
    claim_host_end(&dead);
    claim_host_end(&b);
    small_store_free(s);
}

/* B has the slice already when C tries, by an old listing. */
static void a_take_over_is_logged_when_it_has_succeeded(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host dead, b, c;
    AUTO(buf) log = BUF(65536);
    AUTO_FD fd = memfd_create("log", MFD_CLOEXEC);
    claim_host_begin_and_start(&dead, s, 1);
    uint32_t held = claim_host_take(&dead)->id.rest;
    claim_host_begin_and_start(&b, s, 2);
    claim_host_begin_and_start(&c, s, 3);
    b.prefers = c.prefers = held;
    fake_advance(b.fake, LEASE_MS);
    fake_advance(c.fake, LEASE_MS);
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", fd);
    AUTO_FREE char *text =
        xasprintf("slice %u of %d is taken over: its host has not renewed its lease", held, SLICES);
    log_setup(&(log_options){.level = LOG_INFO, .fd = fd});
    assert_int_equal(claim_host_take(&b)->id.rest, held);
    assert_int_not_equal(claim_host_take(&c)->id.rest, held);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    assert_true(fs_read_file(path, 65536, &log, NULL));
    const char *once = strstr(buf_str(&log), text);
    if (!once || strstr(once + strlen(text), "is taken over"))
        fail_msg("%s", buf_str(&log));
    claim_host_end(&dead);
    claim_host_end(&b);
    claim_host_end(&c);
    small_store_free(s);
}

/* It has not listed leases for some time: its knowledge of leases is stale and does not mean that
 * they have expired. */
static void leases_are_judged_by_a_new_listing(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_start_with(&a, s, 1, 2);
    claim_host_begin(&b, s, 2);
    b.filled = 2;
    assert_non_null(claim_host_take(&a));
    claim_host_start(&b);
    claim *c = claim_host_take(&b);
    assert_non_null(c);
    for (int i = 0; i < 60; i++) {
        fake_advance(a.fake, LEASE_MS / 10);
        fake_advance(b.fake, LEASE_MS / 10);
    }
    claim_host_finish(&b, c, 0);
    unsigned before = small_store_knobs_of(s)->puts;
    assert_null(claim_host_take(&b));
    assert_int_equal(small_store_knobs_of(s)->puts - before, 1); /* its notice that it is idle */
    assert_int_equal(small_store_count(s, "/idle"), 1);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

/* The plan was removed manually: slices closed by its hosts are not closed for another run. */
static void a_run_that_was_given_up_leaves_nothing_to_the_next_one(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    claim_host a, b;
    claim_host_start_with(&a, s, 1, 1);
    claim *c = claim_host_take(&a);
    assert_false(claims_has_closed(a.claims, c->id.rest));
    claim_host_finish(&a, c, 0);
    assert_true(claims_has_closed(a.claims, 0));
    assert_true(claims_has_closed(a.claims, 3 * SLICES)); /* a part that was not opened */
    small_store_drop(s, "rep/_decon/claims/plan.json");
    claim_host_start_with(&b, s, 2, 1);
    assert_int_equal(claims_plan(b.claims)->round, 1);
    const claim *again = claim_host_take(&b);
    assert_non_null(again);
    assert_false(again->taken_over);
    claim_host_end(&a);
    claim_host_end(&b);
    small_store_free(s);
}

static void a_plan_without_a_nonce_is_refused(void **state)
{
    UNUSED(state);
    static const char *const nonces[] = {"", "0123", "../../0123456789abcdef0123456789"};
    for (size_t i = 0; i < ARRAY_LEN(nonces); i++) {
        AUTO(claim_plan) found = {0};
        AUTO(buf) text = BUF(4096);
        err e = ERR_INIT;
        char empty[] = "";
        claim_plan_write(
            &(claim_plan){.slices = 8, .fingerprint = empty, .input = empty, .lists = empty},
            nonces[i], &text);
        assert_false(claim_plan_read(buf_slice(&text), &found, &e));
        assert_int_equal(e.code, ERR_PARSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_that_the_host_prefers_is_claimed_first),
        cmocka_unit_test(a_slice_that_another_host_holds_is_preferred_when_its_lease_has_expired),
        cmocka_unit_test(a_take_over_is_logged_when_it_has_succeeded),
        cmocka_unit_test(leases_are_judged_by_a_new_listing),
        cmocka_unit_test(a_run_that_was_given_up_leaves_nothing_to_the_next_one),
        cmocka_unit_test(a_plan_without_a_nonce_is_refused),
    };
    return cmocka_run_group_tests(tests, claim_host_quiet, NULL);
}
