/* Submission and polling of jobs. */
#include "base/json/json_write.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/detect/detect_client_private.h"
#include "orchestrator/fleet/settings_record.h"

#define STATUS_LIMIT_MS      30000
#define SUBMIT_LIMIT_MS      60000
#define FAILURES_BEFORE_WARN 10
#define WARN_EVERY_MS        60000
#define BUSY_PAUSE_MAX_S     30
#define JOB_ID_MAX_BYTES     128
#define SUBMIT_MAX_BYTES     ((size_t)1 << 20)

/* --- a call, and its end --- */

static void call_stop(op *o)
{
    job_call *c = (job_call *)o;
    detect_exchange_stop(c->jobs, &c->x);
}

static void call_free(op *o)
{
    job_call *c = (job_call *)o;
    char *strings[] = {c->job_id,       c->file_path,    c->key,         c->url,
                       c->body,         c->found_job_id, c->report_path, c->near_path,
                       c->cleaned_path, c->fingerprint};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(c);
}

static void call_report(op *o, const err *error)
{
    job_call *c = (job_call *)o;
    c->on_done(c->op.ctx, error ? NULL : &c->outcome, error);
}

static const op_kind call_kind = {.stop = call_stop, .free = call_free, .report = call_report};

void job_call_end(job_call *c, const job_outcome *outcome, const err *error)
{
    if (outcome) {
        c->outcome = *outcome;
        c->outcome.job_id = c->found_job_id = xstrdup_or_null(outcome->job_id);
        c->outcome.report_path = c->report_path = xstrdup_or_null(outcome->report_path);
        c->outcome.near_path = c->near_path = xstrdup_or_null(outcome->near_path);
        c->outcome.cleaned_path = c->cleaned_path = xstrdup_or_null(outcome->cleaned_path);
        c->outcome.fingerprint = c->fingerprint = xstrdup_or_null(outcome->fingerprint);
    }
    op_finish(&c->op, error);
}

static void call_send(void *ctx)
{
    job_call *c = ctx;
    c->x.pause = NULL;
    detect_exchange_send(c->jobs, &c->x);
}

/* The call continues or ends when the server answers /health or does not. */
static void await_health(job_call *c)
{
    c->stuck = true;
    c->stuck_ms = clock_now_ms(c->jobs->transport);
    detect_client_ask_health(c->jobs);
}

/* At most one line per minute for all calls: a request that reached its time limit, a busy server,
 * or many failures. */
static void warn_of_trouble(const job_call *c, const err *why)
{
    detect_client *j = c->jobs;
    uint64_t now_ms = clock_now_ms(j->transport);
    bool counts = c->busy_ms || why->code == ERR_TIMEOUT || c->failures >= FAILURES_BEFORE_WARN;
    if (!counts || (j->warned_ms && now_ms - j->warned_ms < WARN_EVERY_MS))
        return;
    j->warned_ms = now_ms;
    log_warn("%s; tried %u times, retrying while the server answers /health", why->message,
             c->failures);
}

/* The server or the connection failed: request its health before the next attempt. */
static void call_stuck(job_call *c, const err *why)
{
    c->last = *why;
    c->failures++;
    c->overdue = !c->busy_ms && job_call_is_overdue(c);
    warn_of_trouble(c, why);
    await_health(c);
}

static void read_reply(void *ctx);

static void fail_overdue(void *ctx)
{
    job_call *c = ctx;
    c->x.pause = NULL;
    err e = ERR_INIT;
    job_call_describe_limit(c, &e);
    job_call_end(c, NULL, &e);
}

/* Pause before the request is sent again. A busy server states it. */
static uint64_t next_pause_ms(job_call *c)
{
    uint64_t asked_ms = c->busy_ms ? MIN(c->x.retry_after_s, BUSY_PAUSE_MAX_S) * 1000 : 0;
    uint64_t pause_ms = MAX(asked_ms, detect_client_jittered_ms(c->jobs, c->pause_ms));
    c->pause_ms = MIN(c->pause_ms * 2, (uint64_t)JOBS_LONGEST_PAUSE_MS);
    return pause_ms;
}

