#include "orchestrator/app_claim.h"

#include <unistd.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/claim/claims.h"
#include "orchestrator/fleet/shard.h"
#include "orchestrator/observe/progress.h"
#include "orchestrator/plan/slice_check.h"

#define RELEASE_LIMIT_MS 2500
#define HOST_NAME_BYTES  256

/* A slice that this host holds. */
typedef struct slice_work {
    struct slice_work *next;
    claim *claim;
    slice_id id;
    size_t left; /* files that have not ended */
    uint64_t files, failed;
    bool added, split; /* its rows are in the flow; parts were opened */
} slice_work;

typedef struct claim_run {
    app *app;
    flow_feed feed;
    char host[HOST_NAME_BYTES];
    claim_plan mine;
    plan_slices slices;
    claims *claims;
    slice_work *works, *preparing; /* preparing: one of works, or NULL */
    plan slice_plan;               /* of the one that is being prepared */
    done_check *done;
    op *check;
    timer *release_limit;
    bool any_work, purify, told_settings, released;
    err error;
} claim_run;

bool app_claims_work(const config *c)
{
    return c->distribution == DISTRIBUTION_CLAIM && !c->dry_run && !c->max_files_debug;
}

static void fail(claim_run *r, const err *error)
{
    if (err_is_set(&r->error))
        return;
    r->error = *error;
    log_error("%s; no more files are begun", error->message);
    claims_stop_wanting(r->claims);
    flow_drain(r->app->flow);
}

/* --- whose key is it --- */

/* Keys of a part that was opened are not of its base slice. */
static bool owns_key(const claim_run *r, slice_id id, const char *key)
{
    slice_id part = {0, id.modulus * CLAIM_PARTS};
    if (!slice_has_key(id, key))
        return false;
    if (id.modulus != r->slices.count)
        return true;
    part.rest = shard_of_key(key, part.modulus);
    return !claims_part_is_open(r->claims, part);
}

typedef struct key_owner {
    const claim_run *run;
    slice_id id;
    size_t count;
} key_owner;

static bool is_of_owner(void *ctx, const char *key)
{
    const key_owner *o = ctx;
    return owns_key(o->run, o->id, key);
}

static void count_of_owner(void *ctx, const char *key)
{
    key_owner *o = ctx;
    o->count += slice_has_key(o->id, key);
}

static bool is_of_slice(void *ctx, const char *key)
{
    return slice_has_key(((const key_owner *)ctx)->id, key);
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

static void close_work(claim_run *r, slice_work *w)
{
    claims_close(r->claims, w->claim, w->files, w->failed);
    remove_work(r, w);
}

static void stop_preparing(claim_run *r)
{
    r->preparing = NULL;
    done_check_free(move(r->done));
    op_cancel(move(r->check));
    plan_deinit(&r->slice_plan);
}

/* Takes the row of this key out of the plan. */
static void leave_out(void *ctx, const char *key)
{
    plan *p = ctx;
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->rows[i].object->key, key) == 0) {
            p->size_bytes -= p->rows[i].object->size_bytes;
            p->rows[i] = p->rows[--p->count];
            return;
        }
}

/* A file that this host has begun already, as one of a slice that it had before, is not begun again; its
 * end counts for this slice. */
static void add_rows(claim_run *r)
{
    slice_work *w = r->preparing;
    app *a = r->app;
    w->left = r->slice_plan.count;
    w->failed = r->slice_plan.refused_count;
    w->files = w->left + r->slice_plan.done + w->failed;
    flow_each_key(a->flow, true, leave_out, &r->slice_plan);
    size_t count = r->slice_plan.count;
    w->added = true;
    plan_append(&a->plan, &r->slice_plan);
    stop_preparing(r);
    if (w->left == 0)
        close_work(r, w);
    flow_add_rows(a->flow, count);
}

/* --- preparing a slice --- */

static void make_slice_plan(claim_run *r, const superseded_inputs *superseded)
{
    app *a = r->app;
    key_owner owner = {.run = r, .id = r->preparing->id};
    plan_deinit(&r->slice_plan);
    plan_slice(&(plan_options){.places = &a->config->places,
                               .listing = &a->listing,
                               .purify = r->purify,
                               .redo = a->config->redo,
                               .list_done = !superseded,
                               .superseded = superseded},
               &r->slices, r->preparing->id.rest % r->slices.count, is_of_owner, &owner,
               &r->slice_plan);
}

static void on_slice_checked(void *ctx, const err *error)
{
    claim_run *r = ctx;
    r->check = NULL;
    if (error)
        fail(r, error);
    else
        add_rows(r);
}

