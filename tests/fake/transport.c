#include "base/util.h"
#include "tests/fake/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_TIME        UINT64_MAX
#define STEPS_MAX      100000
#define CHUNK_BYTES    ((size_t)64 * 1024)
#define START_WALL_S   1369353600 /* 2013-05-24T00:00:00Z */
#define START_CLOCK_MS 1000000    /* not 0: exposes code that treats 0 as "never" */

/* A call is sent, then answered (its reply is known and due at due_ms), then delivered and
 * freed. */
struct http_call {
    struct http_call *next;
    http_request request;
    size_t record;
    fake_reply *reply;                /* NULL until answered */
    uint64_t due_ms;                  /* of the reply; NO_TIME: never */
    uint64_t limit_ms;                /* the call's own limit; NO_TIME: none */
    bool delivering, cancelled, ours; /* ours: failed by the fake itself */
};

struct timer {
    struct timer *next;
    uint64_t due_ms, order;
    void (*fire)(void *ctx);
    void *ctx;
};

struct fake_transport {
    transport base;
    uint64_t now_ms;
    int64_t wall_offset_s; /* wall = offset + now */
    uint64_t random_value;
    bool random_fixed;
    http_call *calls; /* in the order sent */
    timer *timers;    /* by due_ms, then in the order started */
    uint64_t orders;
    fake_script script;
    fake_processes processes;
    fake_request **records;
    size_t record_count, calls_pending, calls_peak;
};

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

static void record_free(fake_request *record)
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

static http_call *send_called(transport *t, const http_request *request)
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

static void call_free(http_call *call)
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

static void cancel_called(transport *t, http_call *call)
{
    fake_transport *f = (fake_transport *)t;
    call_unlink(f, call);
    f->records[call->record]->cancelled = true;
    call->cancelled = true;
    if (!call->delivering) /* otherwise the delivery frees it */
        call_free(call);
}

static void call_answer(fake_transport *f, http_call *call)
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

static void call_deliver(fake_transport *f, http_call *call, bool limit_passed)
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
        call_free(call);
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
    call_free(call);
    request.on_done(request.ctx, &result);
}

/* --- timers and clock --- */

static timer *timer_start_called(transport *t, uint64_t delay_ms, void (*fire)(void *), void *ctx)
{
    fake_transport *f = (fake_transport *)t;
    timer *started = xcalloc(1, sizeof *started);
    *started =
        (timer){.due_ms = f->now_ms + delay_ms, .order = f->orders++, .fire = fire, .ctx = ctx};
    timer **link = &f->timers;
    while (*link && (*link)->due_ms <= started->due_ms)
        link = &(*link)->next;
    started->next = *link;
    *link = started;
    return started;
}

static void timer_stop_called(transport *t, timer *pending)
{
    fake_transport *f = (fake_transport *)t;
    timer **link = &f->timers;
    while (*link && *link != pending)
        link = &(*link)->next;
    if (!*link)
        fail_msg("timer_stop of a timer that has fired or was stopped");
    *link = pending->next;
    free(pending);
}

static void timer_fire_first(fake_transport *f)
{
    timer *first = f->timers;
    f->timers = first->next;
    void (*fire)(void *) = first->fire;
    void *ctx = first->ctx;
    free(first);
    fire(ctx);
}

static uint64_t now_called(transport *t)
{
    return ((fake_transport *)t)->now_ms;
}

