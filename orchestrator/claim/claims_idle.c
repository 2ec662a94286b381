/* Hosts that have nothing to do, and those that could give them some.
 *
 * The first host that has no slice and finds none to claim writes the object `idle` in the folder of the round.
 * Hosts that hold slices look for it when they renew their leases, and then open parts of their slices: one HEAD
 * in place of a listing of the whole round, which has an object or two for each slice.
 *
 * A host that waits lists the parts that were opened, and only every third of the lease time, in which each host
 * renews its leases, the whole round.
 */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "decon/base/log.h"

#define POLL_MIN_MS 100u
#define POLL_MAX_MS 30000u
#define POLLS       10 /* in the lease time */
#define LISTINGS    3  /* of the whole round, in the lease time */

static char *mark_key(const claims *c)
{
    return xasprintf("%sidle", c->round_folder);
}

/* --- the host that waits --- */

static void on_mark_written(void *ctx, const s3_put_result *result, const err *error)
{
    claims *c = ctx;
    UNUSED(result);
    c->idle_write = NULL;
    c->idle_known = !error;
    if (error)
        log_debug("%s; it is written again", error->message);
}

static void write_mark(claims *c)
{
    static const char body[] = "{\"format\":1}\n";
    AUTO_FREE char *key = mark_key(c);
    c->idle_write = s3_put(c->o.s3, &(s3_put_options){.bucket = c->o.bucket,
                                                      .key = key,
                                                      .data = slice_from(body),
                                                      .fd = -1,
                                                      .content_type = "application/json",
                                                      .on_done = on_mark_written,
                                                      .ctx = c});
}

static void on_poll(void *ctx)
{
    claims *c = ctx;
    c->poll = NULL;
    if (c->step || !c->wanting)
        return;
    if (clock_now_ms(c->o.transport) - c->listed_ms < c->o.lease_ms / LISTINGS) {
        claims_list_parts(c);
    } else {
        c->list_due = true;
        claims_step(c);
    }
}

void claims_wait(claims *c)
{
    uint64_t pause_ms =
        MAX((uint64_t)POLL_MIN_MS, MIN((uint64_t)POLL_MAX_MS, c->o.lease_ms / POLLS));
    if (!c->poll)
        c->poll = timer_start(c->o.transport, pause_ms, on_poll, c);
    if (!c->held && !c->idle_known && !c->idle_write)
        write_mark(c);
}

/* --- hosts that hold slices --- */

static void on_mark(void *ctx, const s3_object *object, const err *error)
{
    claims *c = ctx;
    UNUSED(object);
    c->idle_check = NULL;
    if (error && error->code != ERR_S3_NOT_FOUND)
        log_debug("%s; whether a host is idle is looked at again", error->message);
    if (error || c->released)
        return;
    c->idle_known = true;
    if (c->held)
        c->o.on_last(c->o.ctx);
}

void claims_look_for_idle_hosts(claims *c)
{
    if (!c->held || c->idle_check)
        return;
    if (c->idle_known) {
        c->o.on_last(c->o.ctx);
        return;
    }
    AUTO_FREE char *key = mark_key(c);
    c->idle_check = s3_head(c->o.s3, c->o.bucket, key, on_mark, c);
}

void claims_end_idle(claims *c)
{
    op_cancel(move(c->idle_check));
    op_cancel(move(c->idle_write));
    timer_stop(c->o.transport, move(c->poll));
}
