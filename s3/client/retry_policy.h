/* What follows on a try that did not succeed: the inner face of request.c.
 *
 * What:    by the verdict, the request goes back into the queue at once (after a remedy where it wants
 *          one: other keys, region or time), after a pause, or ends. What a pause costs, and how long a
 *          store may be away, s3/client/throttle.h and s3/client/circuit_breaker.h say.
 * Owner:   the request is the operation's. It may be gone when the call returns.
 * Threads: the transport's.
 * Fails:   by s3_request_fail with the error that is given.
 */
#ifndef S3_CLIENT_RETRY_POLICY_H
#define S3_CLIENT_RETRY_POLICY_H

#include "s3/client/request.h"

/* `r` has landed: it is in no queue and no flight. */
void s3_request_judge(s3_request *r, s3_verdict verdict, const err *e);

#endif
