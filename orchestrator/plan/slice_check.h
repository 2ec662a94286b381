/* Determines which files of a slice taken over from another host are done.
 *
 * What:    HEAD of both commit objects of each row of a plan. A row is done, and leaves the plan,
 *          if the result was made of the listed version with the current settings, and after
 *          `since_s`.
 * Owner:   the plan is the caller's and is changed before on_done.
 * Threads: loop.
 * Fails:   by the error given to on_done (the store cannot be read).
 */
#ifndef ORCHESTRATOR_PLAN_SLICE_CHECK_H
#define ORCHESTRATOR_PLAN_SLICE_CHECK_H

#include "base/op.h"
#include "orchestrator/plan/plan.h"

typedef struct slice_check_options {
    transport *transport;
    s3_client *s3;
    plan *plan;
    unsigned at_once;     /* requests in the client's queue */
    const char *settings; /* the server's fingerprint, borrowed; NULL: not compared */
    int64_t
        since_s; /* older results do not count: LastModified, by the store's clock; 0: all count */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} slice_check_options;

op *slice_check_start(const slice_check_options *options) MUST_USE;

#endif