static void check_taken_over(claim_run *r)
{
    app *a = r->app;
    if (!r->preparing->claim->taken_over) {
        add_rows(r);
        return;
    }
    r->check = slice_check_start(
        &(slice_check_options){.transport = a->env.transport,
                               .s3 = a->s3,
                               .plan = &r->slice_plan,
                               .at_once = a->limits.s3_workers,
                               .settings = a->server.fingerprint,
                               .since_s = a->config->redo ? claims_round_start_s(r->claims) : 0,
                               .on_done = on_slice_checked,
                               .ctx = r});
}

static bool judge_settings(claim_run *r, err *e)
{
    const app *a = r->app;
    const place *where = &a->config->places.report;
    settings_change policy = app_settings_policy(a);
    done_check_counts counts = done_check_count(r->done);
    if (counts.other_settings == 0)
        return true;
    if (policy == SETTINGS_CHANGE_REFUSE)
        return err_set(
            e, ERR_CONFIG,
            "s3://%s/%s: results were made with other settings (fingerprint %.12s -> %.12s); "
            "use another report folder, or give --on-settings-change redo or keep",
            where->bucket, where->prefix, done_check_other_settings(r->done),
            a->server.fingerprint);
    if (!r->told_settings)
        log_warn("s3://%s/%s: results of other settings (fingerprint %.12s -> %.12s) are %s",
                 where->bucket, where->prefix, done_check_other_settings(r->done),
                 a->server.fingerprint, policy == SETTINGS_CHANGE_REDO ? "made again" : "kept");
    r->told_settings = true;
    return true;
}

static void on_done_checked(void *ctx, const err *error)
{
    claim_run *r = ctx;
    err e = error ? *error : (err)ERR_INIT;
    if (error || !judge_settings(r, &e)) {
        fail(r, &e);
        return;
    }
    make_slice_plan(r, done_check_superseded(r->done));
    check_taken_over(r);
}

static void prepare(claim_run *r, slice_work *w)
{
    const app *a = r->app;
    r->preparing = w;
    make_slice_plan(r, NULL);
    if (r->slice_plan.done_count == 0) {
        check_taken_over(r);
        return;
    }
    r->done = done_check_start(
        &(done_check_options){.s3 = a->s3,
                              .plan = &r->slice_plan,
                              .at_once = a->limits.s3_workers,
                              .settings = a->server.fingerprint,
                              .redo_other_settings = app_settings_policy(a) == SETTINGS_CHANGE_REDO,
                              .on_done = on_done_checked,
                              .ctx = r});
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
    }
    return plan_slices_is_empty(&r->slices, id.rest);
}

/* After a complete round: files that failed or are new, or results of other settings. */
static bool begins_round(void *ctx)
{
    const claim_run *r = ctx;
    return r->any_work || !str_equal(claims_plan(r->claims)->fingerprint, r->mine.fingerprint);
}

static void on_joined(void *ctx)
{
    claim_run *r = ctx;
    claims_want(r->claims);
}

static void on_claimed(void *ctx, claim *c)
{
    claim_run *r = ctx;
    slice_work *w = xcalloc(1, sizeof *w);
    *w = (slice_work){.claim = c, .id = c->id, .next = r->works};
    r->works = w;
    log_debug("claims: slice %u of %u is claimed", c->id.rest, c->id.modulus);
    prepare(r, w);
}

static slice_work *work_of(const claim_run *r, const claim *c)
{
    slice_work *w = r->works;
    while (w && w->claim != c)
        w = w->next;
    return w;
}

static void note_dropped(claim_run *r, flow_dropped d)
{
    plan *p = &r->app->plan;
    p->dropped += d.rows + d.items;
    p->size_bytes -= MIN(d.size_bytes, p->size_bytes);
}

static void on_lost(void *ctx, claim *c)
{
    claim_run *r = ctx;
    slice_work *w = work_of(r, c);
    key_owner owner = {.run = r, .id = c->id};
    if (!w)
        return;
    if (w == r->preparing)
        stop_preparing(r);
    remove_work(r, w);
    flow_dropped d = flow_drop(r->app->flow, is_of_owner, &owner, true);
    note_dropped(r, d);
    log_warn("claims: slice %u of %u: %zu files are left to the other host", c->id.rest,
             c->id.modulus, d.rows + d.items);
}

/* --- parts for idle hosts --- */

typedef struct part_masks {
    slice_id base;
    uint32_t seen; /* bit of each part */
} part_masks;

static void mark_part(void *ctx, const char *key)
{
    part_masks *m = ctx;
    if (!slice_has_key(m->base, key))
        return;
    uint32_t rest = shard_of_key(key, m->base.modulus * CLAIM_PARTS);
    m->seen |= 1u << (rest - m->base.rest) / m->base.modulus;
}

