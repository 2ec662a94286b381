/* The slices of a fleet that claims its work, from `_decon/claims/`.
 *
 * What:    counts the leases and closed slices of the round in progress, or of the last one.
 * Owner:   a value.
 * Threads: loop.
 * Fails:   by err if the folder cannot be listed. Without a plan of a round `total` is 0.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_SLICES_H
#define ORCHESTRATOR_STATUS_STATUS_SLICES_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/claim/claim_plan.h"
#include "orchestrator/config/remote_paths.h"
#include "orchestrator/runtime/store_session.h"

typedef struct status_slices {
    uint64_t round;
    uint64_t total;  /* that have inputs, and parts that were split from them */
    uint64_t done;   /* without a failure */
    uint64_t failed; /* done, but some files failed */
    uint64_t held;   /* with a lease, and not done */
} status_slices;

/* The plan of the round; its round is 0 if there is none. False: it cannot be read. */
bool status_slices_plan(store_session *s, const place *report, claim_plan *out) MUST_USE;
bool status_slices_read(store_session *s, const place *report, status_slices *out, err *e) MUST_USE;

#endif
