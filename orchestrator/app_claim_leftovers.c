/* Downloads that an earlier run of this host left, complete or in part. Their slices are claimed
 * first; downloads of files that another host has finished in the meantime are removed. Until
 * then they count toward the disk budget. */
#include "orchestrator/app_claim_private.h"

#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "base/digest/shard.h"

void claim_run_find_leftovers(claim_run *r)
{
    const app *a = r->app;
    for (size_t i = 0; i < a->plan.count; i++) {
        const char *key = a->plan.rows[i].object->key;
        if (!workdir_has_item(a->workdir, key))
            continue;
        uint64_t bytes = workdir_item_bytes(a->workdir, key);
        workdir_add(a->workdir, bytes);
        *ARRAY_ADD(r->leftovers, r->leftover_count) = (leftover){.key = key, .bytes = bytes};
    }
    if (r->leftover_count)
        log_info("%s: %zu downloads of an earlier run; their slices are claimed first",
                 workdir_path(a->workdir), r->leftover_count);
}

void claim_run_place_leftovers(claim_run *r)
{
    for (size_t i = 0; i < r->leftover_count; i++)
        r->leftovers[i].part_rest =
            shard_of_key(r->leftovers[i].key, r->slices.count * CLAIM_PARTS);
}

static bool is_in(const leftover *left, slice_id id)
{
    return left->part_rest % id.modulus == id.rest;
}

bool claim_run_prefers(void *ctx, slice_id id)
{
    const claim_run *r = ctx;
    for (size_t i = 0; i < r->leftover_count; i++)
        if (is_in(&r->leftovers[i], id))
            return true;
    return false;
}

/* Its bytes no longer count as those of a leftover. */
static void forget(claim_run *r, size_t index)
{
    workdir_release(r->app->workdir, r->leftovers[index].bytes);
    r->leftovers[index] = r->leftovers[--r->leftover_count];
}

static void remove_leftover(claim_run *r, size_t index)
{
    err e = ERR_INIT;
    if (!workdir_remove_item(r->app->workdir, r->leftovers[index].key, &e))
        log_warn("%s", e.message);
    forget(r, index);
}

static bool has_row(const plan *rows, const char *key)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].object->key, key) == 0)
            return true;
    return false;
}

void claim_run_use_leftovers(claim_run *r, slice_id id, const plan *rows)
{
    for (size_t i = r->leftover_count; i-- > 0;)
        if (!is_in(&r->leftovers[i], id))
            continue;
        else if (has_row(rows, r->leftovers[i].key))
            forget(r, i);
        else
            remove_leftover(r, i);
}

void claim_run_remove_leftovers(claim_run *r, bool all)
{
    for (size_t i = r->leftover_count; i-- > 0;)
        if (all || claims_has_closed(r->claims, r->leftovers[i].part_rest))
            remove_leftover(r, i);
}
