/* Retry quota (tokens shared by all requests) and concurrency limit, which is lowered when the
 * store throttles (AIMD).
 *
 * What:    counters. A retry takes 14 tokens of 500 (5 if the store throttled); a success returns
 *          the tokens of its retries, or 1.
 * Owner:   embedded in the client.
 * Threads: the transport's.
 * Fails:   never.
 * Sources: AWS SDKs and Tools Reference Guide, "Retry behavior"; RFC 5681 (AIMD).
 */
#ifndef S3_CLIENT_THROTTLE_H
#define S3_CLIENT_THROTTLE_H

#include "base/util.h"

#define S3_TOKENS_MAX        500
#define S3_TOKENS_RETRY      14
#define S3_TOKENS_THROTTLED  5
#define S3_THROTTLE_PAUSE_MS 1000 /* minimum interval between two reductions */

typedef struct s3_throttle {
    unsigned tokens;
    unsigned limit, limit_max; /* requests in flight */
    unsigned successes;        /* since the limit changed */
    bool was_halved;
    uint64_t halved_ms;
} s3_throttle;

void s3_throttle_init(s3_throttle *t, unsigned limit_max);

/* Takes the tokens of one retry; false if too few are left. */
bool s3_throttle_take(s3_throttle *t, bool throttled, unsigned *taken) MUST_USE;
/* A request succeeded; `taken` tokens were used by its retries. */
void s3_throttle_success(s3_throttle *t, unsigned taken);
/* The store throttled a request: halves the limit, to at least 1. */
void s3_throttle_slow_down(s3_throttle *t, uint64_t now_ms);

/* Full jitter: a uniform pause of 0 to min(cap, base * 2^(attempt - 1)) ms. `attempt` counts from
 * 1; `random` is 64 random bits. */
uint64_t s3_backoff_ms(unsigned base_ms, unsigned attempt, uint64_t cap_ms, uint64_t random);

#endif