static int64_t wall_called(transport *t)
{
    const fake_transport *f = (fake_transport *)t;
    return f->wall_offset_s + (int64_t)((f->now_ms - START_CLOCK_MS) / 1000);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t random_called(transport *t)
{
    fake_transport *f = (fake_transport *)t;
    if (f->random_fixed)
        return f->random_value;
    uint64_t z = f->random_value += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* --- running --- */

static uint64_t call_event_ms(const http_call *call)
{
    return MIN(call->due_ms, call->limit_ms);
}

static http_call *call_next(const fake_transport *f)
{
    http_call *next = NULL;
    for (http_call *call = f->calls; call; call = call->next)
        if (!call->delivering && call_event_ms(call) != NO_TIME &&
            (!next || call_event_ms(call) < call_event_ms(next)))
            next = call;
    return next;
}

static void answer_new(fake_transport *f)
{
    for (http_call *call = f->calls; call; call = call->next)
        if (!call->reply)
            call_answer(f, call);
}

static uint64_t next_event_ms(const fake_transport *f)
{
    const http_call *call = call_next(f);
    uint64_t call_ms = call ? call_event_ms(call) : NO_TIME;
    return MIN(call_ms, f->timers ? f->timers->due_ms : NO_TIME);
}

/* Runs one reply or timer that is due by `until_ms`, and advances the clock to it. */
static bool step(fake_transport *f, uint64_t until_ms)
{
    answer_new(f);
    uint64_t at_ms = next_event_ms(f);
    if (at_ms == NO_TIME || at_ms > until_ms)
        return false;
    f->now_ms = MAX(f->now_ms, at_ms);
    http_call *call = call_next(f);
    if (call && call_event_ms(call) <= at_ms)
        call_deliver(f, call, call->due_ms > call->limit_ms);
    else
        timer_fire_first(f);
    return true;
}

static void run_steps(fake_transport *f, uint64_t until_ms, const bool *done)
{
    for (unsigned steps = 0; !(done && *done); steps++) {
        if (steps == STEPS_MAX)
            fail_msg("the fake transport did not come to rest in %d steps", STEPS_MAX);
        if (!step(f, until_ms))
            return;
    }
}

void fake_run(fake_transport *f)
{
    run_steps(f, f->now_ms, NULL);
}

void fake_advance(fake_transport *f, uint64_t ms)
{
    uint64_t until_ms = f->now_ms + ms;
    run_steps(f, until_ms, NULL);
    f->now_ms = until_ms;
}

void fake_run_all(fake_transport *f)
{
    run_steps(f, NO_TIME - 1, NULL);
}

bool fake_run_until(fake_transport *f, const bool *done)
{
    run_steps(f, NO_TIME - 1, done);
    return *done;
}

/* --- making, settings, end --- */

static process *process_start_called(transport *t, const process_request *request)
{
    return fake_processes_start(&((fake_transport *)t)->processes, t, request);
}

static void process_cancel_called(transport *t, process *p)
{
    fake_processes_cancel(&((fake_transport *)t)->processes, t, p);
}

static const transport_ops fake_ops = {
    .send = send_called,
    .cancel = cancel_called,
    .timer_start = timer_start_called,
    .timer_stop = timer_stop_called,
    .now_ms = now_called,
    .wall_s = wall_called,
    .random = random_called,
    .process_start = process_start_called,
    .process_cancel = process_cancel_called,
};

fake_transport *fake_new(void)
{
    fake_transport *f = xcalloc(1, sizeof *f);
    f->base.ops = &fake_ops;
    f->now_ms = START_CLOCK_MS;
    f->random_value = 1;
    fake_set_wall(f, START_WALL_S);
    buf_init(&f->script.complaints, 4096);
    f->processes.complaints = &f->script.complaints;
    return f;
}

transport *fake_transport_base(fake_transport *f)
{
    return &f->base;
}

void fake_expect(fake_transport *f, const fake_rule *rule)
{
    script_append(&f->script.expected, rule);
}

void fake_when(fake_transport *f, const fake_rule *rule)
{
    script_append(&f->script.patterns, rule);
}

void fake_expect_process(fake_transport *f, const fake_process_rule *rule)
{
    fake_processes_expect(&f->processes, rule);
}

unsigned fake_processes_cancelled(const fake_transport *f)
{
    return f->processes.cancelled;
}

void fake_handle(fake_transport *f, fake_handler handler, void *ctx)
{
    f->script.handler = handler;
    f->script.handler_ctx = ctx;
}

void fake_set_wall(fake_transport *f, int64_t wall_s)
{
    f->wall_offset_s = wall_s - (int64_t)((f->now_ms - START_CLOCK_MS) / 1000);
}

void fake_set_random(fake_transport *f, uint64_t value)
{
    f->random_fixed = true;
    f->random_value = value;
}

void fake_set_random_seed(fake_transport *f, uint64_t seed)
{
    f->random_fixed = false;
    f->random_value = seed;
}

size_t fake_calls_pending(const fake_transport *f)
{
    return f->calls_pending;
}

size_t fake_calls_peak(const fake_transport *f)
{
    return f->calls_peak;
}

size_t fake_timers_pending(const fake_transport *f)
{
    size_t count = 0;
    for (const timer *t = f->timers; t; t = t->next)
        count++;
    return count;
}

uint64_t fake_next_ms(const fake_transport *f)
{
    for (const http_call *call = f->calls; call; call = call->next)
        if (!call->reply) /* waits for a scripted reply */
            return 0;
    uint64_t at_ms = next_event_ms(f);
    if (at_ms == NO_TIME)
        return NO_TIME;
    return at_ms > f->now_ms ? at_ms - f->now_ms : 0;
}

char *fake_complaints(const fake_transport *f)
{
    AUTO(buf) all = BUF(8192);
    buf_append_slice(&all, buf_slice(&f->script.complaints));
    for (const http_call *call = f->calls; call; call = call->next)
        buf_printf(&all, "\n  %s %s is still pending", f->records[call->record]->method,
                   f->records[call->record]->url);
    size_t timers = fake_timers_pending(f);
    if (timers)
        buf_printf(&all, "\n  %zu timers are still pending", timers);
    script_complain_of_rest(&f->script, &all);
    fake_processes_complain(&f->processes, &all);
    return all.len ? buf_give(&all) : NULL;
}

void fake_discard(fake_transport *f)
{
    if (!f)
        return;
    while (f->calls) {
        http_call *next = f->calls->next;
        call_free(f->calls);
        f->calls = next;
    }
    while (f->timers) {
        timer *next = f->timers->next;
        free(f->timers);
        f->timers = next;
    }
    script_deinit(&f->script);
    fake_processes_deinit(&f->processes);
    for (size_t i = 0; i < f->record_count; i++)
        record_free(f->records[i]);
    free(f->records);
    free(f);
}

void fake_free(fake_transport *f)
{
    char complaints[1024] = "";
    char *all = f ? fake_complaints(f) : NULL;
    if (all)
        snprintf(complaints, sizeof complaints, "%s", all);
    free(all);
    fake_discard(f);
    if (complaints[0])
        fail_msg("the scripted transport ended with:%s", complaints);
}
