#include "base/util.h"
#include "detection/http/routes.h"

#include "detection/job/allowed_paths.h"
#include "detection/job/job_id.h"
#include "base/json/json_write.h"
#include "detection/http/submission.h"

#define KEY_MAX_BYTES       1024
#define REPLY_MAX_BYTES     ((size_t)1 << 20)
#define RETRY_AFTER_SECONDS "5"

static const http_header json_type_header = {"Content-Type", "application/json"};
static const http_header text_type_header = {"Content-Type", "text/plain; charset=utf-8"};
static const http_header metrics_type_header = {"Content-Type",
                                                "text/plain; version=0.0.4; charset=utf-8"};

/* State of a request until its end: the received body of a submission, or the job whose status is
 * sent. */
typedef struct submission {
    buf body;
    char *status_id; /* NULL: a submission */
} submission;

/* A request and its reply. */
typedef struct call {
    const routes *r;
    httpd_request *request;
    metrics_route route;
} call;

/* --- replies --- */

static void reply(const call *c, int status, const http_header *headers, size_t count, slice body)
{
    if (httpd_replied(c->request))
        return;
    metrics_count_request(c->r->metrics, c->route, status);
    httpd_reply(c->request, status, headers, count, body);
}

static void reply_json(const call *c, slice body)
{
    reply(c, 200, &json_type_header, 1, body);
}

static void reply_text(const call *c, int status, const char *text)
{
    reply(c, status, &text_type_header, 1, slice_from(text));
}

static void reply_busy(const call *c, const char *text)
{
    http_header headers[] = {text_type_header, {"Retry-After", RETRY_AFTER_SECONDS}};
    reply(c, 503, headers, ARRAY_LEN(headers), slice_from(text));
}

static void reply_not_allowed(const call *c, const char *allowed)
{
    http_header header = {"Allow", allowed};
    reply(c, 405, &header, 1, (slice){0});
}

/* --- GET --- */

static bool is_read(const call *c)
{
    const char *method = httpd_method(c->request);
    if (str_equal(method, "GET") || str_equal(method, "HEAD"))
        return true;
    reply_not_allowed(c, "GET,HEAD");
    return false;
}

static void give_health(const call *c)
{
    if (!is_read(c))
        return;
    if (!c->r->processes || worker_processes_is_up(c->r->processes)) {
        reply_json(c, c->r->health);
        return;
    }
    http_header headers[] = {json_type_header, {"Retry-After", RETRY_AFTER_SECONDS}};
    reply(c, 503, headers, ARRAY_LEN(headers),
          SLICE_LIT("{\"error\":\"cannot create processes for jobs; retrying\","
                    "\"status\":\"unavailable\"}"));
}

static void give_metrics(const call *c)
{
    if (!is_read(c))
        return;
    AUTO(buf) text = BUF(REPLY_MAX_BYTES);
    jobs_counts counts = jobs_count(c->r->jobs);
    metrics_write(c->r->metrics, &counts, &text);
    reply(c, 200, &metrics_type_header, 1, buf_slice(&text));
}

static void give_status(const call *c, slice id, void **user)
{
    if (!is_read(c))
        return;
    AUTO_FREE char *name = slice_dup(id);
    AUTO(buf) json = BUF(REPLY_MAX_BYTES);
    if (jobs_status(c->r->jobs, name, &json) && str_equal(httpd_method(c->request), "GET")) {
        submission *s = xcalloc(1, sizeof *s);
        s->status_id = move(name);
        *user = s;
    }
    reply_json(c, buf_slice(&json));
}

/* --- submissions --- */

static void begin_submit(const call *c, void **user)
{
    const char *length = httpd_header(c->request, "Content-Length");
    uint64_t bytes = 0;
    if (!str_equal(httpd_method(c->request), "POST")) {
        reply_not_allowed(c, "POST");
        return;
    }
    if (!submission_is_json(httpd_header(c->request, "Content-Type"))) {
        reply_text(c, 415, "Expected request with `Content-Type: application/json`");
        return;
    }
    if (length && (!num_parse_u64(length, &bytes) || bytes > SUBMISSION_MAX_BYTES)) {
        reply_text(c, 413, "Failed to buffer the request body: length limit exceeded");
        return;
    }
    submission *s = xcalloc(1, sizeof *s);
    buf_init(&s->body, SUBMISSION_MAX_BYTES);
    *user = s;
}

static void reply_submitted(const call *c, const char *id)
{
    AUTO(buf) json = BUF(256);
    json_member_string(&json, "job_id", slice_from(id));
    json_close(&json);
    reply_json(c, buf_slice(&json));
}

static void submit(const call *c, const job_submission *s)
{
    char id[JOB_ID_BYTES];
    switch (jobs_submit(c->r->jobs, s, id)) {
    case SUBMIT_NEW:
    case SUBMIT_SAME:
        reply_submitted(c, id);
        return;
    case SUBMIT_KEY_TAKEN:
        reply_text(c, 422, "Idempotency-Key belongs to a job with another file_path");
        return;
    case SUBMIT_FULL:
        reply_busy(c, "The queue is full; retry later");
        return;
    case SUBMIT_STOPPING:
        reply_busy(c, "The server is stopping; retry when it is running again");
        return;
    }
}

