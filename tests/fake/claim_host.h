/* A host of a fleet that claims its work: the real claims on a small store, with a transport and a clock of its
 * own.
 *
 * What:    remembers what the claims report; claims nothing by itself.
 * Owner:   claim_host_end; its leases stay in the store, as those of a killed host.
 * Threads: one.
 * Fails:   by failing the running test.
 */
#ifndef TESTS_FAKE_CLAIM_HOST_H
#define TESTS_FAKE_CLAIM_HOST_H

#include "base/util.h"
#include "orchestrator/claim/claims.h"
#include "tests/fake/small_store.h"

#define LEASE_MS 300000
#define SLICES   8
#define NONE     UINT32_MAX

typedef struct claim_host {
    fake_transport *fake;
    s3_client *s3;
    claim_plan plan;
    claims *claims;
    claim *held[4 * SLICES];
    size_t held_count;
    uint32_t filled; /* slices below this number are not empty; NONE: all */
    bool begins;
    uint32_t prefers; /* this slice; NONE: none */
    /* what happened */
    unsigned joined, lost, complete, last, opened, confirmed, released;
    uint32_t parts;
    err error;
} claim_host;

void claim_host_begin(claim_host *h, small_store *s, uint64_t seed);
void claim_host_start(claim_host *h);
void claim_host_end(claim_host *h);
void claim_host_begin_and_start(claim_host *h, small_store *s, uint64_t seed);
/* Its slices from `filled` on are empty. */
void claim_host_start_with(claim_host *h, small_store *s, uint64_t seed, uint32_t filled);
int claim_host_quiet(void **state);    /* set-up of a group: errors only are logged */
claim *claim_host_take(claim_host *h); /* the next slice; NULL: none was claimed */
void claim_host_finish(claim_host *h, claim *c, uint64_t failed);
void claim_host_expect_failure(const claim_host *h, int status, const char *part);
void claim_host_on_released(void *ctx);
void claim_host_on_confirmed(void *ctx, const err *error);

#endif
