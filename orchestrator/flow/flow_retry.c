/* Another attempt for a file with a transient failure, and the pauses of states that have one.
 *
 * Each attempt begins with the download, which resumes or verifies the file on the disk. The first
 * failed attempt counts for the trial (flow_trial.c) as a failed file: an outage ends the run as
 * early as without retries.
 */
#include "base/util.h"
#include "decon/base/log.h"
#include "base/options/options.h"
#include "orchestrator/fleet/crash_marks.h"
#include "orchestrator/flow/flow_private.h"

#define PAUSE_MS 5000 /* after the first failure; twice that after the second, and so on */

/* --- a pause --- */

typedef struct pause_op {
    op op;
    timer *timer;
} pause_op;

static void pause_stop(op *o)
{
    pause_op *p = (pause_op *)o;
    timer_stop(o->transport, move(p->timer));
}

static void pause_free(op *o)
{
    free((pause_op *)o);
}

static const op_kind pause_kind = {.stop = pause_stop, .free = pause_free};

static void on_pause_end(void *ctx)
{
    pause_op *p = ctx;
    p->timer = NULL;
    op_finish(&p->op, NULL);
}

op *flow_pause_start(flow *f, item *it, uint64_t delay_ms)
{
    pause_op *p = op_new(&pause_kind, sizeof *p, NULL, f->o.transport);
    p->op.on_done = flow_operation_done;
    p->op.ctx = it;
    p->timer = timer_start(f->o.transport, delay_ms, on_pause_end, p);
    return op_started(&p->op);
}

/* --- RETRYING --- */

/* The store's or the server's state, not the object's. */
static bool may_pass(const err *error)
{
    switch (error->code) {
    case ERR_NET:
    case ERR_NET_DNS:
    case ERR_NET_TLS:
    case ERR_TIMEOUT:
    case ERR_TRUNCATED:
    case ERR_HTTP_SERVER:
    case ERR_S3_THROTTLED:
    case ERR_JOB_CRASHED:
        return error->cls != ERR_CLASS_RUN;
    default:
        return false;
    }
}

bool flow_may_retry(const flow *f, const item *it, const err *error)
{
    bool is_cleanup = it->state == ITEM_DISCARDING || it->state == ITEM_PROBING;
    bool crashes_again = error->code == ERR_JOB_CRASHED && it->planned.crashes >= CRASH_MARKS_MAX;
    return !f->draining && !is_cleanup && !crashes_again && may_pass(error) &&
           it->failed_attempts + 1 < (uint64_t)f->o.config->file_attempts;
}

bool flow_enter_retrying(flow *f, item *it, err *e)
{
    UNUSED(e);
    char pause[32];
    uint64_t pause_ms = PAUSE_MS * ++it->failed_attempts;
    format_duration(pause_ms, pause, sizeof pause);
    log_warn("%s; attempt %u of %lld, the next one in %s", it->error.message, it->failed_attempts,
             (long long)f->o.config->file_attempts, pause);
    item_close_results(it);
    it->operation = flow_pause_start(f, it, pause_ms);
    flow_trial_failure(f, it);
    return true;
}
