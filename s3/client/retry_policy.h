/* What follows an unsuccessful attempt; internal to request.c.
 *
 * What:    according to the verdict, the request is queued again at once (with other keys, another
 *          region or another time if needed), after a pause, or ends. s3/client/throttle.h and
 *          s3/client/circuit_breaker.h limit retries and pauses.
 * Owner:   the request belongs to the operation. It may have been freed when the call returns.
 * Threads: the transport's.
 * Fails:   by s3_request_fail with `e`.
 */
#ifndef S3_CLIENT_RETRY_POLICY_H
#define S3_CLIENT_RETRY_POLICY_H

#include "s3/client/request.h"

/* `r` is neither queued nor in flight. */
void s3_request_judge(s3_request *r, s3_verdict verdict, const err *e);

#endif
