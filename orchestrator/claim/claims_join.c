/* Joining a round.
 *
 * step of joining        success                               else
 * ---------------------  ------------------------------------  ---------------------------------------
 * probe the conditions   read the plan                         failed (exit status 2: use `hash`)
 * read the plan          list the round                        absent: write it, then read it again
 * list the round         not complete, plans match: joined     not complete, plans differ: failed
 *                        complete: write the next round's      complete, nothing to do: complete
 *                        plan, then read it again
 *
 * A plan is written by If-None-Match or If-Match: if another host was first, its plan is read.
 */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "decon/base/log.h"
#include "orchestrator/fleet/run_name.h"

static void read_plan(claims *c);

static void on_probed(void *ctx, bool honoured, const char *why, const err *error)
{
    claims *c = ctx;
    err e = error ? *error : (err)ERR_INIT;
    c->step = NULL;
    if (!error && honoured) {
        read_plan(c);
        return;
    }
    if (!error)
        err_set(&e, ERR_CONFIG,
                "s3://%s/%s: the store %s of PutObject, so hosts cannot claim their work there; "
                "give each "
                "host its share: --distribution hash with --host-index and --host-count (or "
                "PMR_HOST_INDEX and PMR_HOST_COUNT)",
                c->o.bucket, c->folder, why);
    claims_fail(c, &e);
}

static void on_plan_written(void *ctx, const char *etag, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    c->began = c->began || etag;
    if (error)
        claims_fail(c, error);
    else
        read_plan(c); /* this host's, or that of the first host */
}

static uint32_t count_used(const claims *c, uint32_t slices)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < slices; i++)
        used += !c->o.is_empty(c->o.ctx, (slice_id){i, slices});
    return used;
}

static void write_plan(claims *c, uint64_t round)
{
    AUTO(buf) body = BUF(CLAIM_BODY_MAX_BYTES);
    claim_plan mine = *c->o.plan;
    mine.round = round;
    mine.used = count_used(c, mine.slices);
    claim_plan_write(&mine, c->nonce, &body);
    c->step = claim_write_start(&(claim_write_options){.transport = c->o.transport,
                                                       .s3 = c->o.s3,
                                                       .bucket = c->o.bucket,
                                                       .key = c->plan_key,
                                                       .body = buf_slice(&body),
                                                       .nonce = c->nonce,
                                                       .if_match = c->plan_etag,
                                                       .on_done = on_plan_written,
                                                       .ctx = c});
}

static bool take_plan_text(void *ctx, slice data, err *e)
{
    return buf_append_slice(&((claims *)ctx)->text, data) ||
           err_set(e, ERR_LIMIT, "the plan of the claim run is too large");
}

static void restart_plan_text(void *ctx)
{
    buf_clear(&((claims *)ctx)->text);
}

static void close_empty_slices(claims *c)
{
    for (uint32_t i = 0; i < c->plan.slices; i++) {
        slice_id id = {i, c->plan.slices};
        if (c->o.is_empty(c->o.ctx, id))
            claim_table_close_empty(c->table, id);
    }
}

static void take_plan(claims *c, const s3_get_result *result)
{
    err e = ERR_INIT;
    claim_plan_deinit(&c->plan);
    if (!claim_plan_read(buf_slice(&c->text), &c->plan, &e)) {
        err_subject(&e, "s3://%s/%s", c->o.bucket, c->plan_key);
        claims_fail(c, &e);
        return;
    }
    free(c->plan_etag);
    c->plan_etag = xstrdup_or_null(result->etag);
    c->round_start_s = result->last_modified_s;
    free(c->round_folder);
    AUTO_FREE char *folder = claim_plan_folder(&c->plan);
    c->round_folder = xasprintf("%s%s", c->folder, folder);
    claim_table_free(c->table);
    c->table = claim_table_new(c->plan.slices);
    close_empty_slices(c);
    claims_list_round(c);
}

static void on_plan_read(void *ctx, const s3_get_result *result, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    if (error && error->code == ERR_S3_NOT_FOUND)
        write_plan(c, 1);
    else if (error)
        claims_fail(c, error);
    else
        take_plan(c, result);
}

static void read_plan(claims *c)
{
    buf_clear(&c->text);
    c->step = s3_get(c->o.s3, &(s3_get_options){.bucket = c->o.bucket,
                                                .key = c->plan_key,
                                                .fd = -1,
                                                .on_data = take_plan_text,
                                                .on_restart = restart_plan_text,
                                                .on_done = on_plan_read,
                                                .ctx = c});
}

static void on_renew(void *ctx)
{
    claims *c = ctx;
    claims_renew_all(c);
    claims_open_again(c);
    claims_look_for_idle_hosts(c);
    c->renew = timer_start(c->o.transport, c->o.lease_ms / RENEWALS, on_renew, c);
    claims_step(c);
}

static void join(claims *c)
{
    err e = ERR_INIT;
    AUTO_FREE char *name = xasprintf("s3://%s/%s", c->o.bucket, c->plan_key);
    if (!claim_plan_match(c->o.plan, &c->plan, name, NULL, &e)) {
        claims_fail(c, &e);
        return;
    }
    c->joined = true;
    c->renew = timer_start(c->o.transport, c->o.lease_ms / RENEWALS, on_renew, c);
    log_info("claims: round %llu of %u slices in s3://%s/%s, %s by this host",
             (unsigned long long)c->plan.round, c->plan.slices, c->o.bucket, c->round_folder,
             c->began ? "begun" : "joined");
    c->o.on_joined(c->o.ctx);
    claims_step(c);
}

void claims_end_complete(claims *c)
{
    c->complete = true;
    c->wanting = false;
    c->o.on_complete(c->o.ctx);
}

void claims_join_or_begin(claims *c)
{
    if (c->began || !claim_table_is_complete(c->table, c->plan.used))
        join(c);
    else if (c->o.begins_round(c->o.ctx))
        write_plan(c, c->plan.round + 1);
    else
        claims_end_complete(c);
}

void claims_join_start(claims *c)
{
    AUTO_FREE char *probe = xasprintf("%sprobe-%s", c->folder, c->nonce);
    c->step = claim_probe_start(c->o.transport, c->o.s3, c->o.bucket, probe, on_probed, c);
}
