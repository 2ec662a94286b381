/* The store's objects: the inputs, and the outputs of earlier runs.
 *
 * What:    one listing each of the input, the report and the cleaned directory, in parallel; keeps
 *          input candidates, commit objects and cleaned files, the latter two sorted by key. Inputs
 *          may come from lists instead (input_list.h). Records below _decon/ of the report directory
 *          are skipped, except the marks of files that ended their processes (crash_marks.h).
 * Owner:   listing_deinit frees the rows.
 * Threads: loop.
 * Fails:   by the error given to `on_done`: an incomplete listing is not used (nothing may be
 *          skipped or removed after it).
 */
#ifndef ORCHESTRATOR_PLAN_LISTING_H
#define ORCHESTRATOR_PLAN_LISTING_H

#include "base/op.h"
#include "decon/base/digest.h"
#include "orchestrator/fleet/crash_marks.h"
#include "orchestrator/plan/object_table.h"
#include "orchestrator/config/remote_paths.h"

#define LISTING_NAMED_MAX    3
#define LISTING_PYTHON_KINDS 2

typedef struct listing {
    listed_array inputs;  /* by name; may be below an output directory */
    listed_array reports; /* *.report.jsonl and *.clean of the report directory, sorted */
    listed_array cleaned; /* *.clean.jsonl* of the cleaned directory, sorted */
    size_t
        ignored_count; /* objects in the input that are not inputs by name; empty ones that end in
                             `/` are folder markers and do not count */
    size_t near_count; /* of these, those that look like JSON Lines */
    char *named[LISTING_NAMED_MAX]; /* the first of them */
    size_t python_count; /* outputs of the Python orchestrator, which do not count as results */
    char *python_named[LISTING_PYTHON_KINDS]; /* the first report and the first cleaned file */
    bool name_all;                            /* before the fetch: each is logged at level info */
    crash_marks crashes;                      /* of the report directory's records, sorted */
    size_t outside_count;                     /* objects of lists that are outside of the input */
    char lists_digest[2 * SHA256_BYTES + 1];  /* SHA-256 of the lists; "": the store was listed */
} listing;

void listing_deinit(listing *l);
DEFINE_AUTO(listing, listing_deinit)

/* An object of the input: kept, or counted as ignored or outside. */
void listing_add_input(listing *l, const places *where, const s3_object *object);

typedef struct listing_options {
    s3_client *s3;
    transport *transport;
    const places *places;
    const char *const *lists; /* of inputs, NULL-terminated; NULL or empty: the store is listed */
    const char *columns;      /* of lists that do not name them */
    bool inputs_only;         /* results are not listed */
    listing *out;             /* written right before on_done, and never after a cancel */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} listing_options;

/* An operation (base/op.h). */
op *listing_fetch_start(const listing_options *options) MUST_USE;

#endif
