/* Claims: this host claims slices of the input by conditional writes, one after the other.
 *
 * What:    probes the store, joins or begins the round of `_decon/claims/plan.json`, then claims slices
 *          when asked, renews their leases at a third of the lease time, closes them, takes over
 *          those of hosts whose lease has expired (rule: claim_table.h), and opens parts of its
 *          last slices to other hosts.
 * Owner:   claims_free; a claim belongs to the claims from on_claimed until claims_close or on_lost.
 * Threads: loop.
 * Fails:   by on_failed, once: no more slices are claimed. Held leases are still renewed.
 *
 * Clocks of hosts and store are never compared. The holder of a lease counts from the time when its
 * write was sent; other hosts count from the time when they saw the write, which is later.
 */
#ifndef ORCHESTRATOR_CLAIM_CLAIMS_H
#define ORCHESTRATOR_CLAIM_CLAIMS_H

#include "base/op.h"
#include "decon/s3/s3.h"
#include "orchestrator/claim/claim_plan.h"
#include "orchestrator/claim/claim_table.h"

typedef struct claims claims;

typedef struct claim {
    slice_id id;
    bool taken_over; /* another host has held it, or its base slice: files may be done */
    void *ctx;       /* the caller's */
} claim;

typedef struct claims_options {
    transport *transport;
    s3_client *s3;
    const char *bucket, *prefix; /* of the report folder */
    const char *host;            /* for display, in the leases */
    uint64_t lease_ms;
    const claim_plan *plan; /* of this host; its round is not used */
    /* Whether a base slice has no inputs, so that it need not be claimed; called when the round has
     * been joined. */
    bool (*is_empty)(void *ctx, slice_id id);
    /* A slice to be claimed before others; NULL: none. */
    bool (*prefers)(void *ctx, slice_id id);
    /* The number of slices is now in claims_plan. False: there is no work, so a complete round is
     * not followed by a new one. */
    bool (*begins_round)(void *ctx);
    void (*on_joined)(void *ctx);
    void (*on_claimed)(void *ctx, claim *c);
    void (*on_lost)(void *ctx, claim *c); /* another host has it now */
    void (*on_last)(void *ctx);           /* a host is idle: parts may be opened (claims_open) */
    void (*on_opened)(void *ctx, claim *c, uint32_t parts); /* no longer of this claim */
    void (*on_complete)(void *ctx);                         /* all slices are closed */
    void (*on_failed)(void *ctx, const err *error);
    void *ctx;
} claims_options;

claims *claims_start(const claims_options *options) MUST_USE;
void claims_free(claims *c); /* NULL is allowed; leases that are held expire */

const claim_plan *claims_plan(const claims *c); /* of the round */
int64_t claims_round_start_s(const claims *c);  /* by the store's clock */
/* The part was opened by another host, so it does not belong to its base slice. */
bool claims_part_is_open(const claims *c, slice_id part);

/* The slice, or the part, that has the keys of this part is closed. */
bool claims_has_closed(const claims *c, uint32_t part_rest);

/* Claims one more slice: ends in on_claimed, on_complete or on_failed. A repeated call has no
 * effect. */
void claims_want(claims *c);
void claims_stop_wanting(claims *c);
/* Before a commit: finishes at once while the lease is fresh, otherwise when it has been renewed;
 * never if it is lost (on_lost is called first, and the caller cancels). */
op *claims_confirm(claims *c, const claim *of, void (*on_done)(void *ctx, const err *error),
                   void *ctx) MUST_USE;
/* All files of the slice are done or have failed. */
void claims_close(claims *c, claim *of, uint64_t files, uint64_t failed);
/* Gives its files of these parts (one bit each) to the hosts that claim them; none of them may
 * be started any more. on_opened reports when this is written. A failed write is repeated while
 * the slice is held. */
void claims_open(claims *c, claim *of, uint32_t parts);
/* Releases all claims, so that others can claim them at once; `done` when this is written (or
 * cannot be). */
void claims_release(claims *c, void (*done)(void *ctx), void *ctx);

#endif
