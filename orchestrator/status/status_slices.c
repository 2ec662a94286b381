#include "orchestrator/status/status_slices.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/claim/claim_table.h"
#include "orchestrator/fleet/run_name.h"

typedef struct slice_list {
    char **leases, **ends; /* names of slices */
    size_t lease_count, end_count;
    size_t prefix_len;
    status_slices *out;
} slice_list;

static void add_name(char ***names, size_t *count, const char *name)
{
    *ARRAY_ADD(*names, *count) = xstrdup(name);
}

/* <folder>/<slice> below the round's folder. */
static bool on_slice(void *ctx, const s3_object *object, err *e)
{
    slice_list *l = ctx;
    const char *name = object->key + l->prefix_len;
    slice_id base;
    uint32_t parts = 0;
    UNUSED(e);
    l->out->done += str_starts_with(name, "done/");
    l->out->failed += str_starts_with(name, "failed/");
    if (str_starts_with(name, "open/") && slice_parts_read(name + strlen("open/"), &base, &parts))
        l->out->total += (uint64_t)__builtin_popcount(parts);
    if (str_starts_with(name, "lease/") && object->size_bytes) /* empty: given back */
        add_name(&l->leases, &l->lease_count, name + strlen("lease/"));
    else if (str_starts_with(name, "done/") || str_starts_with(name, "failed/"))
        add_name(&l->ends, &l->end_count, strchr(name, '/') + 1);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void count_held(slice_list *l)
{
    if (l->end_count)
        qsort(l->ends, l->end_count, sizeof *l->ends, compare_names);
    for (size_t i = 0; i < l->lease_count; i++)
        l->out->held += l->end_count == 0 || !bsearch(&l->leases[i], l->ends, l->end_count,
                                                      sizeof *l->ends, compare_names);
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static bool count_round(store_session *s, const place *report, const claim_plan *round,
                        status_slices *out, err *e)
{
    AUTO_FREE char *folder = claim_plan_folder(round);
    AUTO_FREE char *prefix =
        xasprintf("%s" RUN_RECORDS_FOLDER CLAIM_FOLDER "%s", report->prefix, folder);
    slice_list list = {.prefix_len = strlen(prefix), .out = out};
    bool ok = store_session_list(s, report->bucket, prefix, on_slice, &list, e);
    count_held(&list);
    free_names(list.leases, list.lease_count);
    free_names(list.ends, list.end_count);
    return ok;
}

typedef struct plan_reader {
    claim_plan *out;
    bool unreadable;
} plan_reader;

static void take_plan(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    plan_reader *r = ctx;
    err e = ERR_INIT;
    UNUSED(index);
    if (!last || (error && error->code == ERR_S3_NOT_FOUND))
        return; /* hosts do not claim their work here */
    if (error || !claim_plan_read(piece, r->out, &e)) {
        log_info("the plan of the slices is not read: %s", error ? error->message : e.message);
        claim_plan_deinit(r->out);
        r->unreadable = true;
    }
}

bool status_slices_plan(store_session *s, const place *report, claim_plan *out)
{
    AUTO_FREE char *key = xasprintf("%s" RUN_RECORDS_FOLDER CLAIM_PLAN_NAME, report->prefix);
    plan_reader reader = {.out = out};
    *out = (claim_plan){0};
    store_session_fetch(s, &(store_fetch){.bucket = report->bucket,
                                          .keys = (const char *const[]){key},
                                          .sizes = (const uint64_t[]){0},
                                          .count = 1,
                                          .take = take_plan,
                                          .ctx = &reader});
    return !reader.unreadable;
}

bool status_slices_read(store_session *s, const place *report, status_slices *out, err *e)
{
    AUTO(claim_plan) round = {0};
    *out = (status_slices){0};
    if (!status_slices_plan(s, report, &round) || round.round == 0)
        return true;
    out->round = round.round;
    out->total = round.used;
    return count_round(s, report, &round, out, e);
}
