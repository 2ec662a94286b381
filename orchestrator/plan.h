/* The plan: which inputs this host has to do.
 *
 * What:    a pure function of the listing: listed minus done, mine only, largest first.
 *          An input is done when its commit object stands and is not older than the input: the
 *          marker `<base>.clean`, or `<base>.report.jsonl` with, where the server purifies, the
 *          cleaned object beside it. Where both stand it is done again: one of them is stale, and
 *          a run ended before it removed that. Two inputs that would write one output both fail; that is
 *          judged over the whole listing, before shares and done ones are taken out.
 * Owner:   plan_deinit frees the items.
 * Threads: loop.
 * Fails:   never; items that cannot be done stand in `refused` with their error.
 */
#ifndef ORCHESTRATOR_PLAN_H
#define ORCHESTRATOR_PLAN_H

#include "orchestrator/item.h"
#include "orchestrator/listing.h"

typedef struct plan_options {
    const places *places;
    const listing *listing;
    unsigned host_index, host_count;
    bool purify;      /* of the server */
    bool redo;        /* done ones too */
    size_t max_files; /* MAX_FILES_DEBUG; 0: all */
} plan_options;

typedef struct plan {
    item **items;
    size_t count;
    item **refused; /* mine, ITEM_FAILED, error set */
    size_t refused_count;
    uint64_t size_bytes; /* of items */
    /* What is skipped, and why. */
    size_t input_count;   /* inputs in the whole listing */
    size_t other_hosts;   /* in the shares of others */
    size_t done;          /* mine and done already */
    size_t beyond_debug;  /* mine, but more than max_files */
    size_t ignored_count; /* objects that are no inputs: other suffixes, output directories */
} plan;

void plan_make(const plan_options *options, plan *out);
void plan_deinit(plan *p);

#endif
