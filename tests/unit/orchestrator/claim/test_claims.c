/* orchestrator/claim: several hosts on one store, each with its own clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/claim/claims.h"
#include "tests/fake/small_store.h"

#define LEASE_MS 300000
#define SLICES   8
#define NONE     UINT32_MAX

typedef struct host {
    fake_transport *fake;
    s3_client *s3;
    claim_plan plan;
    claims *claims;
    claim *held[4 * SLICES];
    size_t held_count;
    uint32_t filled; /* slices below are not empty; NONE: all */
    bool begins;
    /* what happened */
    unsigned joined, lost, complete, last, opened, confirmed, released;
    slice_id part;
    err error;
} host;

static const char *test_env(const char *name)
{
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "example-secret" : NULL;
}

static bool is_empty(void *ctx, slice_id id)
{
    const host *h = ctx;
    return h->filled != NONE && id.rest >= h->filled;
}

static bool begins_round(void *ctx)
{
    return ((host *)ctx)->begins;
}

static void on_joined(void *ctx)
{
    ((host *)ctx)->joined++;
}

static void on_claimed(void *ctx, claim *c)
{
    host *h = ctx;
    h->held[h->held_count++] = c;
}

static void forget(host *h, const claim *c)
{
    for (size_t i = 0; i < h->held_count; i++)
        if (h->held[i] == c)
            h->held[i--] = h->held[--h->held_count];
}

static void on_lost(void *ctx, claim *c)
{
    host *h = ctx;
    h->lost++;
    forget(h, c);
}

static void on_last(void *ctx)
{
    ((host *)ctx)->last++;
}

static void on_opened(void *ctx, claim *c, slice_id part)
{
    host *h = ctx;
    UNUSED(c);
    h->opened++;
    h->part = part;
}

static void on_complete(void *ctx)
{
    ((host *)ctx)->complete++;
}

static void on_failed(void *ctx, const err *error)
{
    ((host *)ctx)->error = *error;
}

static void on_confirmed(void *ctx, const err *error)
{
    assert_null(error);
    ((host *)ctx)->confirmed++;
}

static void on_released(void *ctx)
{
    ((host *)ctx)->released++;
}

static void begin(host *h, small_store *s, uint64_t seed)
{
    err e = ERR_INIT;
    *h = (host){.filled = NONE};
    h->plan = (claim_plan){.slices = SLICES,
                           .fingerprint = xstrdup("f1"),
                           .input = xstrdup("s3://b/in/"),
                           .lists = xstrdup("")};
    h->fake = fake_new();
    fake_set_random_seed(h->fake, seed);
    fake_handle(h->fake, small_store_answer, s);
    h->s3 = s3_client_new(fake_transport_base(h->fake),
                          &(s3_config){.endpoint = "http://store.test", .getenv_fn = test_env}, &e);
    assert_non_null(h->s3);
}

static void start(host *h)
{
    h->claims = claims_start(&(claims_options){.transport = fake_transport_base(h->fake),
                                               .s3 = h->s3,
                                               .bucket = SMALL_STORE_BUCKET,
                                               .prefix = "rep/",
                                               .host = "node",
                                               .lease_ms = LEASE_MS,
                                               .plan = &h->plan,
                                               .is_empty = is_empty,
                                               .begins_round = begins_round,
                                               .on_joined = on_joined,
                                               .on_claimed = on_claimed,
                                               .on_lost = on_lost,
                                               .on_last = on_last,
                                               .on_opened = on_opened,
                                               .on_complete = on_complete,
                                               .on_failed = on_failed,
                                               .ctx = h});
    fake_run(h->fake);
}

/* Its leases stay in the store, as those of a killed host. */
static void end(host *h)
{
    claims_free(h->claims);
    s3_client_free(h->s3);
    fake_free(h->fake);
    claim_plan_deinit(&h->plan);
}

static void begin_and_start(host *h, small_store *s, uint64_t seed)
{
    begin(h, s, seed);
    start(h);
    if (err_is_set(&h->error))
        fail_msg("%s", h->error.message);
    assert_int_equal(h->joined, 1);
}

