/* Shared by app_claim.c (the run), app_claim_slice.c (a slice becomes rows of the flow) and
 * app_claim_leftovers.c (downloads of an earlier run).
 *
 * What:    the structure itself.
 * Owner:   app_claim.c.
 * Threads: loop.
 * Fails:   see app_claim.h.
 */
#ifndef ORCHESTRATOR_APP_CLAIM_PRIVATE_H
#define ORCHESTRATOR_APP_CLAIM_PRIVATE_H

#include "decon/base/buf.h"
#include "orchestrator/app_claim.h"
#include "orchestrator/claim/claims.h"

#define DIFFERENCE_MAX_BYTES ((size_t)800)

/* A slice that this host holds. */
typedef struct slice_work {
    struct slice_work *next;
    claim *claim;
    slice_id id;
    size_t left; /* files that have not ended */
    uint64_t files, failed;
    bool added, split; /* its rows are in the flow; parts were opened */
    uint32_t given;    /* parts that are not of it: a bit of each */
    size_t in_opening; /* files of parts whose opening is being written */
} slice_work;

/* A download that an earlier run left. */
typedef struct leftover {
    const char *key;    /* the listing's */
    uint32_t part_rest; /* of its key, among all parts of the round */
    uint64_t bytes;     /* on the disk */
} leftover;

typedef struct claim_run {
    app *app;
    flow_feed feed;
    char host[RUN_MACHINE_BYTES];
    claim_plan mine;
    plan_slices slices;
    claims *claims;
    slice_work *works, *preparing; /* preparing: one of works, or NULL */
    plan slice_plan;               /* of the one that is being prepared */
    done_check *done;
    op *check;
    op *describe; /* of the difference of settings */
    buf difference;
    leftover *leftovers;
    size_t leftover_count;
    timer *release_limit;
    bool any_work, purify, told_settings, released;
    err error;
} claim_run;

/* --- app_claim.c --- */
/* No more files are started; those in progress finish. */
void claim_run_fail(claim_run *r, const err *error);
void claim_run_close_work(claim_run *r, slice_work *w);

/* --- app_claim_slice.c --- */
/* The first of `works` and those that follow it whose rows in the flow have this key, or had it; NULL: none. */
slice_work *claim_run_work_of_key(const claim_run *r, slice_work *works, const char *key);
/* Plans the slice; adds its rows to the flow, or closes it if there are none. */
void claim_run_prepare(claim_run *r, slice_work *w);
void claim_run_stop_preparing(claim_run *r);
/* Parts of which no file was started. */
void claim_run_open_parts(claim_run *r, slice_work *w);
void claim_run_parts_opened(claim_run *r, slice_work *w, uint32_t parts);
/* Another host has the slice: returns the number of files that this host drops. */
size_t claim_run_drop_files(claim_run *r, const slice_work *w);

/* --- app_claim_leftovers.c --- */
/* After the work directory was cleared, and before the plan is freed. */
void claim_run_find_leftovers(claim_run *r);
/* The number of slices is known. */
void claim_run_place_leftovers(claim_run *r);
/* A download of a file of the slice exists: the slice is claimed before others. */
bool claim_run_prefers(void *ctx, slice_id id);
/* The slice is planned: its downloads are resumed, or removed if their files are done. */
void claim_run_use_leftovers(claim_run *r, slice_id id, const plan *rows);
/* `all`: including those of slices that are not closed. */
void claim_run_remove_leftovers(claim_run *r, bool all);

#endif
