/* Faults that tests ask the server for: rules like `status=503,method=GET,key=*.gz,count=3`.
 *
 * What:    words of a rule, separated by commas:
 *            status=N     answer with this status and the S3 code that goes with it
 *            code=NAME    the S3 code for it (status=403,code=ExpiredToken; status=200,code=
 *                         InternalError gives a reply 200 whose body is an error)
 *            truncate=N   send N bytes of the object, then close
 *            reset        close in the middle of the reply; nothing is done
 *            method=M     only these requests; key=PATTERN (shell wildcards), bucket=NAME,
 *            query=NAME   only requests that carry this query parameter
 *            count=N      the first N matching requests only; every=N: each N-th of them
 *          The first rule that matches decides. A rule without status, truncate, reset is refused.
 * Owner:   fault_set is an embedded value with _init / _deinit; what fault_match yields lives as
 *          long.
 * Threads: fault_match from any.
 * Fails:   fault_add: ERR_CONFIG with the rule.
 */
#ifndef S3_SERVE_FAULT_H
#define S3_SERVE_FAULT_H

#include <pthread.h>

#include "s3/serve/target.h"

#define FAULT_RULES_MAX 32

typedef enum fault_kind { FAULT_NONE, FAULT_STATUS, FAULT_TRUNCATE, FAULT_RESET } fault_kind;

typedef struct fault {
    /* immutable */
    fault_kind kind;
    uint64_t status, truncate_bytes;
    char *code, *method, *key, *bucket, *query; /* or NULL */
    uint64_t count, every;                      /* 0: not given */
    /* under the set's lock */
    uint64_t seen;
} fault;

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
const fault *fault_match(fault_set *set, const char *method, const target *t);

#endif