/* The next slice; NULL: none was claimed. */
static claim *take(host *h)
{
    size_t before = h->held_count;
    claims_want(h->claims);
    fake_run(h->fake);
    return h->held_count > before ? h->held[h->held_count - 1] : NULL;
}

static void finish(host *h, claim *c, uint64_t failed)
{
    forget(h, c);
    claims_close(h->claims, c, 10, failed);
    fake_run(h->fake);
}

static void expect_failure(const host *h, int status, const char *part)
{
    assert_int_equal(err_exit_status(&h->error), status);
    if (!strstr(h->error.message, part))
        fail_msg("'%s' is not in: %s", part, h->error.message);
}

/* --- tests --- */

static void each_slice_is_claimed_by_one_host(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin_and_start(&a, s, 1);
    begin_and_start(&b, s, 2);
    bool seen[SLICES] = {false};
    for (unsigned i = 0; i < SLICES; i++) {
        host *h = i % 2 ? &a : &b;
        claim *c = take(h);
        assert_non_null(c);
        assert_false(c->taken_over);
        assert_false(seen[c->id.rest]);
        seen[c->id.rest] = true;
        finish(h, c, i == 3);
    }
    assert_null(take(&a));
    assert_null(take(&b));
    fake_advance(a.fake, 60000);
    fake_advance(b.fake, 60000);
    assert_int_equal(a.complete, 1);
    assert_int_equal(b.complete, 1);
    assert_int_equal(small_store_count(s, "claims/1/done/"), SLICES - 1);
    assert_int_equal(small_store_count(s, "claims/1/failed/"), 1);
    assert_int_equal(small_store_count(s, "probe"), 0);
    assert_int_equal(claims_count(a.claims).failed, 1);
    end(&a);
    end(&b);
    small_store_free(s);
}

static void the_first_host_fixes_the_plan(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host first, other, lists, more;
    begin_and_start(&first, s, 1);
    begin(&more, s, 2);
    more.plan.slices = 4 * SLICES; /* it counts more hosts */
    start(&more);
    assert_int_equal(claims_plan(more.claims)->slices, SLICES);
    begin(&other, s, 3);
    free(other.plan.fingerprint);
    other.plan.fingerprint = xstrdup("f2");
    start(&other);
    expect_failure(&other, 2,
                   "claims/plan.json: a claim run with other detection settings is in progress "
                   "(fingerprint f1, this host's server has f2)");
    assert_int_equal(other.joined, 0);
    begin(&lists, s, 4);
    free(lists.plan.lists);
    lists.plan.lists = xstrdup("0123456789abcdef");
    start(&lists);
    expect_failure(&lists, 2,
                   "with another input list is in progress (SHA-256 none, this host's is "
                   "0123456789ab)");
    end(&first);
    end(&other);
    end(&lists);
    end(&more);
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
        host h;
        k->ignore_none_match = i == 0;
        k->ignore_match = i == 1;
        k->refuse_conditions = i == 2;
        begin(&h, s, 1);
        start(&h);
        expect_failure(&h, 2, why[i]);
        expect_failure(&h, 2, "--distribution hash with --host-index and --host-count");
        assert_int_equal(small_store_count(s, ""), 0);
        end(&h);
        small_store_free(s);
    }
}

/* Each write once more, since its reply was lost: 412, or 409, because of its own success. */
static void a_lost_reply_is_no_loss(void **state)
{
    UNUSED(state);
    for (int conflict = 0; conflict < 2; conflict++) {
        small_store *s = small_store_new();
        small_store_knobs *k = small_store_knobs_of(s);
        host h;
        begin(&h, s, 1);
        k->lose_puts = 1;
        k->lose_key = "plan.json";
        start(&h);
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
        end(&h);
        small_store_free(s);
    }
}

static void a_claim_of_another_host_is_left_alone(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin_and_start(&a, s, 5);
    begin_and_start(&b, s, 5 + 1);
    /* A lists before B claims everything. */
    for (int i = 0; i < SLICES - 1; i++)
        assert_non_null(take(&b));
    const claim *c = take(&a);
    assert_non_null(c);
    for (size_t i = 0; i < b.held_count; i++)
        assert_int_not_equal(b.held[i]->id.rest, c->id.rest);
    end(&a);
    end(&b);
    small_store_free(s);
}

