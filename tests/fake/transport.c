#include "tests/fake/transport.h"

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
#define START_CLOCK_MS 1000000    /* not 0: code that takes 0 for "never" must show up */

/* One call goes sent -> answered (its reply is known, due at due_ms) -> delivered and freed. */
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

typedef struct rule_node {
    struct rule_node *next;
    fake_rule rule;
    unsigned used;
} rule_node;

struct fake_transport {
    transport base;
    uint64_t now_ms;
    int64_t wall_offset_s; /* wall = offset + now */
    uint64_t random_value;
    bool random_fixed;
    http_call *calls; /* in the order sent */
    timer *timers;    /* by due_ms, then in the order started */
    uint64_t orders;
    rule_node *expected, *patterns;
    fake_handler handler;
    void *handler_ctx;
    fake_request **records;
    size_t record_count, calls_pending, calls_peak;
    buf complaints;
};

/* --- copies --- */

static char *copy_text(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

static http_header *copy_headers(const http_header *from, size_t count)
{
    http_header *to = xcalloc(count + 1, sizeof *to); /* one more: room for Content-Length */
    for (size_t i = 0; i < count; i++)
        to[i] = (http_header){.name = xstrdup(from[i].name), .value = copy_text(from[i].value)};
    return to;
}

static void free_headers(const http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)headers[i].name);
        free((void *)(uintptr_t)headers[i].value);
    }
    free((void *)(uintptr_t)headers);
}

static slice copy_slice(slice s)
{
    return s.len ? (slice){.data = slice_dup(s), .len = s.len} : (slice){0};
}

static void free_slice(slice s)
{
    free((void *)(uintptr_t)s.data);
}

static fake_reply copy_reply(const fake_reply *from)
{
    fake_reply to = *from;
    to.headers = copy_headers(from->headers, from->header_count);
    to.body = copy_slice(from->body);
    return to;
}

static void free_reply(const fake_reply *reply)
{
    free_headers(reply->headers, reply->header_count);
    free_slice(reply->body);
}

static rule_node *rule_new(const fake_rule *rule)
{
    rule_node *node = xcalloc(1, sizeof *node);
    node->rule = *rule;
    node->rule.method = copy_text(rule->method);
    node->rule.url = copy_text(rule->url);
    node->rule.url_has = copy_text(rule->url_has);
    node->rule.body_has = copy_text(rule->body_has);
    node->rule.headers = copy_headers(rule->headers, rule->header_count);
    node->rule.reply = copy_reply(&rule->reply);
    return node;
}

static void rule_free(rule_node *node)
{
    free((void *)(uintptr_t)node->rule.method);
    free((void *)(uintptr_t)node->rule.url);
    free((void *)(uintptr_t)node->rule.url_has);
    free((void *)(uintptr_t)node->rule.body_has);
    free_headers(node->rule.headers, node->rule.header_count);
    free_reply(&node->rule.reply);
    free(node);
}

static void rules_free(rule_node *first)
{
    while (first) {
        rule_node *next = first->next;
        rule_free(first);
        first = next;
    }
}

static void rules_append(rule_node **list, const fake_rule *rule)
{
    while (*list)
        list = &(*list)->next;
    *list = rule_new(rule);
}

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
        .headers = copy_headers(request->headers, request->header_count),
        .header_count = request->header_count,
        .from_file = request->body_file_bytes > 0,
        .sent_ms = f->now_ms,
        .connect_timeout_ms = request->connect_timeout_ms,
        .stall_timeout_ms = request->stall_timeout_ms,
        .total_timeout_ms = request->total_timeout_ms,
        .no_proxy = request->no_proxy,
        .no_reuse = request->no_reuse,
    };
    record->body = record->from_file ? read_body_file(request) : copy_slice(request->body);
    f->records = xrealloc(f->records, (f->record_count + 1) * sizeof(fake_request *));
    f->records[f->record_count] = record;
    return f->record_count++;
}

static void record_free(fake_request *record)
{
    free((void *)(uintptr_t)record->method);
    free((void *)(uintptr_t)record->url);
    free_headers(record->headers, record->header_count);
    free_slice(record->body);
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
        free_reply(call->reply);
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
    if (!call->delivering) /* else the delivery frees it */
        call_free(call);
}

static bool rule_fits(const fake_rule *rule, const fake_request *request)
{
    if ((rule->method && !str_equal(rule->method, request->method)) ||
        (rule->url && !str_equal(rule->url, request->url)) ||
        (rule->url_has && !strstr(request->url, rule->url_has)))
        return false;
    if (rule->body_has && (!request->body.len || !memmem(request->body.data, request->body.len,
                                                         rule->body_has, strlen(rule->body_has))))
        return false;
    for (size_t i = 0; i < rule->header_count; i++) {
        const char *value = fake_request_header(request, rule->headers[i].name);
        if (!value || (rule->headers[i].value && !str_equal(value, rule->headers[i].value)))
            return false;
    }
    return true;
}

static const fake_reply *reply_of_patterns(fake_transport *f, const fake_request *request)
{
    for (rule_node *node = f->patterns; node; node = node->next) {
        bool used_up = node->rule.times && node->used >= node->rule.times;
        if (!used_up && rule_fits(&node->rule, request)) {
            node->used++;
            return &node->rule.reply;
        }
    }
    return NULL;
}

