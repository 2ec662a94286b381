#include "orchestrator/jobs.h"

#include <jansson.h>

#include "base/log.h"
#include "base/options.h"

#define FIRST_POLL_MS     5
#define FIRST_PAUSE_MS    50
#define LONGEST_PAUSE_MS  5000
#define HEALTH_LIMIT_MS   5000
#define STATUS_LIMIT_MS   30000
#define SUBMIT_LIMIT_MS   60000
#define REPLY_MAX_BYTES   (1u << 20)
#define STILL_WAITING_MS  30000
#define FAILURES_PER_WARN 10
#define JOB_ID_MAX_BYTES  128

/* One request with its reply, and the timer before it is sent again. */
typedef struct exchange {
    http_request request;
    http_header headers[3];
    buf reply;
    bool replayed; /* the reply's header said so */
    http_call *call;
    timer *pause;
} exchange;

struct job_call {
    jobs *jobs;
    bool submits; /* else it follows */
    char *job_id; /* followed */
    char *file_path, *key;
    char *url, *body;
    exchange x;
    uint64_t poll_ms;  /* the next pause between two looks */
    uint64_t pause_ms; /* the next pause after trouble */
    unsigned failures;
    err last; /* the newest trouble */
    job_done on_done;
    void *ctx;
    job_call *next, *previous; /* all calls of `jobs` */
    bool stuck;                /* waits for the server's health */
};

struct jobs {
    transport *transport;
    char *url;
    uint64_t poll_interval_ms, server_wait_ms;
    job_call *calls;

    /* asking for health: one exchange for all who wait */
    exchange health;
    char *health_url;
    bool asking;
    bool down; /* it did not answer the last time */
    uint64_t down_since_ms, pause_ms, told_ms;

    /* jobs_wait_server */
    void (*on_ready)(void *ctx, const server_facts *facts, const err *error);
    void *ready_ctx;
    bool once;
};

/* --- one exchange --- */

static bool collect_head(void *ctx, const http_reply *reply, err *e)
{
    UNUSED(e);
    exchange *x = ctx;
    const char *replayed = http_reply_header(reply, "Idempotency-Replayed");
    x->replayed = replayed && str_equal(replayed, "true");
    return true;
}

static bool collect_body(exchange *x, slice data, err *e)
{
    return buf_append_slice(&x->reply, data) ||
           err_set(e, ERR_PARSE, "%s: a reply of more than %u bytes is not a detection server's",
                   x->request.url, REPLY_MAX_BYTES);
}

static void exchange_send(jobs *j, exchange *x)
{
    buf_clear(&x->reply);
    x->replayed = false;
    x->call = http_send(j->transport, &x->request);
}

static void exchange_stop(jobs *j, exchange *x)
{
    http_cancel(j->transport, move(x->call));
    timer_stop(j->transport, move(x->pause));
    buf_deinit(&x->reply);
}

/* Worth another try: no reply at all, or the server's own fault. */
static bool is_trouble(const http_result *r)
{
    return !r->ok ? r->error.cls == ERR_CLASS_RETRY
                  : r->status >= 500 || r->status == 408 || r->status == 429;
}

static void describe(const exchange *x, const http_result *r, err *e)
{
    if (!r->ok) {
        *e = r->error;
        err_context(e, "%s", x->request.url);
        return;
    }
    slice words = slice_trim(buf_slice(&x->reply));
    err_set(e, r->status >= 500 ? ERR_HTTP_SERVER : ERR_HTTP, "%s: HTTP status %d: %.*s",
            x->request.url, r->status, (int)MIN(words.len, (size_t)300), words.data);
    e->http_status = r->status;
}

static uint64_t jittered(jobs *j, uint64_t pause_ms)
{
    return pause_ms / 2 + transport_random(j->transport) % (pause_ms / 2 + 1);
}

/* --- calls: a list, and their end --- */

static void call_link(job_call *c)
{
    c->next = c->jobs->calls;
    if (c->next)
        c->next->previous = c;
    c->jobs->calls = c;
}