static void a_lease_expires_when_its_etag_was_seen_for_the_lease_time(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host stopped, b;
    begin(&stopped, s, 1);
    stopped.filled = 1;
    start(&stopped);
    const claim *lost = take(&stopped);
    assert_non_null(lost);
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    assert_null(take(&b));
    fake_advance(b.fake, LEASE_MS - 1000);
    assert_int_equal(b.held_count, 0);
    fake_advance(b.fake, 32000);
    assert_int_equal(b.held_count, 1);
    assert_true(b.held[0]->taken_over);
    assert_int_equal(b.held[0]->id.rest, lost->id.rest);
    end(&stopped);
    end(&b);
    small_store_free(s);
}

static void a_lease_that_is_renewed_does_not_expire(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin(&a, s, 1);
    a.filled = 1;
    start(&a);
    claim *c = take(&a);
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    assert_null(take(&b));
    for (int i = 0; i < 100; i++) {
        fake_advance(a.fake, 20000);
        fake_advance(b.fake, 20000);
    }
    assert_int_equal(b.held_count, 0);
    assert_int_equal(a.lost, 0);
    assert_int_equal(b.complete, 0);
    finish(&a, c, 0);
    fake_advance(b.fake, 60000);
    assert_int_equal(b.complete, 1);
    end(&a);
    end(&b);
    small_store_free(s);
}

static void confirm(host *h, const claim *c)
{
    const op *waits = claims_confirm(h->claims, c, on_confirmed, h);
    assert_non_null(waits);
    fake_run(h->fake);
}

/* It was cut off from the store: what it has not committed is the other host's. */
static void a_host_that_was_taken_over_commits_nothing(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host cut_off, b;
    begin(&cut_off, s, 1);
    cut_off.filled = 1;
    start(&cut_off);
    const claim *c = take(&cut_off);
    confirm(&cut_off, c);
    assert_int_equal(cut_off.confirmed, 1); /* a fresh lease: at once */
    small_store_knobs_of(s)->down = true;
    fake_advance(cut_off.fake, LEASE_MS);
    small_store_knobs_of(s)->down = false;
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    assert_null(take(&b));
    fake_advance(b.fake, LEASE_MS + 40000);
    assert_int_equal(b.held_count, 1);
    confirm(&cut_off, c);
    fake_advance(cut_off.fake, LEASE_MS);
    assert_int_equal(cut_off.confirmed, 1);
    assert_int_equal(cut_off.lost, 1);
    assert_int_equal(cut_off.held_count, 0);
    assert_int_equal(b.lost, 0);
    end(&cut_off);
    end(&b);
    small_store_free(s);
}

static void a_commit_waits_until_an_old_lease_is_renewed(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    small_store_knobs *k = small_store_knobs_of(s);
    host a;
    begin_and_start(&a, s, 1);
    const claim *c = take(&a);
    k->down = true;
    fake_advance(a.fake, LEASE_MS);
    confirm(&a, c);
    fake_advance(a.fake, 1000);
    assert_int_equal(a.confirmed, 0);
    k->down = false;
    fake_advance(a.fake, LEASE_MS);
    assert_int_equal(a.confirmed, 1);
    assert_int_equal(a.lost, 0);
    end(&a);
    small_store_free(s);
}

static void a_slice_that_is_given_back_is_taken_at_once(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin(&a, s, 1);
    a.filled = 1;
    start(&a);
    assert_non_null(take(&a));
    claims_release(a.claims, on_released, &a);
    fake_run(a.fake);
    assert_int_equal(a.released, 1);
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    const claim *c = take(&b);
    assert_non_null(c);
    assert_true(c->taken_over);
    end(&a);
    end(&b);
    small_store_free(s);
}

