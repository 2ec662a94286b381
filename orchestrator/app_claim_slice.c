/* How a claimed slice becomes rows of the flow, and how parts of it are given to other hosts.
 *
 * step                      when                                           next
 * ------------------------  ---------------------------------------------  --------------------------------
 * plan its files            always                                         compare or look, else add
 * compare earlier results   the listing has some (done_check.h)            describe, plan again, then look
 * describe the difference   some were made with other settings             plan again, or the run fails
 * check its results         another host has had the slice (slice_check.h) add
 * add rows                  always                                         closed where there are none
 */
#include "orchestrator/app_claim_private.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/app_settings_difference.h"
#include "base/digest/shard.h"
#include "orchestrator/plan/slice_check.h"

/* --- the slice of a key --- */

static uint32_t part_bit(const claim_run *r, const char *key)
{
    return 1u << shard_of_key(key, r->slices.count * CLAIM_PARTS) / r->slices.count;
}

/* Parts that were opened are not of their base slice. Those that were opened after it was
 * planned are treated as part of it: a host that was taken over can still open some. */
static bool owns_key(const claim_run *r, const slice_work *w, const char *key)
{
    bool is_part = w->id.modulus != r->slices.count;
    return slice_has_key(w->id, key) && (is_part || !(w->given & part_bit(r, key)));
}

slice_work *claim_run_work_of_key(const claim_run *r, slice_work *works, const char *key)
{
    slice_work *w = works;
    while (w && !(w->added && w->left && owns_key(r, w, key)))
        w = w->next;
    return w;
}

static uint32_t parts_given_away(const claim_run *r, slice_id id)
{
    uint32_t given = 0;
    for (uint32_t i = 0; id.modulus == r->slices.count && i < CLAIM_PARTS; i++)
        given |= claims_part_is_open(r->claims, slice_part(id, i)) ? 1u << i : 0;
    return given;
}

typedef struct key_owner {
    const claim_run *run;
    const slice_work *work;
    uint32_t parts; /* is_of_parts */
} key_owner;

static bool is_of_owner(void *ctx, const char *key)
{
    const key_owner *o = ctx;
    return owns_key(o->run, o->work, key);
}

static bool is_of_owner_alone(void *ctx, const char *key)
{
    const claim_run *r = ((const key_owner *)ctx)->run;
    return is_of_owner(ctx, key) && !claim_run_work_of_key(r, r->works, key);
}

static bool is_of_parts(void *ctx, const char *key)
{
    const key_owner *o = ctx;
    return slice_has_key(o->work->id, key) && (o->parts & part_bit(o->run, key));
}

/* --- preparing --- */