void job_call_resume(job_call *c, bool was_down)
{
    transport *t = c->jobs->transport;
    c->stuck = false;
    if (c->held) /* deferred: its end may end other calls */
        c->x.pause = timer_start(t, 0, read_reply, c);
    else if (!job_call_may_go_on(c, was_down))
        c->x.pause = timer_start(t, 0, fail_overdue, c);
    else
        c->x.pause = timer_start(t, next_pause_ms(c), call_send, c);
}

/* --- replies --- */

static void poll_again(job_call *c)
{
    c->pause_ms = JOBS_FIRST_PAUSE_MS;
    c->failures = 0;
    c->x.pause = timer_start(c->jobs->transport, job_call_next_poll_ms(c), call_send, c);
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
    AUTO_FREE char *shown = url_shown(c->url);
    err_set(e, ERR_PARSE, "%s: not the reply of a detection server: %.*s", shown,
            (int)MIN(words.len, (size_t)200), words.len ? words.data : "");
    job_call_end(c, NULL, e);
}

static void on_submitted(job_call *c)
{
    static const char *const key = "job_id";
    json_value value;
    err e = ERR_INIT;
    char *id = NULL;
    detect_client_note_accepted(c->jobs);
    if (exchange_read(&c->x, &key, &value, 1) && reply_string(&value, &id) && is_job_id(id))
        job_call_end(c, &(job_outcome){.job_id = id, .replayed = c->x.replayed}, NULL);
    else
        fail_reply(c, &e);
    free(id);
}

typedef struct status_reply {
    char *status, *report_path, *near_path, *cleaned_path, *words, *fingerprint, *error_code;
    uint64_t unread_lines;
    bool process_ended;
} status_reply;

static void status_reply_deinit(status_reply *r)
{
    char *texts[] = {r->status, r->report_path, r->near_path, r->cleaned_path,
                     r->words,  r->fingerprint, r->error_code};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
}
DEFINE_AUTO(status_reply, status_reply_deinit)

static bool read_status(const exchange *x, status_reply *out)
{
    static const char *const keys[] = {"status",        "output_path",  "purified_path",
                                       "error",         "unread_lines", "fingerprint",
                                       "process_ended", "error_code",   "near_path"};
    json_value values[ARRAY_LEN(keys)];
    if (!exchange_read(x, keys, values, ARRAY_LEN(keys)))
        return false;
    out->words = reply_words(&values[3]);
    if (!json_unsigned(&values[4], &out->unread_lines))
        out->unread_lines = 0;
    out->process_ended = values[6].type == JSON_BOOL && json_is_true(&values[6]);
    return reply_string(&values[0], &out->status) && reply_string(&values[1], &out->report_path) &&
           reply_string(&values[2], &out->cleaned_path) &&
           reply_string(&values[5], &out->fingerprint) &&
           reply_string(&values[7], &out->error_code) && reply_string(&values[8], &out->near_path);
}

static bool is_known(const detect_client *j, const char *path)
{
    return !path || !j->knows_path || j->knows_path(j->ctx, path);
}

/* True: the reply is read again after /health was answered. */
static bool hold(job_call *c)
{
    if (c->held || !c->jobs->knows_path)
        return false;
    c->held = true;
    await_health(c);
    return true;
}

static void on_forgotten(job_call *c, const char *words)
{
    err e = ERR_INIT;
    if (hold(c))
        return;
    err_set(&e, ERR_JOB_FORGOTTEN, "the detection server no longer knows job %s%s%s", c->job_id,
            words ? ": " : "", words ? words : "");
    job_call_end(c, NULL, &e);
}

