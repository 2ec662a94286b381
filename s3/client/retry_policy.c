#include "s3/client/retry_policy.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/client/client.h"

#define BACKOFF_CAP_MS    20000
#define THROTTLED_BASE_MS 1000
#define SAME_CLOCK_S      60
#define SILENT_MS         10000 /* of throttling before it is logged */

static void pause_over(void *ctx)
{
    s3_request *r = ctx;
    r->pause = NULL;
    s3_request_queue_again(r);
}

static void back_off(s3_request *r, uint64_t pause_ms, const err *e)
{
    char name[S3_NAME_SIZE];
    s3_name(r->bucket, r->key, name);
    log_debug("%s: %s: retry in %llu ms", name, e->message, (unsigned long long)pause_ms);
    r->client->stats.retries++;
    r->state = S3_REQUEST_WAITING;
    r->pause = timer_start(r->client->t, pause_ms, pause_over, r);
}

static uint64_t pause_ms(const s3_request *r, unsigned tries, bool throttled)
{
    unsigned base_ms =
        throttled ? MAX(THROTTLED_BASE_MS, r->client->retry_base_ms) : r->client->retry_base_ms;
    uint64_t jitter = s3_backoff_ms(base_ms, tries, BACKOFF_CAP_MS, transport_random(r->client->t));
    return MAX(jitter, r->head.retry_after_ms);
}

/* Waits during an outage of the store, without using an attempt; false if there is none or its time
 * limit is reached. */
static bool wait_for_store(s3_request *r, const err *e)
{
    if (!s3_outage_wait(&r->client->outage, clock_now_ms(r->client->t), e))
        return false;
    r->attempt--;
    back_off(r, pause_ms(r, MIN(++r->outage_tries + 4, 16U), false), e);
    return true;
}

/* No request has succeeded since this one was first throttled: worth a log line. */
static bool is_alone_in_it(const s3_request *r, uint64_t now_ms)
{
    return now_ms - r->throttled_since_ms >= SILENT_MS &&
           r->client->outage.success_ms < r->throttled_since_ms;
}

/* A throttled reply is not about the object: no attempt is used, up to the time
 * limit of an outage. */
static bool wait_while_throttled(s3_request *r, const err *e)
{
    s3_client *c = r->client;
    uint64_t now_ms = clock_now_ms(c->t);
    if (r->throttled_tries++ == 0)
        r->throttled_since_ms = now_ms;
    if (now_ms - r->throttled_since_ms >= c->outage.limit_ms)
        return false;
    bool quiet =
        s3_throttle_take(&c->throttle, true, &r->tokens_taken) && !is_alone_in_it(r, now_ms);
    if (!quiet && !s3_outage_wait(&c->outage, now_ms, e))
        return false;
    r->attempt--;
    r->repeated = true; /* the proxy that replied may have forwarded it */
    back_off(r, pause_ms(r, r->throttled_tries, true), e);
    return true;
}

/* The store has not answered yet. With max_attempts 1 nothing is retried. */
static bool is_start_trouble(const s3_request *r, bool throttled, const err *e)
{
    return !r->client->outage.answered && r->client->max_attempts > 1 &&
           (throttled || e->code == ERR_NET_DNS || e->code == ERR_NET_TLS);
}

static void wait_at_start(s3_request *r, bool throttled, const err *e)
{
    uint64_t left_ms = 0;
    if (!s3_outage_wait_at_start(&r->client->outage, clock_now_ms(r->client->t), e, &left_ms)) {
        err last = *e;
        err_append(&last, " (tried %u times)", r->client->outage.start_tries + 1);
        s3_request_fail(r, &last);
        return;
    }
    r->attempt--;
    uint64_t jitter_ms = pause_ms(r, ++r->outage_tries, throttled);
    back_off(r, MIN(jitter_ms, left_ms), e);
}

static void retry(s3_request *r, bool throttled, const err *e)
{
    s3_client *c = r->client;
    if (throttled)
        s3_throttle_slow_down(&c->throttle, clock_now_ms(c->t));
    if (is_start_trouble(r, throttled, e)) {
        wait_at_start(r, throttled, e);
        return;
    }
    if (throttled && c->max_attempts > 1) {
        if (!wait_while_throttled(r, e))
            s3_request_fail(r, e);
        return;
    }
    bool no_address = e->code == ERR_NET_DNS;
    if (no_address && wait_for_store(r, e))
        return;
    if (r->attempt >= c->max_attempts) {
        s3_request_fail(r, e);
        return;
    }
    if (s3_throttle_take(&c->throttle, false, &r->tokens_taken))
        back_off(r, pause_ms(r, r->attempt, false), e);
    else if (!wait_for_store(r, e))
        s3_request_fail(r, e);
}

static void send_again(s3_request *r)
{
    r->client->stats.retries++;
    r->attempt--; /* caused neither by the store nor by the network */
    s3_request_queue_again(r);
}

/* Requests in flight detect it at about the same time: log it once. */
static void set_clock(s3_client *c, int64_t offset_s)
{
    if (llabs(offset_s - c->endpoint.clock_offset_s) < SAME_CLOCK_S)
        return;
    c->endpoint.clock_offset_s = offset_s;
    log_warn("this host's clock differs from the store's by %lld s; signing with the store's time",
             (long long)offset_s);
}

/* Each of these remedies is tried once; false if it was tried before or cannot help. */
static bool remedy(s3_request *r, s3_verdict verdict)
{
    s3_client *c = r->client;
    switch (verdict) {
    case S3_VERDICT_RENEW:
        if (r->renewed || c->no_sign_request)
            return false;
        r->renewed = true;
        s3_credentials_reject(&c->credentials, r->generation);
        return true;
    case S3_VERDICT_REGION:
        if (r->redirected || !r->head.region[0] || strcmp(r->head.region, r->region) == 0)
            return false;
        r->redirected = true;
        s3_client_learn_region(c, r->bucket, r->head.region);
        return true;
    case S3_VERDICT_CLOCK:
        if (r->clock_set || !r->head.date_s)
            return false;
        r->clock_set = true;
        set_clock(c, r->head.date_s - clock_wall_s(c->t));
        return true;
    default:
        return false;
    }
}

void s3_request_judge(s3_request *r, s3_verdict verdict, const err *e)
{
    switch (verdict) {
    case S3_VERDICT_FREE:
        r->fresh_connection = true;
        send_again(r);
        return;
    case S3_VERDICT_RENEW:
    case S3_VERDICT_REGION:
    case S3_VERDICT_CLOCK:
        if (remedy(r, verdict))
            send_again(r);
        else
            s3_request_fail(r, e);
        return;
    case S3_VERDICT_RETRY:
    case S3_VERDICT_THROTTLED:
        retry(r, verdict == S3_VERDICT_THROTTLED, e);
        return;
    case S3_VERDICT_FAIL:
        if (e->code == ERR_NET_TLS && is_start_trouble(r, false, e))
            wait_at_start(r, false, e);
        else
            s3_request_fail(r, e);
        return;
    }
}
