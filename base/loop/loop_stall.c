/* Bandwidth limit and stall detection.
 *
 * A call that the limit holds back is paused in curl; when tokens are available again, the calls
 * that have waited longest are resumed first. Paused calls and calls that are still connecting,
 * which have their own time limit, do not count as stalled.
 */
#include "base/util.h"
#include "base/loop/loop_private.h"

static bool is_limited(const http_call *call)
{
    return !call->request.no_proxy; /* the limit is for the network, not for local services */
}

bool loop_flow_may(http_call *call, flow_direction direction)
{
    loop *l = call->loop;
    if (!is_limited(call) || loop_rate_limit_may(&l->rate_limits[direction], loop_clock_ms()))
        return true;
    if (!call->paused_order)
        call->paused_order = ++l->pauses;
    call->paused[direction] = true;
    l->flow_due_ms = MIN(l->flow_due_ms, l->rate_limits[direction].filled_ms +
                                             loop_rate_limit_wait_ms(&l->rate_limits[direction]));
    return false;
}

void loop_flow_alive(http_call *call, uint64_t bytes)
{
    call->moved_ms = loop_clock_ms();
    call->window_bytes += bytes;
}

/* The time before this call does not count. */
static void restart_watch(http_call *call, uint64_t now_ms)
{
    call->moved_ms = call->window_ms = now_ms;
    call->window_bytes = 0;
}

void loop_flow_moved(http_call *call, flow_direction direction, uint64_t bytes)
{
    loop_flow_alive(call, bytes);
    if (is_limited(call))
        loop_rate_limit_take(&call->loop->rate_limits[direction], bytes);
}

/* --- resuming --- */

/* The call that has waited longest among those that may continue. */
static http_call *next_to_resume(loop *l)
{
    uint64_t now_ms = loop_clock_ms();
    bool may[FLOW_DIRECTIONS];
    http_call *first = NULL;
    for (int d = 0; d < FLOW_DIRECTIONS; d++)
        may[d] = loop_rate_limit_may(&l->rate_limits[d], now_ms);
    LIST_EACH (call, &l->active, http_call, link) {
        bool ready = (call->paused[FLOW_RECEIVE] && may[FLOW_RECEIVE]) ||
                     (call->paused[FLOW_SEND] && may[FLOW_SEND]);
        if (ready && !call->cancelled && (!first || call->paused_order < first->paused_order))
            first = call;
    }
    return first;
}

static void resume(loop *l, http_call *call)
{
    call->paused[FLOW_RECEIVE] = call->paused[FLOW_SEND] = false;
    call->paused_order = 0;
    restart_watch(call, loop_clock_ms());
    l->in_curl = true; /* curl delivers bytes that it has kept within this call */
    curl_easy_pause(call->easy->curl, CURLPAUSE_CONT);
    l->in_curl = false;
    loop_calls_drop_cancelled(l);
}

/* --- stalls --- */

static bool can_stall(const http_call *call)
{
    return call->request.stall_timeout_ms > 0 && !call->paused_order && call->state == CALL_ACTIVE;
}

static bool is_connected(const http_call *call)
{
    curl_off_t ready_us = 0;
    curl_easy_getinfo(call->easy->curl, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
    return ready_us > 0;
}

/* The earliest time at which the call may count as stalled: no byte, or less than one byte a
 * second, over the whole limit. */
static uint64_t stall_due_ms(const http_call *call)
{
    if (!can_stall(call))
        return UINT64_MAX;
    return MIN(call->moved_ms, call->window_ms) + (uint64_t)call->request.stall_timeout_ms;
}

static bool has_stalled(const http_call *call, uint64_t now_ms)
{
    uint64_t limit_ms = (uint64_t)call->request.stall_timeout_ms;
    return now_ms - call->moved_ms >= limit_ms ||
           (now_ms - call->window_ms >= limit_ms && call->window_bytes * 1000 < limit_ms);
}

static void end_stalled(loop *l)
{
    uint64_t now_ms = loop_clock_ms();
    for (http_call *call = LIST_FIRST(&l->active, http_call, link), *next; call; call = next) {
        next = LIST_NEXT(call, http_call, link);
        if (stall_due_ms(call) > now_ms)
            continue;
        if (!is_connected(call)) {
            restart_watch(call, now_ms);
            continue;
        }
        if (!has_stalled(call, now_ms)) {
            call->window_ms = now_ms;
            call->window_bytes = 0;
            continue;
        }
        call->stalled = true;
        loop_call_end(call, CURLE_OPERATION_TIMEDOUT);
        next = LIST_FIRST(&l->active, http_call, link); /* its on_done may have ended others */
    }
}

/* --- called by loop.c --- */

void loop_flow_started(http_call *call)
{
    restart_watch(call, loop_clock_ms());
    call->loop->flow_due_ms = MIN(call->loop->flow_due_ms, stall_due_ms(call));
}

static uint64_t due_ms(const loop *l, const http_call *call)
{
    uint64_t due = stall_due_ms(call);
    for (int d = 0; d < FLOW_DIRECTIONS; d++)
        if (call->paused[d])
            due =
                MIN(due, l->rate_limits[d].filled_ms + loop_rate_limit_wait_ms(&l->rate_limits[d]));
    return due;
}

void loop_flow_run(loop *l)
{
    if (loop_clock_ms() < l->flow_due_ms)
        return;
    for (http_call *call; (call = next_to_resume(l));)
        resume(l, call);
    end_stalled(l);
    l->flow_due_ms = UINT64_MAX;
    LIST_EACH (call, &l->active, http_call, link)
        l->flow_due_ms = MIN(l->flow_due_ms, due_ms(l, call));
}
