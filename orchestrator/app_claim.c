#include "orchestrator/app_claim_private.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/app_settings_difference.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/observe/progress.h"

#define RELEASE_LIMIT_MS 2500

void claim_run_fail(claim_run *r, const err *error)
{
    if (err_is_set(&r->error))
        return;
    r->error = *error;
    log_error("%s; no more files are started", error->message);
    claims_stop_wanting(r->claims);
    flow_drain(r->app->flow);
}

/* --- works --- */

static void remove_work(claim_run *r, slice_work *w)
{
    slice_work **link = &r->works;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    free(w);
}

void claim_run_close_work(claim_run *r, slice_work *w)
{
    claims_close(r->claims, w->claim, w->files, w->failed);
    remove_work(r, w);
}

/* --- what the claims report --- */

static plan_options slices_options(const claim_run *r)
{
    return (plan_options){.places = &r->app->config->places, .listing = &r->app->listing};
}

static bool is_empty(void *ctx, slice_id id)
{
    claim_run *r = ctx;
    if (r->slices.count != id.modulus) {
        plan_options o = slices_options(r);
        plan_slices_deinit(&r->slices);
        plan_slices_make(&o, id.modulus, &r->slices);
        claim_run_place_leftovers(r);
    }
    return plan_slices_is_empty(&r->slices, id.rest);
}

/* After a complete round: files that failed or are new, or results of other settings. */
static bool begins_round(void *ctx)
{
    const claim_run *r = ctx;
    return r->any_work || !str_equal(claims_plan(r->claims)->fingerprint, r->mine.fingerprint);
}

/* The plan of all inputs; rows are added with the slices. */
static void forget_plan(claim_run *r)
{
    plan *p = &r->app->plan;
    plan_deinit(p);
    p->places = &r->app->config->places;
}

/* The plan may have refused files: if no round is begun, they are the result of this run. */
static void on_joined(void *ctx)
{
    claim_run *r = ctx;
    forget_plan(r);
    claims_want(r->claims);
}

static void on_claimed(void *ctx, claim *c)
{
    claim_run *r = ctx;
    slice_work *w = xcalloc(1, sizeof *w);
    *w = (slice_work){.claim = c, .id = c->id, .next = r->works};
    r->works = w;
    claim_run_remove_leftovers(r, false);
    log_debug("claims: slice %u of %u is claimed", c->id.rest, c->id.modulus);
    claim_run_prepare(r, w);
}

static slice_work *work_of(const claim_run *r, const claim *c)
{
    slice_work *w = r->works;
    while (w && w->claim != c)
        w = w->next;
    return w;
}

static void on_lost(void *ctx, claim *c)
{
    claim_run *r = ctx;
    slice_work *w = work_of(r, c);
    if (!w)
        return;
    if (w == r->preparing)
        claim_run_stop_preparing(r);
    const slice_work lost = *w;
    remove_work(r, w);
    size_t files = claim_run_drop_files(r, &lost);
    log_warn("claims: slice %u of %u: %zu files are left to the other host", c->id.rest,
             c->id.modulus, files);
}

static void on_last(void *ctx)
{
    claim_run *r = ctx;
    for (slice_work *w = r->works; w; w = w->next)
        if (w->added && !w->split && w->id.modulus == r->slices.count)
            claim_run_open_parts(r, w);
}

static void on_opened(void *ctx, claim *c, uint32_t parts)
{
    claim_run *r = ctx;
    slice_work *w = work_of(r, c);
    if (w)
        claim_run_parts_opened(r, w, parts);
}

static void on_complete(void *ctx)
{
    claim_run *r = ctx;
    log_info("claims: all slices are closed");
    claim_run_remove_leftovers(r, true);
    flow_end_feed(r->app->flow);
}

static void on_round_described(void *ctx, const err *error)
{
    claim_run *r = ctx;
    const place *where = &r->app->config->places.report;
    AUTO_FREE char *name =
        xasprintf("s3://%s/%s" RUN_RECORDS_FOLDER CLAIM_PLAN_NAME, where->bucket, where->prefix);
    err e = ERR_INIT;
    UNUSED(error);
    r->describe = NULL;
    if (!claim_plan_match(&r->mine, claims_plan(r->claims), name, buf_str(&r->difference), &e))
        claim_run_fail(r, &e);
}

/* A run with other settings is in progress: the error will state how they differ. */
static void on_failed(void *ctx, const err *error)
{
    claim_run *r = ctx;
    const char *found = claims_plan(r->claims)->fingerprint;
    if (!found || !found[0] || !r->mine.fingerprint[0] || str_equal(found, r->mine.fingerprint))
        claim_run_fail(r, error);
    else
        r->describe =
            settings_difference_start(r->app, found, &r->difference, on_round_described, r);
}

