#include "tests/fake/claim_host.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "decon/base/log.h"

static bool is_empty(void *ctx, slice_id id)
{
    const claim_host *h = ctx;
    return h->filled != NONE && id.rest >= h->filled;
}

static bool prefers(void *ctx, slice_id id)
{
    const claim_host *h = ctx;
    return id.modulus == SLICES && id.rest == h->prefers;
}

static bool begins_round(void *ctx)
{
    return ((claim_host *)ctx)->begins;
}

static void on_joined(void *ctx)
{
    ((claim_host *)ctx)->joined++;
}

static void on_claimed(void *ctx, claim *c)
{
    claim_host *h = ctx;
    h->held[h->held_count++] = c;
}

static void forget(claim_host *h, const claim *c)
{
    for (size_t i = 0; i < h->held_count; i++)
        if (h->held[i] == c)
            h->held[i--] = h->held[--h->held_count];
}

static void on_lost(void *ctx, claim *c)
{
    claim_host *h = ctx;
    h->lost++;
    forget(h, c);
}

static void on_last(void *ctx)
{
    ((claim_host *)ctx)->last++;
}

static void on_opened(void *ctx, claim *c, uint32_t parts)
{
    claim_host *h = ctx;
    UNUSED(c);
    h->opened++;
    h->parts = parts;
}

static void on_complete(void *ctx)
{
    ((claim_host *)ctx)->complete++;
}

static void on_failed(void *ctx, const err *error)
{
    ((claim_host *)ctx)->error = *error;
}

void claim_host_on_confirmed(void *ctx, const err *error)
{
    assert_null(error);
    ((claim_host *)ctx)->confirmed++;
}

void claim_host_on_released(void *ctx)
{
    ((claim_host *)ctx)->released++;
}

void claim_host_begin(claim_host *h, small_store *s, uint64_t seed)
{
    err e = ERR_INIT;
    *h = (claim_host){.filled = NONE, .prefers = NONE};
    h->plan = (claim_plan){.slices = SLICES,
                           .fingerprint = xstrdup("f1"),
                           .input = xstrdup("s3://b/in/"),
                           .lists = xstrdup("")};
    h->fake = fake_new();
    fake_set_random_seed(h->fake, seed);
    fake_handle(h->fake, small_store_answer, s);
    h->s3 = s3_client_new(
        fake_transport_base(h->fake),
        &(s3_config){.endpoint = "http://store.test", .getenv_fn = fake_credentials}, &e);
    assert_non_null(h->s3);
}

void claim_host_start(claim_host *h)
{
    h->claims = claims_start(&(claims_options){.transport = fake_transport_base(h->fake),
                                               .s3 = h->s3,
                                               .bucket = SMALL_STORE_BUCKET,
                                               .prefix = "rep/",
                                               .host = "node",
                                               .lease_ms = LEASE_MS,
                                               .plan = &h->plan,
                                               .is_empty = is_empty,
                                               .prefers = prefers,
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

void claim_host_end(claim_host *h)
{
    claims_free(h->claims);
    s3_client_free(h->s3);
    fake_free(h->fake);
    claim_plan_deinit(&h->plan);
}

void claim_host_start_with(claim_host *h, small_store *s, uint64_t seed, uint32_t filled)
{
    claim_host_begin(h, s, seed);
    h->filled = filled;
    claim_host_start(h);
}

int claim_host_quiet(void **state)
{
    UNUSED(state);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    return 0;
}

void claim_host_begin_and_start(claim_host *h, small_store *s, uint64_t seed)
{
    claim_host_begin(h, s, seed);
    claim_host_start(h);
    if (err_is_set(&h->error))
        fail_msg("%s", h->error.message);
    assert_int_equal(h->joined, 1);
}

claim *claim_host_take(claim_host *h)
{
    size_t before = h->held_count;
    claims_want(h->claims);
    fake_run(h->fake);
    return h->held_count > before ? h->held[h->held_count - 1] : NULL;
}

void claim_host_finish(claim_host *h, claim *c, uint64_t failed)
{
    forget(h, c);
    claims_close(h->claims, c, 10, failed);
    fake_run(h->fake);
}

void claim_host_expect_failure(const claim_host *h, int status, const char *part)
{
    assert_int_equal(err_exit_status(&h->error), status);
    if (!strstr(h->error.message, part))
        fail_msg("'%s' is not in: %s", part, h->error.message);
}
