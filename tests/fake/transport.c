#include "base/util.h"
#include "tests/fake/transport_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#define STEPS_MAX      100000
#define START_WALL_S   1369353600 /* 2013-05-24T00:00:00Z */
#define START_CLOCK_MS 1000000    /* not 0: exposes code that treats 0 as "never" */

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
            transport_answer(f, call);
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
        transport_deliver(f, call, call->due_ms > call->limit_ms);
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
    .send = transport_send,
    .cancel = transport_cancel,
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
        transport_free_call(f->calls);
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
        transport_free_record(f->records[i]);
    free(f->records);
    free(f);
}

const char *fake_credentials(const char *name)
{
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "example-secret" : NULL;
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