void job_cancel(job_call *c)
{
    if (!c)
        return;
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        c->jobs->calls = c->next;
    exchange_stop(c->jobs, &c->x);
    free(c->job_id);
    free(c->file_path);
    free(c->key);
    free(c->url);
    free(c->body);
    free(c);
}

static void call_end(job_call *c, const job_outcome *outcome, const err *error)
{
    job_done on_done = c->on_done;
    void *ctx = c->ctx;
    c->on_done = NULL;
    on_done(ctx, outcome, error);
    job_cancel(c); /* only now: outcome and error may point into it */
}

static void ask_health(jobs *j);

static void call_send(void *ctx)
{
    job_call *c = ctx;
    c->x.pause = NULL;
    exchange_send(c->jobs, &c->x);
}

/* The server, or the way to it, is in trouble: ask for its health before going on. */
static void call_stuck(job_call *c, const err *why)
{
    c->last = *why;
    c->stuck = true;
    if (++c->failures % FAILURES_PER_WARN == 0)
        log_warn("%s; tried %u times, going on while the server answers /health", why->message,
                 c->failures);
    ask_health(c->jobs);
}

static void call_resume(job_call *c)
{
    c->stuck = false;
    c->x.pause = timer_start(c->jobs->transport, jittered(c->jobs, c->pause_ms), call_send, c);
    c->pause_ms = MIN(c->pause_ms * 2, (uint64_t)LONGEST_PAUSE_MS);
}

/* --- replies --- */

static const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name)); /* NULL where it is no string */
}

static void poll_again(job_call *c)
{
    c->pause_ms = FIRST_PAUSE_MS;
    c->failures = 0;
    c->x.pause = timer_start(c->jobs->transport, c->poll_ms, call_send, c);
    c->poll_ms = MIN(c->poll_ms * 2, c->jobs->poll_interval_ms);
}

static bool is_job_id(const char *id)
{
    return id && id[0] && strlen(id) <= JOB_ID_MAX_BYTES &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") ==
               strlen(id);
}

static void fail_reply(job_call *c, err *e)
{
    slice words = buf_slice(&c->x.reply);
    err_set(e, ERR_PARSE, "%s: not the reply of a detection server: %.*s", c->url,
            (int)MIN(words.len, (size_t)200), words.len ? words.data : "");
    call_end(c, NULL, e);
}

static void on_submitted(job_call *c, const json_t *reply)
{
    err e = ERR_INIT;
    const char *id = text_at(reply, "job_id");
    if (is_job_id(id))
        call_end(c, &(job_outcome){.job_id = id, .replayed = c->x.replayed}, NULL);
    else
        fail_reply(c, &e);
}

static void on_status(job_call *c, const json_t *reply)
{
    err e = ERR_INIT;
    const char *status = text_at(reply, "status"), *words = text_at(reply, "error");
    if (str_equal(status, "pending") || str_equal(status, "processing")) {
        poll_again(c);
    } else if (str_equal(status, "completed")) {
        call_end(c,
                 &(job_outcome){.report_path = text_at(reply, "output_path"),
                                .cleaned_path = text_at(reply, "purified_path")},
                 NULL);
    } else if (str_equal(status, "failed")) {
        err_set(&e, ERR_JOB_FAILED, "the detection server failed the job: %s",
                words ? words : "it does not say why");
        call_end(c, NULL, &e);
    } else if (!status && words) {
        err_set(&e, ERR_JOB_FORGOTTEN, "the detection server does not know job %s any more: %s",
                c->job_id, words);
        call_end(c, NULL, &e);
    } else {
        fail_reply(c, &e);
    }
}

static void on_call_reply(void *ctx, const http_result *result)
{
    job_call *c = ctx;
    c->x.call = NULL;
    err e = ERR_INIT;
    if (is_trouble(result)) {
        describe(&c->x, result, &e);
        call_stuck(c, &e);
        return;
    }
    if (!c->submits && result->ok && result->status == 404) {
        err_set(&e, ERR_JOB_FORGOTTEN, "the detection server does not know job %s any more",
                c->job_id);
        call_end(c, NULL, &e);
        return;
    }
    if (!result->ok || result->status != 200) {
        describe(&c->x, result, &e);
        call_end(c, NULL, &e);
        return;
    }
    json_t *reply = json_loadb(buf_str(&c->x.reply), c->x.reply.len, 0, NULL);
    if (c->submits)
        on_submitted(c, reply);
    else
        on_status(c, reply);
    json_decref(reply);
}