void claim_run_stop_preparing(claim_run *r)
{
    r->preparing = NULL;
    done_check_free(move(r->done));
    op_cancel(move(r->check));
    op_cancel(move(r->describe));
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

/* A file that this host already has from another slice (claim_run_work_of_key) is not processed
 * again; its end counts for both. */
static void add_rows(claim_run *r)
{
    slice_work *w = r->preparing;
    app *a = r->app;
    w->left = r->slice_plan.count;
    w->failed = r->slice_plan.refused_count;
    w->files = w->left + r->slice_plan.done + w->failed;
    flow_each_key(a->flow, true, leave_out, &r->slice_plan);
    flow_each_key(a->flow, false, leave_out, &r->slice_plan);
    claim_run_use_leftovers(r, w->id, &r->slice_plan);
    size_t count = r->slice_plan.count;
    w->added = true;
    plan_append(&a->plan, &r->slice_plan);
    claim_run_stop_preparing(r);
    if (w->left == 0)
        claim_run_close_work(r, w);
    flow_add_rows(a->flow, count);
}

static void make_slice_plan(claim_run *r, const superseded_inputs *superseded)
{
    app *a = r->app;
    key_owner owner = {.run = r, .work = r->preparing};
    plan_deinit(&r->slice_plan);
    plan_slice(&(plan_options){.places = &a->config->places,
                               .listing = &a->listing,
                               .purify = r->purify,
                               .redo = a->config->redo,
                               .retry_failed = a->config->retry_failed,
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
        claim_run_fail(r, error);
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
        &(slice_check_options){.transport = a->env.context->transport,
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
    const place *where = &r->app->config->places.report;
    settings_change policy = app_settings_policy(r->app);
    const char *difference = buf_str(&r->difference);
    if (policy == SETTINGS_CHANGE_REFUSE)
        return err_set(e, ERR_CONFIG,
                       "s3://%s/%s: results were made with other settings (%s); use another report "
                       "folder, or give --on-settings-change redo or keep",
                       where->bucket, where->prefix, difference);
    if (!r->told_settings)
        log_warn("s3://%s/%s: results of other settings (%s) are %s", where->bucket, where->prefix,
                 difference, policy == SETTINGS_CHANGE_REDO ? "made again" : "kept");
    r->told_settings = true;
    return true;
}

static void plan_again(claim_run *r)
{
    make_slice_plan(r, done_check_superseded(r->done));
    check_taken_over(r);
}

static void on_described(void *ctx, const err *error)
{
    claim_run *r = ctx;
    err e = ERR_INIT;
    UNUSED(error);
    r->describe = NULL;
    if (judge_settings(r, &e))
        plan_again(r);
    else
        claim_run_fail(r, &e);
}

static void on_done_checked(void *ctx, const err *error)
{
    claim_run *r = ctx;
    if (error)
        claim_run_fail(r, error);
    else if (done_check_count(r->done).other_settings == 0 || r->told_settings)
        plan_again(r);
    else
        r->describe = settings_difference_start(r->app, done_check_other_settings(r->done),
                                                &r->difference, on_described, r);
}

void claim_run_prepare(claim_run *r, slice_work *w)
{
    const app *a = r->app;
    r->preparing = w;
    w->given = parts_given_away(r, w->id);
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

/* --- files for other hosts --- */

static void note_dropped(claim_run *r, flow_dropped d)
{
    plan *p = &r->app->plan;
    p->dropped += d.rows + d.items;
    p->size_bytes -= MIN(d.size_bytes, p->size_bytes);
}

size_t claim_run_drop_files(claim_run *r, const slice_work *w)
{
    key_owner owner = {.run = r, .work = w};
    flow_dropped d = flow_drop(r->app->flow, is_of_owner_alone, &owner, true);
    note_dropped(r, d);
    return d.rows + d.items;
}

typedef struct part_masks {
    const claim_run *run;
    slice_id base;
    uint32_t seen; /* bit of each part */
} part_masks;

static void mark_part(void *ctx, const char *key)
{
    part_masks *m = ctx;
    if (slice_has_key(m->base, key))
        m->seen |= part_bit(m->run, key);
}

/* If no file was started, one part is kept. From now on no file of the other parts is started,
 * although other hosts can claim them only once that is written. */
void claim_run_open_parts(claim_run *r, slice_work *w)
{
    part_masks begun = {.run = r, .base = w->id}, waiting = begun;
    flow_each_key(r->app->flow, true, mark_part, &begun);
    flow_each_key(r->app->flow, false, mark_part, &waiting);
    key_owner owner = {.run = r, .work = w, .parts = waiting.seen & ~begun.seen};
    if (!begun.seen)
        owner.parts &= owner.parts - 1;
    w->split = true;
    if (!owner.parts)
        return;
    flow_dropped d = flow_drop(r->app->flow, is_of_parts, &owner, false);
    note_dropped(r, d);
    w->in_opening = d.rows;
    claims_open(r->claims, w->claim, owner.parts);
}

void claim_run_parts_opened(claim_run *r, slice_work *w, uint32_t parts)
{
    size_t files = w->in_opening;
    if (files == 0)
        return; /* opened before this host lost the slice and claimed it again */
    w->in_opening = 0;
    w->given |= parts;
    w->left -= files;
    w->files -= files;
    log_info("claims: slice %u of %u: %d of %d parts are open to other hosts: %zu files",
             w->id.rest, w->id.modulus, __builtin_popcount(parts), CLAIM_PARTS, files);
    if (w->left == 0)
        claim_run_close_work(r, w);
    flow_add_rows(r->app->flow, 0); /* more may be claimed */
}
