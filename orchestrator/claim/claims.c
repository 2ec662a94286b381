/* The listings of a round, and choosing the next slice. claims_join.c joins the round. */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "decon/base/log.h"
#include "orchestrator/fleet/run_name.h"

/* After this many consecutive refusals of base slices, the round is listed again (or after as
 * many as the listing has pages); of parts, one of many hosts waits, since the listing of parts
 * does not show those that other hosts have claimed. */
#define REFUSALS_MAX       2
#define PAGE_KEYS          1000
#define SLICES_OF_64_HOSTS 1024u
/* With many hosts, each one lists the round after this many lease times, since most of the
 * others may have ended. */
#define LEASES_UNWATCHED 4u
#define COMPLETE         "open/complete" /* in the folder of the round, where all slices are closed */

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

/* --- listing --- */

static bool on_part(void *ctx, const s3_object *object, err *e)
{
    claims *c = ctx;
    const char *name = object->key + strlen(c->round_folder);
    UNUSED(e);
    c->round_is_over = c->round_is_over || str_equal(name, COMPLETE);
    claim_table_note(c->table, name, object->etag, object->size_bytes, now_ms(c));
    return true;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    ((claims *)ctx)->listed++;
    return on_part(ctx, object, e);
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
    c->looked = true;
    c->listed_ms = c->watched_ms = now_ms(c);
    c->refusals = 0;
    if (!c->joined) {
        claims_join_or_begin(c);
        return;
    }
    if (claim_table_count(c->table).free == 0)
        claims_look_for_idle_hosts(c);
    claims_step(c);
}

void claims_list_round(claims *c)
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

static void on_parts_listed(void *ctx, const err *error)
{
    claims *c = ctx;
    c->step = NULL;
    c->looked = true;
    if (error)
        claims_fail(c, error);
    else
        claims_step(c);
}

static void list_parts(claims *c)
{
    AUTO_FREE char *prefix = xasprintf("%sopen/", c->round_folder);
    c->step = s3_list(c->o.s3, &(s3_list_options){.bucket = c->o.bucket,
                                                  .prefix = prefix,
                                                  .on_object = on_part,
                                                  .on_done = on_parts_listed,
                                                  .ctx = c});
}

uint64_t claims_crowd(const claims *c)
{
    return MAX(c->plan.slices / SLICES_OF_64_HOSTS, 1u);
}

/* Up to 64 hosts all watch the leases; of more hosts, 64 do on average: it suffices that one
 * host sees a lease expire, and a listing of the round has one or two objects for each slice. */
static bool watches_leases(const claims *c)
{
    bool chosen = transport_random(c->o.transport) % claims_crowd(c) == 0;
    return chosen || now_ms(c) - c->listed_ms >= LEASES_UNWATCHED * c->o.lease_ms;
}

/* According to this host; only a listing shows whether it was renewed in the meantime. */
static bool may_have_expired(const claims *c)
{
    return claim_table_expired_slice(c->table, 0, now_ms(c), c->o.lease_ms) != NULL;
}

void claims_look(claims *c)
{
    bool due = now_ms(c) - c->watched_ms >= c->o.lease_ms / RENEWALS ||
               (claims_crowd(c) == 1 && may_have_expired(c));
    if (due)
        c->watched_ms = now_ms(c);
    if (due && watches_leases(c))
        claims_list_round(c);
    else
        list_parts(c);
}

/* --- choosing and claiming --- */

static void claim_refused(claims *c)
{
    slice_row *row = claim_table_find(c->table, c->claiming);
    row->state = SLICE_HELD;
    row->was_held = true;
    row->seen_ms = now_ms(c);
    free(move(row->etag)); /* unknown until the next listing */
    bool rests = c->claiming.modulus != c->plan.slices && claims_crowd(c) > 1;
    if (++c->refusals >= MAX((size_t)REFUSALS_MAX, rests ? 0 : c->listed / PAGE_KEYS)) {
        c->list_due = !rests;
        c->resting = rests;
    }
    claims_step(c);
}

static void report_take_over(const claims *c)
{
    if (c->claimed_from != SLICE_FREE)
        log_info("claims: slice %u of %u is taken over: its host has %s", c->claiming.rest,
                 c->claiming.modulus,
                 c->claimed_from == SLICE_RELEASED ? "given it back" : "not renewed its lease");
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
        report_take_over(c);
        c->refusals = c->waits = 0;
        c->looked = false;
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
    c->claimed_from = row->state;
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

/* Also one whose lease was not renewed according to an old listing: at worst the claim is refused.
 * */
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

static void on_complete_written(void *ctx, const s3_put_result *result, const err *error)
{
    claims *c = ctx;
    UNUSED(result);
    c->step = NULL;
    if (error)
        log_debug("%s; other hosts find out by themselves that all slices are closed",
                  error->message);
    claims_end_complete(c);
}

/* Other hosts see it with the parts. */
static void end_round(claims *c)
{
    static const char body[] = "{\"format\":1}\n";
    if (c->round_is_over) {
        claims_end_complete(c);
        return;
    }
    AUTO_FREE char *key = xasprintf("%s" COMPLETE, c->round_folder);
    c->step = s3_put(c->o.s3, &(s3_put_options){.bucket = c->o.bucket,
                                                .key = key,
                                                .data = slice_from(body),
                                                .fd = -1,
                                                .content_type = "application/json",
                                                .on_done = on_complete_written,
                                                .ctx = c});
}

static void choose(claims *c)
{
    claim_counts n = claim_table_count(c->table);
    uint64_t start =
        transport_random(c->o.transport) % n.slices; /* hosts begin at different slices */
    const slice_row *row = preferred_slice(c);
    if (!row)
        row = claim_table_free_slice(c->table, start);
    if (!row) /* its lease had not changed for the lease time when the round was listed */
        row = claim_table_expired_slice(c->table, start, c->listed_ms, c->o.lease_ms);
    if (row)
        take(c, row);
    else if (!c->looked && !c->poll)
        claims_look(c);
    else if ((c->round_is_over || n.closed == n.slices) && !c->held)
        end_round(c);
    else
        claims_wait(c);
}

void claims_step(claims *c)
{
    if (c->step || !c->joined || c->failed || c->complete || c->released)
        return;
    if (c->list_due)
        claims_list_round(c);
    else if (c->wanting && c->resting)
        claims_wait(c);
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
    claims_join_start(c);
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
