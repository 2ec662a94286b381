/* Circuit breaker: waits for a store that stopped answering, instead of failing object by object.
 *
 * What:    one per client. An outage begins with a request that finds no address or no retry token,
 *          or is throttled for some time, and ends with the first success. Before the store's first
 *          answer it begins with a throttled request or one that got no connection. Logs the
 *          beginning, the state every five minutes, and the end.
 * Owner:   embedded in the client.
 * Threads: the transport's.
 * Fails:   never; after its time limit requests no longer wait.
 */
#ifndef S3_CLIENT_CIRCUIT_BREAKER_H
#define S3_CLIENT_CIRCUIT_BREAKER_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct s3_outage {
    uint64_t limit_ms;
    uint64_t start_limit_ms; /* before the store's first answer */
    bool answered;           /* the store has answered: its address is right */
    bool on;
    uint64_t since_ms, said_ms;
    unsigned start_tries;
    uint64_t success_ms; /* time of the latest success */
} s3_outage;

/* Whether a request that failed with `e` waits for the store, without using an attempt. */
bool s3_outage_wait(s3_outage *o, uint64_t now_ms, const err *e) MUST_USE;
/* The same before the first answer: a reply ("503") proves that the store exists, which is then
 * waited for as long as in an outage; without a reply, up to start_limit_ms. Logs the beginning,
 * and the state after 1 s, 2 s, 4 s and so on. */
bool s3_outage_wait_at_start(s3_outage *o, uint64_t now_ms, const err *e, uint64_t *left_ms)
    MUST_USE;
void s3_outage_success(s3_outage *o, uint64_t now_ms);

#endif