/* The head of the strict queue; a mismatch is a complaint and leaves the queue as it is. */
static rule_node *expected_head(fake_transport *f, const fake_request *request)
{
    rule_node *head = f->expected;
    if (!head || rule_fits(&head->rule, request))
        return head;
    buf_printf(&f->complaints, "\n  %s %s came where %s %s was expected", request->method,
               request->url, head->rule.method ? head->rule.method : "any method",
               head->rule.url       ? head->rule.url
               : head->rule.url_has ? head->rule.url_has
                                    : "any URL");
    return NULL;
}

static fake_reply reply_of_expected(fake_transport *f, rule_node *head)
{
    if (++head->used < head->rule.times)
        return copy_reply(&head->rule.reply);
    fake_reply reply = copy_reply(&head->rule.reply);
    f->expected = head->next;
    rule_free(head);
    return reply;
}

static fake_reply reply_find(fake_transport *f, const fake_request *request, bool *ours)
{
    const fake_reply *pattern = reply_of_patterns(f, request);
    if (pattern)
        return copy_reply(pattern);
    bool strict = f->expected != NULL;
    rule_node *head = expected_head(f, request);
    if (head)
        return reply_of_expected(f, head);
    if (!strict && f->handler) {
        fake_reply reply = {0};
        f->handler(f->handler_ctx, request, &reply);
        return copy_reply(&reply);
    }
    if (!strict)
        buf_printf(&f->complaints, "\n  %s %s was not expected", request->method, request->url);
    *ours = true;
    return copy_reply(&(fake_reply){.error = ERR_INTERNAL});
}

static void add_content_length(fake_reply *reply)
{
    http_reply as_reply = {.headers = reply->headers, .header_count = reply->header_count};
    if (http_reply_header(&as_reply, "Content-Length"))
        return;
    http_header *headers = (http_header *)(uintptr_t)reply->headers; /* has room for one more */
    headers[reply->header_count++] = (http_header){.name = xstrdup("Content-Length"),
                                                   .value = xasprintf("%zu", reply->body.len)};
}

static void call_answer(fake_transport *f, http_call *call)
{
    const fake_request *request = f->records[call->record];
    call->reply = xcalloc(1, sizeof *call->reply);
    *call->reply = reply_find(f, request, &call->ours);
    if (call->reply->status == 0 && call->reply->error == ERR_NONE)
        call->reply->status = 200;
    if (!str_equal(request->method, "HEAD") && call->reply->status >= 200 &&
        call->reply->status != 204 && call->reply->status != 304)
        add_content_length(call->reply);
    if (!call->reply->never)
        call->due_ms = f->now_ms + call->reply->delay_ms;
}

/* Hands over head and body; false when the call ended early (cancelled, or a callback said so). */
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

/* One reply or timer that is due at `until_ms` at the latest; the clock goes there. */
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

static const transport_ops fake_ops = {
    .send = send_called,
    .cancel = cancel_called,
    .timer_start = timer_start_called,
    .timer_stop = timer_stop_called,
    .now_ms = now_called,
    .wall_s = wall_called,
    .random = random_called,
};

fake_transport *fake_new(void)
{
    fake_transport *f = xcalloc(1, sizeof *f);
    f->base.ops = &fake_ops;
    f->now_ms = START_CLOCK_MS;
    f->random_value = 1;
    fake_set_wall(f, START_WALL_S);
    buf_init(&f->complaints, 4096);
    return f;
}

transport *fake_transport_base(fake_transport *f)
{
    return &f->base;
}

void fake_expect(fake_transport *f, const fake_rule *rule)
{
    rules_append(&f->expected, rule);
}

void fake_when(fake_transport *f, const fake_rule *rule)
{
    rules_append(&f->patterns, rule);
}

void fake_handle(fake_transport *f, fake_handler handler, void *ctx)
{
    f->handler = handler;
    f->handler_ctx = ctx;
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
        if (!call->reply) /* waits for the script */
            return 0;
    uint64_t at_ms = next_event_ms(f);
    if (at_ms == NO_TIME)
        return NO_TIME;
    return at_ms > f->now_ms ? at_ms - f->now_ms : 0;
}

static void complain_of_rest(fake_transport *f)
{
    for (const http_call *call = f->calls; call; call = call->next)
        buf_printf(&f->complaints, "\n  %s %s is still pending", f->records[call->record]->method,
                   f->records[call->record]->url);
    size_t timers = fake_timers_pending(f);
    if (timers)
        buf_printf(&f->complaints, "\n  %zu timers are still pending", timers);
    for (const rule_node *node = f->expected; node; node = node->next)
        buf_printf(&f->complaints, "\n  %s %s was expected and did not come",
                   node->rule.method ? node->rule.method : "any method",
                   node->rule.url       ? node->rule.url
                   : node->rule.url_has ? node->rule.url_has
                                        : "any URL");
}

static void free_all(fake_transport *f)
{
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
    rules_free(f->expected);
    rules_free(f->patterns);
    for (size_t i = 0; i < f->record_count; i++)
        record_free(f->records[i]);
    free(f->records);
    buf_deinit(&f->complaints);
    free(f);
}

void fake_free(fake_transport *f)
{
    if (!f)
        return;
    complain_of_rest(f);
    char complaints[1024];
    snprintf(complaints, sizeof complaints, "%s", buf_str(&f->complaints));
    free_all(f);
    if (complaints[0])
        fail_msg("the scripted transport ended with:%s", complaints);
}
