/* Joining a round, and choosing the next slice.
 *
 * step of joining        success                               else
 * ---------------------  ------------------------------------  ---------------------------------------
 * probe the conditions   read the plan                         failed (exit status 2: use `hash`)
 * read the plan          list the round                        absent: write it, then read it again
 * list the round         not complete, plans match: joined     not complete, plans differ: failed
 *                        complete: write the next round's      complete, nothing to do: complete
 *                        plan, then read it again
 *
 * A plan is written by If-None-Match or If-Match: where another host came first, its plan is read.
 */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "decon/base/log.h"
#include "orchestrator/fleet/run_name.h"

#define RENEWALS 3 /* in the lease time */
#define REFUSALS_MAX                                                                               \
    2 /* then the round is listed again, or after as many as the listing has pages */
#define PAGE_KEYS 1000

static void read_plan(claims *c);
static void list_round(claims *c);

void claims_fail(claims *c, const err *error)
{
    if (c->failed)
        return;
    c->failed = true;
    c->wanting = false;
    c->o.on_failed(c->o.ctx, error);
}

static uint64_t now_ms(const claims *c)
{
    return clock_now_ms(c->o.transport);
}

/* --- joining --- */

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
        read_plan(c); /* mine, or that of the host that came first */
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
    list_round(c);
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

static void end_complete(claims *c)
{
    c->complete = true;
    c->wanting = false;
    c->o.on_complete(c->o.ctx);
}

static void join_or_begin(claims *c)
{
    if (c->began || !claim_table_is_complete(c->table, c->plan.used))
        join(c);
    else if (c->o.begins_round(c->o.ctx))
        write_plan(c, c->plan.round + 1);
    else
        end_complete(c);
}

/* --- listing --- */

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    claims *c = ctx;
    UNUSED(e);
    c->listed++;
    claim_table_note(c->table, object->key + strlen(c->round_folder), object->etag,
                     object->size_bytes, now_ms(c));
    return true;
}

static void on_listed(void *ctx, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    if (error) {
        claims_fail(c, error);
        return;
    }
    claim_table_end(c->table);
    c->view_is_fresh = true;
    c->listed_ms = now_ms(c);
    c->refusals = 0;
    if (!c->joined) {
        join_or_begin(c);
        return;
    }
    if (claim_table_count(c->table).free == 0)
        claims_look_for_idle_hosts(c);
    claims_step(c);
}

static void list_round(claims *c)
{
    c->list_due = false;
    c->listed = 0;
    claim_table_begin(c->table);
    c->step = s3_list(c->o.s3, &(s3_list_options){.bucket = c->o.bucket,
                                                  .prefix = c->round_folder,
                                                  .on_object = on_object,
                                                  .on_done = on_listed,
                                                  .ctx = c});
}

static bool on_part(void *ctx, const s3_object *object, err *e)
{
    claims *c = ctx;
    UNUSED(e);
    claim_table_note(c->table, object->key + strlen(c->round_folder), object->etag,
                     object->size_bytes, now_ms(c));
    return true;
}

static void on_parts_listed(void *ctx, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    if (error)
        claims_fail(c, error);
    else
        claims_step(c);
}

void claims_list_parts(claims *c)
{
    AUTO_FREE char *prefix = xasprintf("%sopen/", c->round_folder);
    c->step = s3_list(c->o.s3, &(s3_list_options){.bucket = c->o.bucket,
                                                  .prefix = prefix,
                                                  .on_object = on_part,
                                                  .on_done = on_parts_listed,
                                                  .ctx = c});
}

/* --- choosing and claiming --- */

static void claim_refused(claims *c)
{
    slice_row *row = claim_table_find(c->table, c->claiming);
    row->state = SLICE_HELD;
    row->was_held = true;
    row->seen_ms = now_ms(c);
    free(move(row->etag)); /* not known until the next listing */
    c->list_due = ++c->refusals >= MAX((size_t)REFUSALS_MAX, c->listed / PAGE_KEYS);
    claims_step(c);
}

static void on_claim_written(void *ctx, const char *etag, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    if (error) {
        claims_fail(c, error);
    } else if (!etag) {
        claim_refused(c);
    } else {
        c->refusals = 0;
        c->view_is_fresh = false;
        c->wanting = false;
        held *h = claims_hold(c, c->claiming, etag, c->sent_ms);
        h->claim.taken_over = c->takes_over;
        c->o.on_claimed(c->o.ctx, &h->claim);
        claims_step(c);
    }
}

