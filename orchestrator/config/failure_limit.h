/* The number of failed files that ends a run: the value of max_failures.
 *
 * What:    a count, or a percentage of the files that have ended, which applies from
 *          FAILURE_PERCENT_FROM of them on. 0: no limit.
 * Owner:   plain values.
 * Threads: any.
 * Fails:   ERR_CONFIG for text that is neither a count nor a percentage from 1% to 100%.
 */
#ifndef ORCHESTRATOR_CONFIG_FAILURE_LIMIT_H
#define ORCHESTRATOR_CONFIG_FAILURE_LIMIT_H

#include "base/util.h"
#include "decon/base/err.h"

#define FAILURE_PERCENT_FROM 100

typedef struct failure_limit {
    uint64_t count;   /* 0: none */
    unsigned percent; /* 0: none */
} failure_limit;

bool failure_limit_read(const char *text, failure_limit *out, err *e) MUST_USE;
bool failure_limit_check(const char *text, err *e) MUST_USE;
/* More than the limit failed, of `ended` files. */
bool failure_limit_exceeded(const failure_limit *limit, uint64_t failed, uint64_t ended);

#endif