/* --- what the flow reports --- */

static void want(void *ctx)
{
    claim_run *r = ctx;
    if (r->claims && !r->preparing && !err_is_set(&r->error))
        claims_want(r->claims);
}

static op *confirm(void *ctx, item *it, void (*on_done)(void *ctx, const err *error))
{
    claim_run *r = ctx;
    const slice_work *w = claim_run_work_of_key(r, r->works, it->planned.key);
    return claims_confirm(r->claims, w->claim, on_done, it);
}

/* A file can belong to two slices of this host: a base slice, and a part of it that a host opened which had the
 * base slice before. */
static void ended(void *ctx, const item *it)
{
    claim_run *r = ctx;
    slice_work *w = r->claims ? r->works : NULL;
    while ((w = claim_run_work_of_key(r, w, it->planned.key))) {
        slice_work *next = w->next;
        w->failed += it->state == ITEM_FAILED;
        if (--w->left == 0)
            claim_run_close_work(r, w);
        w = next;
    }
}

/* --- the run --- */

bool app_claim_prepare(app *a, err *e)
{
    claim_run *r = a->claim_run = xcalloc(1, sizeof *r);
    r->app = a;
    buf_init(&r->difference, DIFFERENCE_MAX_BYTES);
    r->feed = (flow_feed){.want = want, .confirm = confirm, .ended = ended, .ctx = r};
    if (!app_know_server(a, &r->purify, e) || !app_list_plan(a, r->purify, e))
        return false;
    progress_plan(&a->plan, a->config);
    app_warn_of_copies(a);
    if (!app_sample_settings(a, e))
        return false;
    r->any_work = a->plan.count > 0;
    if (!app_clear_work_dir(a, e))
        return false;
    claim_run_find_leftovers(r);
    if (r->any_work)
        forget_plan(r);
    return true;
}

const flow_feed *app_claim_feed(const app *a)
{
    return a->claim_run ? &a->claim_run->feed : NULL;
}

void app_claim_start(app *a)
{
    claim_run *r = a->claim_run;
    const config *c = a->config;
    const places *p = &c->places;
    run_machine(r->host);
    r->mine =
        (claim_plan){.slices = claim_plan_slices((uint64_t)c->claim_hosts),
                     .fingerprint = xstrdup(a->server.fingerprint ? a->server.fingerprint : ""),
                     .input = xasprintf("s3://%s/%s", p->input.bucket, places_list_prefix(p)),
                     .lists = xstrdup(a->listing.lists_digest)};
    r->claims = claims_start(&(claims_options){.transport = a->env.context->transport,
                                               .s3 = a->s3,
                                               .bucket = p->report.bucket,
                                               .prefix = p->report.prefix,
                                               .host = r->host,
                                               .lease_ms = c->claim_lease_ms,
                                               .plan = &r->mine,
                                               .is_empty = is_empty,
                                               .prefers = claim_run_prefers,
                                               .begins_round = begins_round,
                                               .on_joined = on_joined,
                                               .on_claimed = on_claimed,
                                               .on_lost = on_lost,
                                               .on_last = on_last,
                                               .on_opened = on_opened,
                                               .on_complete = on_complete,
                                               .on_failed = on_failed,
                                               .ctx = r});
}

static void end_release(void *ctx)
{
    ((claim_run *)ctx)->released = true;
}

static void on_release_limit(void *ctx)
{
    ((claim_run *)ctx)->release_limit = NULL;
    end_release(ctx);
}

void app_claim_end(app *a, bool wait)
{
    claim_run *r = a->claim_run;
    claim_run_stop_preparing(r);
    claims_release(r->claims, end_release, r);
    if (!wait || r->released)
        return;
    r->release_limit =
        timer_start(a->env.context->transport, RELEASE_LIMIT_MS, on_release_limit, r);
    a->env.run_until(a->env.run_ctx, &r->released);
    timer_stop(a->env.context->transport, move(r->release_limit));
}

const err *app_claim_error(const app *a)
{
    const claim_run *r = a->claim_run;
    return r && err_is_set(&r->error) ? &r->error : NULL;
}

void app_claim_free(app *a)
{
    claim_run *r = move(a->claim_run);
    if (!r)
        return;
    claim_run_stop_preparing(r);
    claims_free(r->claims);
    while (r->works)
        remove_work(r, r->works);
    plan_slices_deinit(&r->slices);
    claim_plan_deinit(&r->mine);
    buf_deinit(&r->difference);
    free(r->leftovers);
    free(r);
}