/* --- health --- */

static void tell_ready(jobs *j, const server_facts *facts, const err *error)
{
    if (!j->on_ready)
        return;
    void (*on_ready)(void *, const server_facts *, const err *) = j->on_ready;
    j->on_ready = NULL;
    on_ready(j->ready_ctx, facts, error);
}

static bool read_facts(const json_t *reply, server_facts *out)
{
    if (!json_is_object(reply))
        return false;
    json_int_t workers = json_integer_value(json_object_get(reply, "worker_threads"));
    *out = (server_facts){.worker_threads = workers > 0 ? (unsigned)MIN(workers, 100000) : 0,
                          .purify = json_is_true(json_object_get(reply, "purify")),
                          .report_dir = text_at(reply, "report_output_dir"),
                          .cleaned_dir = text_at(reply, "cleaned_output_dir")};
    return true;
}

static void resume_all(jobs *j)
{
    for (job_call *c = j->calls; c; c = c->next)
        if (c->stuck)
            call_resume(c);
}

/* Its callback may end other calls, so the walk starts over after each. */
static bool end_one_stuck(jobs *j, const err *e)
{
    for (job_call *c = j->calls; c; c = c->next)
        if (c->stuck) {
            c->stuck = false;
            call_end(c, NULL, e);
            return true;
        }
    return false;
}

static void give_up(jobs *j, const err *why)
{
    err e = ERR_INIT;
    char waited[32];
    format_duration(j->server_wait_ms, waited, sizeof waited);
    err_set(&e, ERR_SERVER_DOWN,
            "the detection server at %s did not answer for %s (%s); start it, or set server_url",
            j->url, waited, why->message);
    tell_ready(j, NULL, &e);
    while (end_one_stuck(j, &e))
        ;
}

static void send_health(void *ctx)
{
    jobs *j = ctx;
    j->health.pause = NULL;
    exchange_send(j, &j->health);
}

static void tell_waiting(jobs *j, uint64_t now_ms, const err *why)
{
    if (j->told_ms && now_ms - j->told_ms < STILL_WAITING_MS)
        return;
    char most[32];
    format_duration(j->server_wait_ms, most, sizeof most);
    log_warn("waiting for the detection server at %s, for %s at most: %s", j->url, most,
             why->message);
    j->told_ms = now_ms ? now_ms : 1;
}

static void on_unhealthy(jobs *j, const err *why)
{
    uint64_t now_ms = clock_now_ms(j->transport);
    if (!j->down) {
        j->down = true;
        j->down_since_ms = now_ms;
        j->pause_ms = FIRST_PAUSE_MS;
        j->told_ms = 0;
    }
    if (j->once || now_ms - j->down_since_ms >= j->server_wait_ms) {
        j->asking = j->down = false;
        give_up(j, why);
        return;
    }
    tell_waiting(j, now_ms, why);
    j->health.pause = timer_start(j->transport, jittered(j, j->pause_ms), send_health, j);
    j->pause_ms = MIN(j->pause_ms * 2, (uint64_t)LONGEST_PAUSE_MS);
}

static void on_health_reply(void *ctx, const http_result *result)
{
    jobs *j = ctx;
    j->health.call = NULL;
    err e = ERR_INIT;
    server_facts facts;
    json_t *reply = json_loadb(buf_str(&j->health.reply), j->health.reply.len, 0, NULL);
    if (!result->ok || result->status != 200) {
        describe(&j->health, result, &e);
        on_unhealthy(j, &e);
    } else if (!read_facts(reply, &facts)) {
        err_set(&e, ERR_PARSE, "%s: the reply is no JSON object", j->health_url);
        on_unhealthy(j, &e);
    } else {
        j->asking = j->down = false;
        resume_all(j);
        tell_ready(j, &facts, NULL);
    }
    json_decref(reply);
}