static void on_completed(job_call *c, const status_reply *r)
{
    bool known = is_known(c->jobs, r->report_path) && is_known(c->jobs, r->near_path) &&
                 is_known(c->jobs, r->cleaned_path);
    bool valid = settings_fingerprint_is_valid(r->fingerprint); /* for object metadata */
    if (!known && hold(c))
        return;
    job_call_end(c,
                 &(job_outcome){.report_path = r->report_path,
                                .near_path = r->near_path,
                                .cleaned_path = r->cleaned_path,
                                .unread_lines = r->unread_lines,
                                .fingerprint = valid ? r->fingerprint : NULL},
                 NULL);
}

static void on_failed(job_call *c, const status_reply *r)
{
    err e = ERR_INIT;
    err_set(&e, r->process_ended ? ERR_JOB_CRASHED : ERR_JOB_FAILED,
            "the detection server failed the job: %s", r->words ? r->words : "no cause given");
    if (r->error_code)
        snprintf(e.s3_code, sizeof e.s3_code, "%s", r->error_code);
    job_call_end(c, NULL, &e);
}

/* The job is not done. At its time limit, /health decides whether the server is available. */
static void on_unfinished(job_call *c, bool running)
{
    job_call_note_poll(c, false);
    job_call_note_state(c, running);
    c->failures = 0;
    c->overdue = job_call_is_overdue(c);
    if (c->overdue)
        await_health(c);
    else
        poll_again(c);
}

static void on_status(job_call *c)
{
    err e = ERR_INIT;
    AUTO(status_reply) r = {0};
    if (!read_status(&c->x, &r)) {
        fail_reply(c, &e);
    } else if (str_equal(r.status, "pending") || str_equal(r.status, "processing")) {
        on_unfinished(c, str_equal(r.status, "processing"));
    } else if (str_equal(r.status, "completed")) {
        job_call_note_poll(c, true);
        detect_client_note_progress(c->jobs);
        on_completed(c, &r);
    } else if (str_equal(r.status, "failed")) {
        job_call_note_poll(c, true);
        detect_client_note_progress(c->jobs);
        on_failed(c, &r);
    } else if (!r.status && r.words) {
        on_forgotten(c, r.words);
    } else {
        fail_reply(c, &e);
    }
}

static void on_call_reply(void *ctx, const http_result *result)
{
    job_call *c = ctx;
    c->x.call = NULL;
    err e = ERR_INIT, too_long = ERR_INIT;
    bool trouble = exchange_is_trouble(result);
    if (trouble)
        exchange_describe(&c->x, result, &e);
    if (!job_call_note_busy(c, exchange_is_busy(&c->x, result), &e, &too_long)) {
        job_call_end(c, NULL, &too_long);
        return;
    }
    if (trouble) {
        call_stuck(c, &e);
        return;
    }
    if (!c->submits && result->ok && result->status == 404) {
        c->missing = true;
        on_forgotten(c, NULL);
        return;
    }
    if (!result->ok || result->status != 200) {
        exchange_describe(&c->x, result, &e);
        if (c->x.host_refused) {
            e.code = ERR_CONFIG;
            e.cls = err_code_class(ERR_CONFIG);
        }
        job_call_end(c, NULL, &e);
        return;
    }
    read_reply(c);
}

static void read_reply(void *ctx)
{
    job_call *c = ctx;
    c->x.pause = NULL;
    if (c->missing) {
        on_forgotten(c, NULL);
        return;
    }
    if (c->submits)
        on_submitted(c);
    else
        on_status(c);
}

/* --- public functions --- */

static char *without_slashes(const char *url)
{
    char *clean = url_clean(url);
    for (size_t len = strlen(clean); len && clean[len - 1] == '/'; len--)
        clean[len - 1] = '\0';
    return clean;
}

