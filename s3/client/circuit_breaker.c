#include "s3/client/circuit_breaker.h"

#include "decon/base/log.h"
#include "base/util.h"

#define REMINDER_MS ((uint64_t)300 * 1000)
#define MINUTE_MS   ((uint64_t)60 * 1000)

/* After 1 s and then at twice the time of the last line: all requests in flight fail at once. */
static bool start_reminder_is_due(uint64_t spent_ms, uint64_t said_ms)
{
    return spent_ms >= 1000 && spent_ms >= 2 * said_ms;
}

bool s3_outage_wait_at_start(s3_outage *o, uint64_t now_ms, const err *e, uint64_t *left_ms)
{
    uint64_t limit_ms = e->http_status ? o->limit_ms : o->start_limit_ms;
    if (o->answered)
        return false;
    if (!o->on) {
        o->on = true;
        o->since_ms = o->said_ms = now_ms;
    }
    uint64_t spent_ms = now_ms - o->since_ms;
    if (spent_ms >= limit_ms)
        return false;
    *left_ms = limit_ms - spent_ms;
    if (o->start_tries++ == 0)
        log_warn("the store does not serve requests yet (%s); retrying for at most %llu s",
                 e->message, (unsigned long long)((limit_ms + 999) / 1000));
    else if (start_reminder_is_due(spent_ms, o->said_ms - o->since_ms)) {
        o->said_ms = now_ms;
        log_warn("the store does not serve requests yet, after %llu s (%s)",
                 (unsigned long long)(spent_ms / 1000), e->message);
    }
    return true;
}

bool s3_outage_wait(s3_outage *o, uint64_t now_ms, const err *e)
{
    if (!o->answered)
        return false;
    if (!o->on) {
        o->on = true;
        o->since_ms = o->said_ms = now_ms;
        log_warn("the store is unavailable (%s); pausing for at most %llu min", e->message,
                 (unsigned long long)(o->limit_ms / MINUTE_MS));
    }
    if (now_ms - o->since_ms >= o->limit_ms)
        return false;
    if (now_ms - o->said_ms >= REMINDER_MS) {
        o->said_ms = now_ms;
        log_warn("the store has been unavailable for %llu min (%s)",
                 (unsigned long long)((now_ms - o->since_ms) / MINUTE_MS), e->message);
    }
    return true;
}

void s3_outage_success(s3_outage *o, uint64_t now_ms)
{
    if (o->on)
        log_info("the store answers again, after %llu s",
                 (unsigned long long)((now_ms - o->since_ms) / 1000));
    o->on = false;
    o->answered = true;
    o->success_ms = now_ms;
}
