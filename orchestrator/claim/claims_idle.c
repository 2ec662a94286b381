/* Idle hosts, and hosts that could give them work.
 *
 * The first host that has no slice and finds none to claim writes the object `idle` in the folder
 * of the round. Hosts that hold slices request it (HEAD) when they renew their leases, instead of
 * listing the whole round, and then open parts of their slices.
 *
 * A waiting host lists the opened parts every tenth of the lease time; with more than 128 hosts,
 * at growing intervals, with random offsets. It lists the whole round every third of the lease
 * time, in which each host renews its leases; with more than 64 hosts only some do
 * (claims_look). The first that finds all slices closed writes the object `open/complete`, which
 * the others find with the parts.
 */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "decon/base/log.h"

#define POLL_MIN_MS 100u
#define POLL_MAX_MS 30000u
#define POLLS       10 /* in the lease time, at first */

static char *mark_key(const claims *c)
{
    return xasprintf("%sidle", c->round_folder);
}

/* --- the waiting host --- */

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
    c->resting = false;
    c->refusals = 0;
    if (!c->step && c->wanting)
        claims_look(c);
}

/* With many hosts, the interval grows by half after each unsuccessful poll, up to a third of the
 * lease time; then it is randomised between 3/4 and 5/4 of that. */
static uint64_t next_pause_ms(claims *c)
{
    uint64_t first_ms =
        MAX((uint64_t)POLL_MIN_MS, MIN((uint64_t)POLL_MAX_MS, c->o.lease_ms / POLLS));
    uint64_t longest_ms = MAX(first_ms, MIN(first_ms * claims_crowd(c), c->o.lease_ms / RENEWALS));
    uint64_t pause_ms = MIN(first_ms + first_ms * c->waits / 2, longest_ms);
    c->waits++;
    return pause_ms * 3 / 4 + transport_random(c->o.transport) % (pause_ms / 2 + 1);
}

void claims_wait(claims *c)
{
    if (!c->poll)
        c->poll = timer_start(c->o.transport, next_pause_ms(c), on_poll, c);
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
        log_debug("%s; the check for idle hosts is repeated", error->message);
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