static void end_submit(const call *c, slice body)
{
    const char *key = httpd_header(c->request, "Idempotency-Key");
    const char *tag = httpd_header(c->request, "Job-Tag");
    int status = 0;
    AUTO(buf) words = BUF(1024);
    if (key && (*key == '\0' || strlen(key) > KEY_MAX_BYTES)) {
        reply_text(c, 400, "Idempotency-Key must have 1 to 1024 bytes");
        return;
    }
    if (tag && !job_tag_is_good(tag)) {
        reply_text(c, 400, "Job-Tag must be 12 lower-case hexadecimal digits");
        return;
    }
    submission_options options = {0};
    AUTO_FREE char *path = submission_read(body, &options, &status, &words);
    if (!path)
        reply_text(c, status, buf_str(&words));
    else if (!allow_path(c->r->allow_dirs, path))
        reply_text(c, 403, "file_path is not in a folder that --allow-dir permits");
    else
        submit(c, &(job_submission){.path = path,
                                    .key = key,
                                    .tag = tag,
                                    .lenient = options.lenient,
                                    .cleaned_as_input = options.cleaned_as_input});
}

/* --- the handler --- */

static metrics_route route_of(slice path, slice *id)
{
    static const char status[] = "/status/";
    if (slice_equal_str(path, "/submit"))
        return ROUTE_SUBMIT;
    if (slice_equal_str(path, "/health"))
        return ROUTE_HEALTH;
    if (slice_equal_str(path, "/metrics"))
        return ROUTE_METRICS;
    if (!slice_starts_with(path, status))
        return ROUTE_OTHER;
    *id = (slice){.data = path.data + strlen(status), .len = path.len - strlen(status)};
    return id->len > 0 && !memchr(id->data, '/', id->len) ? ROUTE_STATUS : ROUTE_OTHER;
}

static call call_of(void *ctx, httpd_request *request, slice *id)
{
    const char *target = httpd_raw_target(request);
    slice path = {.data = target, .len = strcspn(target, "?")};
    return (call){.r = ctx, .request = request, .route = route_of(path, id)};
}

/* Health checks and metrics name no files, and their clients use any address. */
static bool host_is_good(const call *c)
{
    const char *host = httpd_header(c->request, "Host");
    char local[HTTPD_ADDRESS_BYTES];
    if (c->route == ROUTE_HEALTH || c->route == ROUTE_METRICS)
        return true;
    httpd_local_address(c->request, local);
    if (host_is_allowed(&c->r->hosts, host, local))
        return true;
    AUTO(buf) text = BUF(1024);
    buf_printf(&text,
               "Host header %.200s: not a name of this server; use a loopback name or the address "
               "that it listens on, or start it with --allow-host NAME",
               host ? host : "missing");
    http_header headers[] = {text_type_header, {"Host-Refused", "true"}};
    reply(c, 403, headers, ARRAY_LEN(headers), buf_slice(&text));
    return false;
}

static void reply_indexing(const call *c)
{
    http_header headers[] = {json_type_header, {"Retry-After", RETRY_AFTER_SECONDS}};
    reply(c, 503, headers, ARRAY_LEN(headers), SLICE_LIT("{\"status\":\"indexing\"}"));
}

static void begin(void *ctx, httpd_request *request, void **user)
{
    slice id = {0};
    call c = call_of(ctx, request, &id);
    if (!atomic_load(&c.r->ready)) {
        reply_indexing(&c);
        return;
    }
    if (!host_is_good(&c))
        return;
    switch (c.route) {
    case ROUTE_SUBMIT:
        begin_submit(&c, user);
        return;
    case ROUTE_HEALTH:
        give_health(&c);
        return;
    case ROUTE_METRICS:
        give_metrics(&c);
        return;
    case ROUTE_STATUS:
        give_status(&c, id, user);
        return;
    default:
        reply(&c, 404, NULL, 0, (slice){0});
        return;
    }
}

static void body(void *ctx, httpd_request *request, void **user, slice data)
{
    slice id = {0};
    submission *s = *user;
    if (!s || s->status_id || buf_append_slice(&s->body, data))
        return;
    call c = call_of(ctx, request, &id);
    reply_text(&c, 413, "Failed to buffer the request body: length limit exceeded");
}

static void end(void *ctx, httpd_request *request, void **user)
{
    slice id = {0};
    submission *s = *user;
    if (!s || s->status_id)
        return;
    call c = call_of(ctx, request, &id);
    end_submit(&c, buf_slice(&s->body));
}

static void release(void *ctx, httpd_request *request, void **user)
{
    UNUSED(request);
    const routes *r = ctx;
    submission *s = *user;
    if (!s)
        return;
    if (s->status_id)
        jobs_reported(r->jobs, s->status_id);
    free(s->status_id);
    buf_deinit(&s->body);
    free(s);
}

httpd_handler routes_handler(routes *r)
{
    return (httpd_handler){.begin = begin, .body = body, .end = end, .release = release, .ctx = r};
}
