/* Requests that were sent to the fake transport, and their replies. */
#include "base/util.h"
#include "tests/fake/transport_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#define CHUNK_BYTES ((size_t)64 * 1024)

/* --- records --- */

static slice read_body_file(const http_request *request)
{
    size_t size = (size_t)request->body_file_bytes, done = 0;
    char *data = xcalloc(1, size + 1);
    while (done < size) {
        ssize_t count = pread(request->body_fd, data + done, size - done,
                              (off_t)(request->body_file_offset + done));
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    return (slice){.data = data, .len = done};
}

static size_t record_add(fake_transport *f, const http_request *request)
{
    fake_request *record = xcalloc(1, sizeof *record);
    *record = (fake_request){
        .method = xstrdup(request->method),
        .url = xstrdup(request->url),
        .headers = script_copy_headers(request->headers, request->header_count),
        .header_count = request->header_count,
        .from_file = request->body_file_bytes > 0,
        .sent_ms = f->now_ms,
        .connect_timeout_ms = request->connect_timeout_ms,
        .stall_timeout_ms = request->stall_timeout_ms,
        .total_timeout_ms = request->total_timeout_ms,
        .no_proxy = request->no_proxy,
        .no_reuse = request->no_reuse,
    };
    record->body = record->from_file ? read_body_file(request) : script_copy_slice(request->body);
    f->records = xrealloc(f->records, (f->record_count + 1) * sizeof(fake_request *));
    f->records[f->record_count] = record;
    return f->record_count++;
}

void transport_free_record(fake_request *record)
{
    free((void *)(uintptr_t)record->method);
    free((void *)(uintptr_t)record->url);
    script_free_headers(record->headers, record->header_count);
    script_free_slice(record->body);
    free(record);
}

size_t fake_request_count(const fake_transport *f)
{
    return f->record_count;
}

const fake_request *fake_request_at(const fake_transport *f, size_t index)
{
    if (index >= f->record_count)
        fail_msg("request %zu was asked for, %zu were sent", index, f->record_count);
    return f->records[index];
}

const char *fake_request_header(const fake_request *r, const char *name)
{
    http_reply as_reply = {.headers = r->headers, .header_count = r->header_count};
    return http_reply_header(&as_reply, name);
}

/* --- calls --- */

static uint64_t limit_of(const fake_transport *f, const http_request *request)
{
    int first = request->total_timeout_ms;
    if (request->stall_timeout_ms > 0 && (first <= 0 || request->stall_timeout_ms < first))
        first = request->stall_timeout_ms;
    return first > 0 ? f->now_ms + (uint64_t)first : NO_TIME;
}

http_call *transport_send(transport *t, const http_request *request)
{
    fake_transport *f = (fake_transport *)t;
    http_call *call = xcalloc(1, sizeof *call);
    call->request = *request;
    call->record = record_add(f, request);
    call->due_ms = NO_TIME;
    call->limit_ms = limit_of(f, request);
    http_call **end = &f->calls;
    while (*end)
        end = &(*end)->next;
    *end = call;
    f->calls_pending++;
    f->calls_peak = MAX(f->calls_peak, f->calls_pending);
    return call;
}

void transport_free_call(http_call *call)
{
    if (call->reply) {
        script_free_reply(call->reply);
        free(call->reply);
    }
    free(call);
}

static void call_unlink(fake_transport *f, http_call *call)
{
    http_call **link = &f->calls;
    while (*link && *link != call)
        link = &(*link)->next;
    if (!*link)
        fail_msg("http_cancel of a call that is over");
    *link = call->next;
    f->calls_pending--;
}

void transport_cancel(transport *t, http_call *call)
{
    fake_transport *f = (fake_transport *)t;
    call_unlink(f, call);
    f->records[call->record]->cancelled = true;
    call->cancelled = true;
    if (!call->delivering) /* otherwise the delivery frees it */
        transport_free_call(call);
}

void transport_answer(fake_transport *f, http_call *call)
{
    const fake_request *request = f->records[call->record];
    call->reply = xcalloc(1, sizeof *call->reply);
    *call->reply = script_reply(&f->script, request, &call->ours);
    if (call->reply->status == 0 && call->reply->error == ERR_NONE)
        call->reply->status = 200;
    if (!str_equal(request->method, "HEAD"))
        script_add_content_length(call->reply);
    if (!call->reply->never)
        call->due_ms = f->now_ms + call->reply->delay_ms;
}

/* Passes on head and body; false when the call ended early (cancelled, or by a callback). */
static bool deliver_reply(http_call *call, const fake_reply *reply, http_result *result)
{
    const http_request *request = &call->request;
    http_reply head = {
        .status = reply->status, .headers = reply->headers, .header_count = reply->header_count};
    result->status = reply->status;
    result->first_byte = true;
    result->reused = reply->reused;
    if (request->on_head && !request->on_head(request->ctx, &head, &result->error))
        return false;
    bool has_body = !str_equal(request->method, "HEAD");
    size_t chunk = reply->chunk_bytes ? reply->chunk_bytes : CHUNK_BYTES;
    for (size_t at = 0; has_body && !call->cancelled && at < reply->body.len; at += chunk) {
        slice piece = {.data = reply->body.data + at, .len = MIN(chunk, reply->body.len - at)};
        result->body_bytes += piece.len;
        if (request->on_body && !request->on_body(request->ctx, piece, &result->error))
            return false;
    }
    return !call->cancelled;
}

static void set_scripted_error(const fake_transport *f, const http_call *call, err_code code,
                               err *e)
{
    const fake_request *record = f->records[call->record];
    size_t path_len = strcspn(record->url, "?");
    err_set(e, code, "%s %.*s: %s", record->method, (int)path_len, record->url,
            call->ours ? "the test did not expect this request" : err_code_words(code));
}

void transport_deliver(fake_transport *f, http_call *call, bool limit_passed)
{
    http_result result = {.ok = false};
    call->delivering = true;
    bool went_through = true;
    result.reused = call->reply && call->reply->reused;
    if (limit_passed)
        set_scripted_error(f, call, ERR_TIMEOUT, &result.error);
    else if (call->reply->status)
        went_through = deliver_reply(call, call->reply, &result);
    if (call->cancelled) {
        transport_free_call(call);
        return;
    }
    if (!went_through && !err_is_set(&result.error))
        err_set(&result.error, ERR_INTERNAL, "a callback refused the reply without an error");
    else if (went_through && !limit_passed && call->reply->error != ERR_NONE)
        set_scripted_error(f, call, call->reply->error, &result.error);
    result.ok = !err_is_set(&result.error);
    call_unlink(f, call);
    f->records[call->record]->done = true;
    http_request request = call->request;
    transport_free_call(call);
    request.on_done(request.ctx, &result);
}