detect_client *detect_client_new(transport *t, const detect_client_options *options)
{
    detect_client *j = xcalloc(1, sizeof *j);
    j->transport = t;
    j->url = without_slashes(options->server_url);
    j->shown_url = url_shown(j->url);
    j->poll_interval_ms = options->poll_interval_ms;
    j->server_wait_ms = options->server_wait_ms;
    j->busy_wait_ms = options->busy_wait_ms;
    j->lenient = options->lenient;
    j->on_facts = options->on_facts;
    j->knows_path = options->knows_path;
    j->ctx = options->ctx;
    detect_client_health_init(j);
    return j;
}

void detect_client_free(detect_client *j)
{
    if (!j)
        return;
    op_list_end(&j->calls);
    detect_exchange_stop(j, &j->health);
    free(j->url);
    free(j->shown_url);
    free(j->tag);
    free(j->health_url);
    free(j);
}

void detect_client_tag(detect_client *j, const char *tag)
{
    free(j->tag);
    j->tag = xstrdup(tag);
}

static bool on_call_head(void *ctx, const http_reply *reply, err *e)
{
    UNUSED(e);
    detect_exchange_take_head(&((job_call *)ctx)->x, reply);
    return true;
}

static bool on_call_body(void *ctx, slice data, err *e)
{
    return detect_exchange_take_body(&((job_call *)ctx)->x, data, e);
}

static job_call *call_new(detect_client *j, bool submits, uint64_t limit_ms, job_done on_done,
                          void *ctx)
{
    job_call *c = op_new(&call_kind, sizeof *c, &j->calls, j->transport);
    c->jobs = j;
    c->submits = submits;
    c->limit_ms = limit_ms;
    c->on_done = on_done;
    c->op.ctx = ctx;
    c->pause_ms = JOBS_FIRST_PAUSE_MS;
    c->poll_ms = detect_client_first_poll_ms(j);
    buf_init(&c->x.reply, JOBS_REPLY_MAX_BYTES);
    c->x.request = (http_request){.method = submits ? "POST" : "GET",
                                  .headers = c->x.headers,
                                  .body_fd = -1,
                                  .total_timeout_ms = submits ? SUBMIT_LIMIT_MS : STATUS_LIMIT_MS,
                                  .no_proxy = true,
                                  .on_head = on_call_head,
                                  .on_body = on_call_body,
                                  .on_done = on_call_reply,
                                  .ctx = c};
    job_call_begin(c);
    return c;
}

op *job_submit(detect_client *j, const char *file_path, const char *idempotency_key,
               uint64_t limit_ms, job_done on_done, void *ctx)
{
    job_call *c = call_new(j, true, limit_ms, on_done, ctx);
    c->key = xstrdup(idempotency_key);
    c->url = xasprintf("%s/submit", j->url);
    AUTO(buf) body = BUF(SUBMIT_MAX_BYTES);
    json_member_string(&body, "file_path", slice_from(file_path));
    if (j->lenient)
        json_member_bool(&body, "lenient", true);
    if (j->cleans_as_input) /* other formats are written as gzip */
        json_member_string(&body, "cleaned_format", SLICE_LIT("input"));
    json_close(&body);
    c->body = buf_give(&body);
    c->x.headers[0] = (http_header){"Content-Type", "application/json"};
    c->x.headers[1] = (http_header){"Idempotency-Key", c->key};
    c->x.request.header_count = 2;
    if (j->tag)
        c->x.headers[c->x.request.header_count++] = (http_header){"Job-Tag", j->tag};
    c->x.request.url = c->url;
    c->x.request.body = slice_from(c->body);
    detect_exchange_send(j, &c->x);
    return op_started(&c->op);
}

op *job_follow(detect_client *j, const char *job_id, uint64_t limit_ms, job_done on_done, void *ctx)
{
    job_call *c = call_new(j, false, limit_ms, on_done, ctx);
    c->job_id = xstrdup(job_id);
    c->url = xasprintf("%s/status/%s", j->url, job_id);
    c->x.request.url = c->url;
    poll_again(c);
    return op_started(&c->op);
}
