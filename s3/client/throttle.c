#include "s3/client/throttle.h"

#include "decon/base/log.h"
#include "base/util.h"

void s3_throttle_init(s3_throttle *t, unsigned limit_max)
{
    *t = (s3_throttle){.tokens = S3_TOKENS_MAX, .limit = limit_max, .limit_max = limit_max};
}

bool s3_throttle_take(s3_throttle *t, bool throttled, unsigned *taken)
{
    unsigned cost = throttled ? S3_TOKENS_THROTTLED : S3_TOKENS_RETRY;
    if (t->tokens < cost)
        return false;
    t->tokens -= cost;
    *taken += cost;
    return true;
}

void s3_throttle_success(s3_throttle *t, unsigned taken)
{
    t->tokens = MIN(t->tokens + MAX(taken, 1U), (unsigned)S3_TOKENS_MAX);
    if (t->limit >= t->limit_max)
        return;
    if (++t->successes >= t->limit) { /* about one round of all requests in flight */
        t->limit++;
        t->successes = 0;
    }
}

void s3_throttle_slow_down(s3_throttle *t, uint64_t now_ms)
{
    /* Requests in flight are throttled together: count that once. */
    if (t->was_halved && now_ms < t->halved_ms + S3_THROTTLE_PAUSE_MS)
        return;
    t->was_halved = true;
    t->halved_ms = now_ms;
    t->successes = 0;
    if (t->limit <= 1)
        return;
    t->limit /= 2;
    log_info("the store throttles requests; at most %u in flight now", t->limit);
}

uint64_t s3_backoff_ms(unsigned base_ms, unsigned attempt, uint64_t cap_ms, uint64_t random)
{
    uint64_t bound = base_ms;
    for (unsigned i = 1; i < attempt && bound < cap_ms; i++)
        bound *= 2;
    bound = MIN(bound, cap_ms);
    return random % (bound + 1);
}