/* Parts of which nothing has begun, but one where nothing at all has begun. */
static void open_parts(claim_run *r, slice_work *w)
{
    part_masks begun = {.base = w->id}, waiting = {.base = w->id};
    flow_each_key(r->app->flow, true, mark_part, &begun);
    flow_each_key(r->app->flow, false, mark_part, &waiting);
    uint32_t free_parts = waiting.seen & ~begun.seen;
    if (!begun.seen)
        free_parts &= free_parts - 1;
    w->split = true;
    for (uint32_t i = 0; i < CLAIM_PARTS; i++)
        if (free_parts & 1u << i)
            claims_open(r->claims, w->claim, slice_part(w->id, i));
}

static void on_last(void *ctx)
{
    claim_run *r = ctx;
    for (slice_work *w = r->works; w; w = w->next)
        if (w->added && !w->split && w->id.modulus == r->slices.count)
            open_parts(r, w);
}

/* What has begun meanwhile goes on: both hosts may do it, which is harmless. */
static void on_opened(void *ctx, claim *c, slice_id part)
{
    claim_run *r = ctx;
    slice_work *w = work_of(r, c);
    key_owner owner = {.run = r, .id = part};
    if (!w)
        return;
    flow_dropped d = flow_drop(r->app->flow, is_of_slice, &owner, false);
    flow_each_key(r->app->flow, true, count_of_owner, &owner);
    note_dropped(r, d);
    w->left -= MIN(w->left, d.rows + owner.count);
    w->files -= MIN(w->files, (uint64_t)(d.rows + owner.count));
    log_info("claims: part %u of %u is open to other hosts: %zu files", part.rest, part.modulus,
             d.rows);
    if (w->left == 0)
        close_work(r, w);
}

static void on_complete(void *ctx)
{
    claim_run *r = ctx;
    log_info("claims: all slices are closed");
    flow_end_feed(r->app->flow);
}

static void on_failed(void *ctx, const err *error)
{
    fail(ctx, error);
}

/* --- what the flow reports --- */

static void want(void *ctx)
{
    claim_run *r = ctx;
    if (r->claims && !r->preparing && !err_is_set(&r->error))
        claims_want(r->claims);
}

static slice_work *work_of_key(const claim_run *r, const char *key)
{
    for (slice_work *w = r->works; w; w = w->next)
        if (w->added && owns_key(r, w->id, key))
            return w;
    return NULL;
}

static op *confirm(void *ctx, item *it, void (*on_done)(void *ctx, const err *error))
{
    claim_run *r = ctx;
    const slice_work *w = work_of_key(r, it->planned.key);
    return claims_confirm(r->claims, w ? w->claim : NULL, on_done, it);
}

static void ended(void *ctx, const item *it)
{
    claim_run *r = ctx;
    slice_work *w = r->claims ? work_of_key(r, it->planned.key) : NULL;
    if (!w || w->left == 0)
        return;
    w->failed += it->state == ITEM_FAILED;
    if (--w->left == 0)
        close_work(r, w);
}

/* --- the run --- */

bool app_claim_prepare(app *a, err *e)
{
    claim_run *r = a->claim_run = xcalloc(1, sizeof *r);
    r->app = a;
    r->feed = (flow_feed){.want = want, .confirm = confirm, .ended = ended, .ctx = r};
    if (!app_know_server(a, &r->purify, e) || !app_list_plan(a, r->purify, e))
        return false;
    progress_plan(&a->plan, a->config);
    app_warn_of_copies(a);
    r->any_work = a->plan.count > 0;
    plan_deinit(&a->plan);
    a->plan = (plan){.places = &a->config->places};
    return app_clear_work_dir(a, e);
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
    if (gethostname(r->host, sizeof r->host - 1) != 0)
        r->host[0] = '\0';
    r->mine =
        (claim_plan){.slices = claim_plan_slices((uint64_t)c->claim_hosts),
                     .fingerprint = xstrdup(a->server.fingerprint ? a->server.fingerprint : ""),
                     .input = xasprintf("s3://%s/%s", p->input.bucket, places_list_prefix(p)),
                     .lists = xstrdup(a->listing.lists_digest)};
    r->claims = claims_start(&(claims_options){.transport = a->env.transport,
                                               .s3 = a->s3,
                                               .bucket = p->report.bucket,
                                               .prefix = p->report.prefix,
                                               .host = r->host,
                                               .lease_ms = c->claim_lease_ms,
                                               .plan = &r->mine,
                                               .is_empty = is_empty,
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
    stop_preparing(r);
    claims_release(r->claims, end_release, r);
    if (!wait || r->released)
        return;
    r->release_limit = timer_start(a->env.transport, RELEASE_LIMIT_MS, on_release_limit, r);
    a->env.run_until(a->env.run_ctx, &r->released);
    timer_stop(a->env.transport, move(r->release_limit));
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
    stop_preparing(r);
    claims_free(r->claims);
    while (r->works)
        remove_work(r, r->works);
    plan_slices_deinit(&r->slices);
    claim_plan_deinit(&r->mine);
    free(r);
}
