/* Time limits of calls and of the wait for a busy server. */
#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/detect/detect_client_private.h"

static uint64_t now_ms(const detect_client *j)
{
    return clock_now_ms(j->transport);
}

void job_call_begin(job_call *c)
{
    c->started_ms = now_ms(c->jobs);
}

void detect_client_note_progress(detect_client *j)
{
    j->progress_ms = now_ms(j);
    j->busy_since_ms = 0;
}

void detect_client_note_accepted(detect_client *j)
{
    j->busy_since_ms = 0;
}

void job_call_note_state(job_call *c, bool running)
{
    if (running && !c->running) {
        detect_client_note_progress(c->jobs);
        c->started_ms = c->jobs->progress_ms;
    }
    c->running = running;
    c->queued = !running;
}

bool job_is_waiting(const op *call)
{
    const job_call *c = (const job_call *)call;
    return c->submits ? c->failures > 0 : c->queued;
}

/* For a queued job the time counts from the last start or end of any job. */
static uint64_t counts_from_ms(const job_call *c)
{
    return c->running || c->submits ? c->started_ms : MAX(c->started_ms, c->jobs->progress_ms);
}

static uint64_t taken_ms(const job_call *c)
{
    uint64_t from_ms = counts_from_ms(c), now = now_ms(c->jobs);
    return now > from_ms ? now - from_ms : 0;
}

bool job_call_is_overdue(const job_call *c)
{
    return c->limit_ms && taken_ms(c) >= c->limit_ms;
}

uint64_t job_call_left_ms(const job_call *c)
{
    uint64_t taken = taken_ms(c);
    if (!c->limit_ms)
        return UINT64_MAX;
    return taken < c->limit_ms ? c->limit_ms - taken : 1;
}

static bool set_busy_error(const detect_client *j, const err *why, err *e)
{
    char waited[32];
    format_duration(j->busy_wait_ms, waited, sizeof waited);
    return err_set(e, ERR_SERVER_DOWN,
                   "the detection server at %s was busy for %s (%s); wait until its queue is "
                   "shorter, or raise outage_wait",
                   j->shown_url, waited, why->message);
}

bool job_call_note_busy(job_call *c, bool busy, const err *why, err *e)
{
    detect_client *j = c->jobs;
    uint64_t now = now_ms(j);
    if (c->busy_ms) /* the server asked for this pause */
        c->started_ms += now - c->busy_ms;
    c->busy_ms = busy ? now : 0;
    if (!busy)
        return true;
    if (!j->busy_since_ms)
        j->busy_since_ms = now;
    return now - j->busy_since_ms < j->busy_wait_ms || set_busy_error(j, why, e);
}

bool job_call_may_go_on(job_call *c, bool was_down)
{
    uint64_t now = now_ms(c->jobs);
    if (was_down && !c->busy_ms)
        c->started_ms += now - c->stuck_ms;
    if (!c->overdue)
        return true;
    if (!was_down || c->renewed)
        return false;
    c->overdue = false;
    c->renewed = true;
    c->started_ms = now;
    return true;
}

void job_call_describe_limit(const job_call *c, err *e)
{
    char limit[32];
    AUTO_FREE char *shown = url_shown(c->url);
    format_duration(c->limit_ms, limit, sizeof limit);
    if (c->submits)
        err_set(e, ERR_JOB_LIMIT,
                "%s: not accepted within %s, though the detection server answers /health (%s); "
                "see the server's log",
                shown, limit, c->last.message);
    else if (c->failures)
        err_set(e, ERR_JOB_LIMIT,
                "%s: no status within %s, though the detection server answers /health (%s); see "
                "the server's log",
                shown, limit, c->last.message);
    else
        err_set(e, ERR_JOB_LIMIT,
                "job %s: %s, though the detection server answers /health: %s; see the server's "
                "log, or raise job_limit",
                c->job_id,
                c->running ? "is not done" : "was not started, and no other job made progress",
                limit);
}