static void parts_of_the_last_slices_go_to_idle_hosts(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin(&a, s, 1);
    a.filled = 1;
    start(&a);
    claim *c = take(&a);
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    assert_null(take(&b));
    fake_advance(a.fake, LEASE_MS / 3 + 1000); /* A lists when it renews: no slice is free */
    assert_int_equal(a.last, 1);
    slice_id part = slice_part(c->id, 5);
    claims_open(a.claims, c, part);
    fake_run(a.fake);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.part.rest, part.rest);
    fake_advance(b.fake, 31000);
    assert_int_equal(b.held_count, 1);
    assert_int_equal(b.held[0]->id.rest, part.rest);
    assert_int_equal(b.held[0]->id.modulus, SLICES * CLAIM_PARTS);
    assert_true(b.held[0]->taken_over); /* A may have done some of its files */
    assert_true(claims_part_is_open(b.claims, part));
    assert_false(claims_part_is_open(b.claims, slice_part(c->id, 4)));
    finish(&a, c, 0);
    claims_want(a.claims);
    fake_advance(a.fake, 60000);
    assert_int_equal(a.complete, 0); /* the part is not closed */
    finish(&b, b.held[0], 0);
    fake_advance(a.fake, 60000);
    assert_int_equal(a.complete, 1);
    end(&a);
    end(&b);
    small_store_free(s);
}

/* No slice is held, and a part is left. */
static void a_round_with_an_open_part_is_not_complete(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, b;
    begin(&a, s, 1);
    a.filled = 1;
    start(&a);
    claim *c = take(&a);
    slice_id part = slice_part(c->id, 5);
    claims_open(a.claims, c, part);
    fake_run(a.fake);
    finish(&a, c, 0);
    begin(&b, s, 2);
    b.filled = 1;
    start(&b);
    assert_int_equal(b.complete, 0);
    assert_int_equal(b.joined, 1);
    assert_int_equal(take(&b)->id.rest, part.rest);
    end(&a);
    end(&b);
    small_store_free(s);
}

static void a_round_follows_a_complete_one_where_there_is_work(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host a, nothing_to_do, next;
    begin(&a, s, 1);
    a.filled = 1;
    start(&a);
    finish(&a, take(&a), 1);
    begin(&nothing_to_do, s, 2);
    nothing_to_do.filled = 1;
    start(&nothing_to_do);
    assert_int_equal(nothing_to_do.complete, 1);
    assert_int_equal(nothing_to_do.joined, 0);
    begin(&next, s, 3);
    next.filled = 2;
    next.begins = true;
    free(next.plan.fingerprint);
    next.plan.fingerprint = xstrdup("f2"); /* of no interest after a complete round */
    start(&next);
    assert_int_equal(next.joined, 1);
    assert_int_equal(claims_plan(next.claims)->round, 2);
    assert_non_null(take(&next));
    assert_non_null(take(&next));
    end(&a);
    end(&nothing_to_do);
    end(&next);
    small_store_free(s);
}

static void a_store_that_fails_ends_the_claims_once(void **state)
{
    UNUSED(state);
    small_store *s = small_store_new();
    host h;
    begin(&h, s, 1);
    small_store_put(s, "rep/_decon/claims/plan.json", "{\"format\":9}\n");
    start(&h);
    expect_failure(&h, 1, "s3://b/rep/_decon/claims/plan.json: is no plan of a claim run");
    assert_null(take(&h));
    end(&h);
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
        cmocka_unit_test(a_lost_reply_is_no_loss),
        cmocka_unit_test(a_claim_of_another_host_is_left_alone),
        cmocka_unit_test(a_lease_expires_when_its_etag_was_seen_for_the_lease_time),
        cmocka_unit_test(a_lease_that_is_renewed_does_not_expire),
        cmocka_unit_test(a_host_that_was_taken_over_commits_nothing),
        cmocka_unit_test(a_commit_waits_until_an_old_lease_is_renewed),
        cmocka_unit_test(a_slice_that_is_given_back_is_taken_at_once),
        cmocka_unit_test(parts_of_the_last_slices_go_to_idle_hosts),
        cmocka_unit_test(a_round_with_an_open_part_is_not_complete),
        cmocka_unit_test(a_round_follows_a_complete_one_where_there_is_work),
        cmocka_unit_test(a_store_that_fails_ends_the_claims_once),
    };
    return cmocka_run_group_tests(tests, quiet, NULL);
}
