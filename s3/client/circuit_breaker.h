/* A store that had answered and does not now: it is waited for, instead of failing object by object.
 *
 * What:    one for the client; it begins with the first request that finds no address, no retry token,
 *          or is throttled for some time, and ends with the first success. Before the store's first answer
 *          it begins with a throttled request, or one that got no connection. Says so when it begins, every
 *          five minutes, and when it is over.
 * Owner:   embedded in the client.
 * Threads: the transport's.
 * Fails:   never; past its limit nothing is waited for any more.
 */
#ifndef S3_CLIENT_CIRCUIT_BREAKER_H
#define S3_CLIENT_CIRCUIT_BREAKER_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct s3_outage {
    uint64_t limit_ms;
    uint64_t start_limit_ms; /* before the store has answered */
    bool answered;           /* the store, once: before that its address is in doubt */
    bool on;
    uint64_t since_ms, said_ms;
    unsigned start_tries;
    uint64_t success_ms; /* the newest one */
} s3_outage;

/* May a request that failed with `e` wait for the store, without spending an attempt? */
bool s3_outage_wait(s3_outage *o, uint64_t now_ms, const err *e) MUST_USE;
/* The same before the first answer: a reply ("503") proves that the store is there, and is waited for
 * as long as an outage; no reply, up to start_limit_ms. Names each try. */
bool s3_outage_wait_at_start(s3_outage *o, uint64_t now_ms, const err *e, uint64_t *left_ms)
    MUST_USE;
void s3_outage_success(s3_outage *o, uint64_t now_ms);

#endif
