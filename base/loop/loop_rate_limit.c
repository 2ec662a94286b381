#include "base/util.h"
#include "base/loop/loop_rate_limit.h"

/* Tokens that may accumulate: enough for the gap between two rounds of the loop. */
#define SAVED_MS 50
/* Higher limits are reduced to this, so that the products below fit 64 bits. */
#define FASTEST_BYTES_PER_S ((uint64_t)1 << 40)

static int64_t most(const loop_rate_limit *c)
{
    return (int64_t)(c->bytes_per_s * SAVED_MS);
}

void loop_rate_limit_init(loop_rate_limit *c, uint64_t bytes_per_s, uint64_t now_ms)
{
    *c = (loop_rate_limit){.bytes_per_s = MIN(bytes_per_s, FASTEST_BYTES_PER_S),
                           .filled_ms = now_ms};
    c->tokens = most(c);
}

bool loop_rate_limit_may(loop_rate_limit *c, uint64_t now_ms)
{
    if (!c->bytes_per_s)
        return true;
    /* An hour fills the bucket; a longer time could overflow the product. */
    uint64_t passed_ms = MIN(now_ms - c->filled_ms, (uint64_t)3600 * 1000);
    c->tokens = MIN(c->tokens + (int64_t)(passed_ms * c->bytes_per_s), most(c));
    c->filled_ms = now_ms;
    return c->tokens > 0;
}

void loop_rate_limit_take(loop_rate_limit *c, uint64_t bytes)
{
    if (c->bytes_per_s)
        c->tokens -= (int64_t)bytes * 1000;
}

uint64_t loop_rate_limit_wait_ms(const loop_rate_limit *c)
{
    if (!c->bytes_per_s || c->tokens > 0)
        return 0;
    return (uint64_t)-c->tokens / c->bytes_per_s + 1;
}
