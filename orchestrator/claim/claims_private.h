/* Shared by the files of claims.h: claims_join.c, claims.c (choosing), claims_lease.c (held
 * slices), claims_idle.c (hosts that wait for others).
 *
 * What:    the structure itself.
 * Owner:   claims.c.
 * Threads: loop.
 * Fails:   see claims.h.
 */
#ifndef ORCHESTRATOR_CLAIM_CLAIMS_PRIVATE_H
#define ORCHESTRATOR_CLAIM_CLAIMS_PRIVATE_H

#include "orchestrator/claim/claim_write.h"
#include "orchestrator/claim/claims.h"

#define NONCE_BYTES 33
#define RENEWALS    3 /* in the lease time */

typedef struct held held;
struct held {
    claim claim; /* first */
    claims *claims;
    held *next;
    char *etag; /* of the lease */
    unsigned writes;
    uint64_t sent_ms,
        fresh_until_ms; /* times at which the write in progress, and the lease, expire for others */
    op *write;          /* renewal, end or release; NULL: none is in progress */
    op_list waiters;    /* claims_confirm */
    bool closing, releasing;
    uint64_t files, failed;
    buf body;
};

struct claims {
    claims_options o;
    char nonce[NONCE_BYTES];
    char *folder, *round_folder; /* keys: <prefix>_decon/claims/, and its subfolder of the round */
    char *plan_key, *plan_etag;  /* etag NULL: there is no plan yet */
    claim_plan plan;
    bool began; /* this host has written the plan */
    int64_t round_start_s;
    claim_table *table;
    held *held;
    op_list opening; /* claims_open */

    /* joining, listing, claiming: one operation at a time */
    op *step;
    buf text;
    slice_id claiming;
    slice_state claimed_from; /* of `claiming`, before the claim */
    bool takes_over;
    uint64_t sent_ms;
    bool joined, wanting, failed, complete, released;
    bool list_due, looked;          /* looked: round or parts were listed after the last claim */
    bool round_is_over;             /* a host has found all slices closed */
    bool resting;                   /* nothing is claimed before the next poll */
    size_t listed;                  /* objects in the last listing of the round */
    uint64_t listed_ms, watched_ms; /* the whole round; whether it was to be listed */
    unsigned refusals, waits;       /* consecutive */
    timer *poll, *renew;

    /* the mark of idle hosts */
    op *idle_check, *idle_write;
    bool idle_known; /* the mark exists */
    void (*on_released)(void *ctx);
    void *released_ctx;
};

/* --- claims.c --- */
void claims_step(claims *c);
void claims_fail(claims *c, const err *error);
void claims_list_round(claims *c);
/* How many times 64 hosts there may be, as far as the number of slices says; at least 1. */
uint64_t claims_crowd(const claims *c);
/* Lists the parts that other hosts have opened, or the whole round: new leases, expired ones, closed slices. */
void claims_look(claims *c);

/* --- claims_join.c --- */
void claims_join_start(claims *c);
/* After a listing of the round. */
void claims_join_or_begin(claims *c);
/* The round is complete, and this host has no work. */
void claims_end_complete(claims *c);

/* --- claims_idle.c --- */
/* This host has no slice, and there is none to claim: checks again later. */
void claims_wait(claims *c);
/* This host has slices: on_last, now or later, if another one is idle. */
void claims_look_for_idle_hosts(claims *c);
void claims_end_idle(claims *c);

/* --- claims_lease.c --- */
char *claims_key(const claims *c, const char *folder, slice_id id) MUST_USE;
void claims_lease_body(const claims *c, unsigned write, buf *out);
/* Adds a slice that was just claimed by a write sent at sent_ms. */
held *claims_hold(claims *c, slice_id id, const char *etag, uint64_t sent_ms);
void claims_renew_all(claims *c);
void claims_open_again(claims *c); /* parts whose opening could not be written */
void claims_end_held(claims *c);   /* frees it without writes and callbacks */

#endif
