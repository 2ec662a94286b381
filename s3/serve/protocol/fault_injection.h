/* Fault injection: rules such as `status=503,method=GET,key=*.gz,count=3`.
 *
 * What:    a rule has words separated by commas. One of them is the effect:
 *            status=N     reply with this status and its S3 code; the request is not executed
 *            code=NAME    the S3 code for it (status=403,code=ExpiredToken; status=200,code=
 *                         InternalError gives a reply 200 whose body is an error)
 *            truncate=N   N bytes of the reply's body, then the connection is closed
 *            reset        the connection is closed without a reply; the request is not executed
 *            lost         the same, but the request is executed
 *            delay=MS     the reply is delayed (a thread of the server waits)
 *            checksum     a checksum in the reply is wrong
 *            corrupt      one byte of the object's data differs, the checksum is right
 *            etag         the object seems to have changed: If-Match is refused (412), and without
 *                         it another ETag is returned
 *            unprefixed   a listing ignores prefix=
 *            unordered    a page of a listing has its keys in reverse order
 *            repeat       a listing names each key twice
 *          The others select requests:
 *            method=M     only these; key=PATTERN (shell wildcards), bucket=NAME,
 *            query=NAME   only requests with this query parameter, header=NAME: with this header
 *            count=N      only the first N matching requests; every=N: each N-th of them
 *            rate=P%      this share of them, by a pseudo-random sequence: seed=N selects it
 *            once         each key at most once
 *          The first matching rule applies.
 * Owner:   fault_set is an embedded value with _init / _deinit; the result of fault_match lives as
 *          long.
 * Threads: fault_match from any.
 * Fails:   fault_add: ERR_CONFIG with the rule.
 */
#ifndef S3_SERVE_PROTOCOL_FAULT_INJECTION_H
#define S3_SERVE_PROTOCOL_FAULT_INJECTION_H

#include <pthread.h>

#include "base/util.h"
#include "s3/serve/protocol/auth.h"

#define FAULT_RULES_MAX 64

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_STATUS,
    FAULT_TRUNCATE,
    FAULT_RESET,
    FAULT_LOST,
    FAULT_DELAY,
    FAULT_CHECKSUM,
    FAULT_CORRUPT,
    FAULT_ETAG,
    FAULT_UNPREFIXED,
    FAULT_UNORDERED,
    FAULT_REPEAT
} fault_kind;

typedef struct fault {
    /* immutable */
    fault_kind kind;
    uint64_t status, truncate_bytes, delay_ms;
    char *code, *method, *key, *bucket, *query, *header; /* or NULL */
    uint64_t count, every;                               /* 0: not given */
    uint64_t rate;                                       /* parts of FAULT_RATE_ONE; 0: not given */
    uint64_t seed;
    bool once;
    /* under the set's lock */
    uint64_t seen;
    uint64_t *met; /* hashes of the keys that have had a `once` fault */
    size_t met_count, met_capacity;
} fault;

#define FAULT_RATE_ONE 1000000U /* always */

typedef struct fault_set {
    pthread_mutex_t lock;
    fault rules[FAULT_RULES_MAX];
    size_t count;
} fault_set;

void fault_set_init(fault_set *set);
void fault_set_deinit(fault_set *set);
DEFINE_AUTO(fault_set, fault_set_deinit)
bool fault_add(fault_set *set, const char *rule, err *e) MUST_USE;
bool fault_check(const char *rule, err *e); /* for options */

/* The rule for this request, which is counted; NULL: none. */
const fault *fault_match(fault_set *set, const auth_request *request);

#endif
