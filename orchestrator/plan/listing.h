/* What stands in the store: the inputs, and the outputs of earlier runs.
 *
 * What:    one listing each of the input, the report and the cleaned directory, side by side; kept
 *          are input candidates, commit objects and cleaned files, the latter two sorted by key.
 * Owner:   listing_deinit frees the rows.
 * Threads: loop.
 * Fails:   by the error given to `on_done`: a listing that is not whole is none (nothing may be
 *          skipped or removed after it).
 */
#ifndef ORCHESTRATOR_PLAN_LISTING_H
#define ORCHESTRATOR_PLAN_LISTING_H

#include "base/op.h"
#include "orchestrator/plan/object_table.h"
#include "orchestrator/config/remote_paths.h"

#define LISTING_NAMED_MAX 3

typedef struct listing {
    listed_array inputs;  /* by name; may lie below an output directory */
    listed_array reports; /* *.report.jsonl and *.clean of the report directory, sorted */
    listed_array cleaned; /* *.clean.jsonl* of the cleaned directory, sorted */
    size_t ignored_count; /* objects in the input whose names are no input's; empty ones that end in
                             `/` are folder markers and do not count */
    size_t near_count;    /* of these, those that look like JSON Lines */
    char *named[LISTING_NAMED_MAX]; /* the first of them */
    bool name_all;                  /* before the fetch: each is logged at level info */
} listing;

void listing_deinit(listing *l);

typedef void (*listing_done)(void *ctx, const err *error);
/* An operation (base/op.h); `out` is written right before on_done, and never after a cancel. */
op *listing_fetch_start(s3_client *s3, const places *where, listing *out, listing_done on_done,
                        void *ctx) MUST_USE;

#endif