static void take(claims *c, const slice_row *row)
{
    AUTO(buf) body = BUF(CLAIM_BODY_MAX_BYTES);
    AUTO_FREE char *key = claims_key(c, "lease", row->id);
    c->claiming = row->id;
    bool is_part = row->id.modulus != c->plan.slices; /* of a slice that its host has worked on */
    c->takes_over = row->state != SLICE_FREE || row->was_held || is_part;
    c->sent_ms = now_ms(c);
    claims_lease_body(c, 0, &body);
    if (row->state != SLICE_FREE)
        log_info("claims: slice %u of %u is taken over: its host has %s", row->id.rest,
                 row->id.modulus,
                 row->state == SLICE_RELEASED ? "given it back" : "not renewed its lease");
    c->step = claim_write_start(
        &(claim_write_options){.transport = c->o.transport,
                               .s3 = c->o.s3,
                               .bucket = c->o.bucket,
                               .key = key,
                               .body = buf_slice(&body),
                               .nonce = c->nonce,
                               .if_match = row->state == SLICE_FREE ? NULL : row->etag,
                               .on_done = on_claim_written,
                               .ctx = c});
}

/* Also one whose lease this host has not seen renewed, by an old listing: at worst the claim is refused. */
static const slice_row *preferred_slice(claims *c)
{
    size_t count = c->o.prefers ? claim_table_count(c->table).slices : 0;
    for (size_t i = 0; i < count; i++) {
        const slice_row *row = claim_table_row(c->table, i);
        if (slice_may_be_claimed(row, now_ms(c), c->o.lease_ms) && c->o.prefers(c->o.ctx, row->id))
            return row;
    }
    return NULL;
}

static void choose(claims *c)
{
    claim_counts n = claim_table_count(c->table);
    uint64_t start =
        transport_random(c->o.transport) % n.slices; /* hosts begin in different places */
    const slice_row *row = preferred_slice(c);
    if (!row)
        row = claim_table_free_slice(c->table, start);
    if (!row && c->view_is_fresh) /* an old listing says nothing of leases */
        row = claim_table_expired_slice(c->table, start, now_ms(c), c->o.lease_ms);
    if (row)
        take(c, row);
    else if (!c->view_is_fresh && !c->poll)
        list_round(c);
    else if (n.closed == n.slices && !c->held)
        end_complete(c);
    else
        claims_wait(c);
}

void claims_step(claims *c)
{
    if (c->step || !c->joined || c->failed || c->complete || c->released)
        return;
    if (c->list_due)
        list_round(c);
    else if (c->wanting)
        choose(c);
}

void claims_want(claims *c)
{
    c->wanting = !c->failed && !c->complete;
    claims_step(c);
}

void claims_stop_wanting(claims *c)
{
    c->wanting = false;
}

/* --- begin and end --- */

claims *claims_start(const claims_options *options)
{
    claims *c = xcalloc(1, sizeof *c);
    transport *t = options->transport;
    c->o = *options;
    snprintf(c->nonce, sizeof c->nonce, "%016llx%016llx", (unsigned long long)transport_random(t),
             (unsigned long long)transport_random(t));
    c->folder = xasprintf("%s" RUN_RECORDS_FOLDER CLAIM_FOLDER, options->prefix);
    c->plan_key = xasprintf("%s" RUN_RECORDS_FOLDER CLAIM_PLAN_NAME, options->prefix);
    buf_init(&c->text, CLAIM_BODY_MAX_BYTES);
    AUTO_FREE char *probe = xasprintf("%sprobe-%s", c->folder, c->nonce);
    c->step = claim_probe_start(t, options->s3, options->bucket, probe, on_probed, c);
    return c;
}

void claims_free(claims *c)
{
    if (!c)
        return;
    op_cancel(move(c->step));
    op_list_end(&c->opening);
    claims_end_held(c);
    claims_end_idle(c);
    timer_stop(c->o.transport, move(c->renew));
    claim_table_free(c->table);
    claim_plan_deinit(&c->plan);
    free(c->folder);
    free(c->round_folder);
    free(c->plan_key);
    free(c->plan_etag);
    buf_deinit(&c->text);
    free(c);
}

const claim_plan *claims_plan(const claims *c)
{
    return &c->plan;
}

int64_t claims_round_start_s(const claims *c)
{
    return c->round_start_s;
}

claim_counts claims_count(const claims *c)
{
    return c->table ? claim_table_count(c->table) : (claim_counts){0};
}

bool claims_has_closed(const claims *c, uint32_t part_rest)
{
    slice_id part = {part_rest, c->plan.slices * CLAIM_PARTS};
    slice_id base = {part_rest % c->plan.slices, c->plan.slices};
    const slice_row *row = claim_table_find(c->table, part);
    if (!row)
        row = claim_table_find(c->table, base);
    return row->state == SLICE_CLOSED;
}

bool claims_part_is_open(const claims *c, slice_id part)
{
    return claim_table_find(c->table, part) != NULL;
}
