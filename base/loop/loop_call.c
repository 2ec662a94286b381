/* The states of a request.
 *
 *   state    entered by           left for
 *   queued   http_send            active, when a handle is free and the concurrency limit allows it
 *                                 (loop_concurrency.h), first come, first served; requests to local
 *                                 services (no_proxy) are few and short and ignore the limit
 *   active   loop_calls_start     ending, when curl reports that it is done
 *   ending   loop_calls_collect   gone: on_done is called, with the call already freed
 *
 * http_cancel removes a call in any state. Inside curl's callbacks curl's functions may not be
 * called, and in `ending` the call's own on_body may be running: there the call is only marked, its
 * callbacks are no longer called, and it is removed when the callback has returned.
 */
#include "base/util.h"
#include "base/loop/loop_private.h"

static easy *easy_take(loop *l)
{
    easy *h = l->free_easies;
    if (!h)
        return easy_new();
    l->free_easies = h->next;
    return h;
}

static void easy_give(loop *l, easy *h)
{
    easy_clear(h);
    h->next = l->free_easies;
    l->free_easies = h;
}

http_call *loop_call_send(transport *t, const http_request *request)
{
    loop *l = (loop *)t;
    http_call *call = xcalloc(1, sizeof *call);
    call->loop = l;
    call->request = *request;
    call->state = CALL_QUEUED;
    buf_init(&call->head, REPLY_HEAD_BYTES);
    list_append(&l->queued, &call->link);
    return call;
}

/* Removes a call that is in no callback from its list and from curl. */
static void call_drop(http_call *call)
{
    loop *l = call->loop;
    list_remove(call->state == CALL_QUEUED ? &l->queued : &l->active, &call->link);
    if (call->state != CALL_QUEUED && call->request.no_proxy)
        l->active_local--;
    if (call->easy) {
        curl_multi_remove_handle(l->multi, call->easy->curl); /* allowed if it was never added */
        easy_give(l, call->easy);
    }
    buf_deinit(&call->head);
    free(call->shown);
    free(call);
}

void loop_call_cancel(transport *t, http_call *call)
{
    loop *l = (loop *)t;
    if (call->state == CALL_QUEUED || (call->state == CALL_ACTIVE && !l->in_curl)) {
        call_drop(call);
        return;
    }
    call->cancelled = true;
    l->any_cancelled = true;
}

void loop_calls_drop_cancelled(loop *l)
{
    if (!l->any_cancelled)
        return;
    l->any_cancelled = false;
    LIST_EACH (call, &l->active, http_call, link)
        if (call->cancelled && call->state == CALL_ACTIVE)
            call_drop(call);
}

static bool connection_reused(const http_call *call)
{
    long new_connections = 0;
    curl_off_t ready_us = 0; /* time until the request could be sent */
    curl_easy_getinfo(call->easy->curl, CURLINFO_NUM_CONNECTS, &new_connections);
    curl_easy_getinfo(call->easy->curl, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
    return new_connections == 0 && ready_us > 0;
}

void loop_call_end(http_call *call, CURLcode code)
{
    call->state = CALL_ENDING;
    /* Bytes received before the connection broke are delivered too. */
    bool refused = err_is_set(&call->error) || !easy_flush(call);
    http_result result = {.status = call->status >= 200 ? call->status : 0,
                          .body_bytes = call->body_bytes,
                          .reused = connection_reused(call),
                          .first_byte = call->first_byte,
                          .repeated = call->times_sent > 1};
    if (refused)
        result.error = call->error;
    else if (code != CURLE_OK)
        easy_error(call, code, &result.error);
    result.ok = !err_is_set(&result.error);
    result.error.http_status = result.status;
    bool cancelled = call->cancelled;
    http_request request = call->request;
    call_drop(call);
    if (!cancelled)
        request.on_done(request.ctx, &result);
}

/* False: it ended at once, with an error. */
static bool call_start(http_call *call)
{
    loop *l = call->loop;
    list_remove(&l->queued, &call->link);
    list_append(&l->active, &call->link);
    if (call->request.no_proxy)
        l->active_local++;
    call->state = CALL_ACTIVE;
    call->shown = easy_shown_name(&call->request);
    call->easy = easy_take(l);
    if (easy_prepare(call, &call->error)) {
        CURLMcode added = curl_multi_add_handle(l->multi, call->easy->curl);
        if (added == CURLM_OK) {
            loop_flow_started(call);
            return true;
        }
        err_set(&call->error, ERR_INTERNAL, "%s: %s", call->shown, curl_multi_strerror(added));
    }
    loop_call_end(call, CURLE_OK);
    return false;
}

static bool has_handle(const loop *l)
{
    return l->active.count < l->options.max_connections;
}

static http_call *next_to_start(const loop *l)
{
    bool room = l->active.count - l->active_local < l->concurrency.calls;
    http_call *call = has_handle(l) ? LIST_FIRST(&l->queued, http_call, link) : NULL;
    while (call && !room && !call->request.no_proxy)
        call = LIST_NEXT(call, http_call, link);
    return call;
}

bool loop_calls_start(loop *l)
{
    bool ended = false;
    http_call *call;
    /* Calls that on_done adds wait for the next round. */
    for (size_t left = l->queued.count; left > 0 && (call = next_to_start(l)); left--)
        ended |= !call_start(call);
    return ended;
}

bool loop_calls_held_back(const loop *l)
{
    return l->queued.first && has_handle(l);
}

void loop_calls_curl(loop *l, curl_socket_t fd, int events)
{
    int running = 0;
    l->in_curl = true;
    curl_multi_socket_action(l->multi, fd, events, &running);
    l->in_curl = false;
    loop_calls_drop_cancelled(l);
}

void loop_calls_collect(loop *l)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(l->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        http_call *call = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        loop_call_end(call, code);
    }
}

void loop_calls_free(loop *l)
{
    LIST_EACH (queued, &l->queued, http_call, link)
        call_drop(queued);
    LIST_EACH (active, &l->active, http_call, link)
        call_drop(active);
    while (l->free_easies) {
        easy *h = l->free_easies;
        l->free_easies = h->next;
        easy_free(h);
    }
}
