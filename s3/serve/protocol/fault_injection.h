/* Faults that the server is asked for: rules like `status=503,method=GET,key=*.gz,count=3`.
 *
 * What:    words of a rule, separated by commas. One of them says what happens:
 *            status=N     answer with this status and the S3 code that goes with it; nothing is done
 *            code=NAME    the S3 code for it (status=403,code=ExpiredToken; status=200,code=
 *                         InternalError gives a reply 200 whose body is an error)
 *            truncate=N   N bytes of the reply's body, then the connection is closed
 *            reset        the connection is closed without a reply; nothing is done
 *            lost         the same, but the request was carried out
 *            delay=MS     the reply comes later (a thread of the server waits meanwhile)
 *            checksum     the reply tells a wrong checksum, where it tells one
 *            corrupt      one byte of the object's data is another, the checksum is the right one
 *            etag         the object seems to have changed: If-Match is refused (412), and without
 *                         it another ETag is told
 *            unprefixed   a listing ignores prefix=
 *            unordered    a page of a listing has its keys in reverse order
 *            repeat       a listing names each key twice
 *          the others to which requests:
 *            method=M     only these; key=PATTERN (shell wildcards), bucket=NAME,
 *            query=NAME   only requests that carry this query parameter, header=NAME: this header
 *            count=N      the first N matching requests only; every=N: each N-th of them
 *            rate=P%      this share of them, by a pseudo-random sequence: seed=N chooses it
 *            once         each key no more than once
 *          The first rule that is due decides.
 * Owner:   fault_set is an embedded value with _init / _deinit; what fault_match yields lives as
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
    uint64_t *met; /* hashes of the keys that met a `once` */
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

/* The rule for this request, counting it; NULL: none. */
const fault *fault_match(fault_set *set, const auth_request *request);

#endif