static void ask_health(jobs *j)
{
    if (j->asking)
        return;
    j->asking = true;
    send_health(j);
}

static bool on_health_body(void *ctx, slice data, err *e)
{
    return collect_body(&((jobs *)ctx)->health, data, e);
}

/* --- the public face --- */

static char *without_slashes(const char *url)
{
    size_t len = strlen(url);
    while (len && url[len - 1] == '/')
        len--;
    return xstrndup(url, len);
}

jobs *jobs_new(transport *t, const jobs_options *options)
{
    jobs *j = xcalloc(1, sizeof *j);
    j->transport = t;
    j->url = without_slashes(options->server_url);
    j->health_url = xasprintf("%s/health", j->url);
    j->poll_interval_ms = options->poll_interval_ms;
    j->server_wait_ms = options->server_wait_ms;
    buf_init(&j->health.reply, REPLY_MAX_BYTES);
    j->health.request = (http_request){.method = "GET",
                                       .url = j->health_url,
                                       .body_fd = -1,
                                       .total_timeout_ms = HEALTH_LIMIT_MS,
                                       .no_proxy = true,
                                       .on_body = on_health_body,
                                       .on_done = on_health_reply,
                                       .ctx = j};
    return j;
}

void jobs_free(jobs *j)
{
    if (!j)
        return;
    while (j->calls)
        job_cancel(j->calls);
    exchange_stop(j, &j->health);
    free(j->url);
    free(j->health_url);
    free(j);
}

void jobs_wait_server(jobs *j, bool once,
                      void (*on_done)(void *ctx, const server_facts *facts, const err *error),
                      void *ctx)
{
    j->on_ready = on_done;
    j->ready_ctx = ctx;
    j->once = once;
    ask_health(j);
}

static bool on_call_head(void *ctx, const http_reply *reply, err *e)
{
    return collect_head(&((job_call *)ctx)->x, reply, e);
}

static bool on_call_body(void *ctx, slice data, err *e)
{
    return collect_body(&((job_call *)ctx)->x, data, e);
}

static job_call *call_new(jobs *j, bool submits, job_done on_done, void *ctx)
{
    job_call *c = xcalloc(1, sizeof *c);
    c->jobs = j;
    c->submits = submits;
    c->on_done = on_done;
    c->ctx = ctx;
    c->pause_ms = FIRST_PAUSE_MS;
    c->poll_ms = MIN((uint64_t)FIRST_POLL_MS, j->poll_interval_ms);
    buf_init(&c->x.reply, REPLY_MAX_BYTES);
    c->x.request = (http_request){.method = submits ? "POST" : "GET",
                                  .headers = c->x.headers,
                                  .body_fd = -1,
                                  .total_timeout_ms = submits ? SUBMIT_LIMIT_MS : STATUS_LIMIT_MS,
                                  .no_proxy = true,
                                  .on_head = on_call_head,
                                  .on_body = on_call_body,
                                  .on_done = on_call_reply,
                                  .ctx = c};
    call_link(c);
    return c;
}

job_call *job_submit(jobs *j, const char *file_path, const char *idempotency_key, job_done on_done,
                     void *ctx)
{
    job_call *c = call_new(j, true, on_done, ctx);
    c->key = xstrdup(idempotency_key);
    c->url = xasprintf("%s/submit", j->url);
    json_t *body = json_pack("{s:s}", "file_path", file_path);
    c->body = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    c->x.headers[0] = (http_header){"Content-Type", "application/json"};
    c->x.headers[1] = (http_header){"Idempotency-Key", c->key};
    c->x.request.header_count = 2;
    c->x.request.url = c->url;
    c->x.request.body = slice_from(c->body);
    exchange_send(j, &c->x);
    return c;
}

job_call *job_follow(jobs *j, const char *job_id, job_done on_done, void *ctx)
{
    job_call *c = call_new(j, false, on_done, ctx);
    c->job_id = xstrdup(job_id);
    c->url = xasprintf("%s/status/%s", j->url, job_id);
    c->x.request.url = c->url;
    poll_again(c);
    return c;
}
