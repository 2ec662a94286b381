#include "server/routes.h"

#include <limits.h>
#include <strings.h>

#include "server/json_read.h"
#include "server/json_write.h"
#include "server/unicode.h"

#define KEY_MAX_BYTES 1024

static const http_header json_type_header = {"Content-Type", "application/json"};
static const http_header text_type_header = {"Content-Type", "text/plain; charset=utf-8"};

/* What is kept of a request until its end: the body of a submission while it comes in, or the job
 * whose outcome goes out. */
typedef struct submission {
    buf body;
    char *told_id; /* NULL: a submission */
} submission;

static void reply_json(httpd_request *request, int status, slice body)
{
    httpd_reply(request, status, &json_type_header, 1, body);
}

static void reply_text(httpd_request *request, int status, const char *text)
{
    httpd_reply(request, status, &text_type_header, 1, slice_from(text));
}

static void reply_busy(httpd_request *request, const char *text)
{
    http_header headers[] = {text_type_header, {"Retry-After", "5"}};
    httpd_reply(request, 503, headers, ARRAY_LEN(headers), slice_from(text));
}

static void reply_not_allowed(httpd_request *request, const char *allowed)
{
    http_header header = {"Allow", allowed};
    httpd_reply(request, 405, &header, 1, (slice){0});
}

static bool is_read(const char *method)
{
    return str_equal(method, "GET") || str_equal(method, "HEAD");
}

/* application/json or application/<any>+json, with or without parameters. */
static bool is_json(const char *content_type)
{
    if (!content_type)
        return false;
    slice type = {.data = content_type, .len = strcspn(content_type, ";")};
    type = slice_trim(type);
    char lower[128] = "";
    if (type.len >= sizeof lower)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.data[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return str_equal(lower, "application/json") ||
           (str_starts_with(lower, "application/") && str_ends_with(lower, "+json"));
}

static void begin_submit(httpd_request *request, void **user)
{
    const char *length = httpd_header(request, "Content-Length");
    uint64_t bytes = 0;
    if (!str_equal(httpd_method(request), "POST")) {
        reply_not_allowed(request, "POST");
        return;
    }
    if (!is_json(httpd_header(request, "Content-Type"))) {
        reply_text(request, 415, "Expected request with `Content-Type: application/json`");
        return;
    }
    if (length && (!num_parse_u64(length, &bytes) || bytes > SUBMIT_MAX_BYTES)) {
        reply_text(request, 413, "Failed to buffer the request body: length limit exceeded");
        return;
    }
    submission *s = xcalloc(1, sizeof *s);
    buf_init(&s->body, SUBMIT_MAX_BYTES);
    *user = s;
}

static void begin_status(const routes *r, httpd_request *request, slice id, void **user)
{
    if (!is_read(httpd_method(request))) {
        reply_not_allowed(request, "GET,HEAD");
        return;
    }
    AUTO_FREE char *name = slice_dup(id);
    AUTO(buf) json;
    buf_init(&json, 1 << 20);
    if (jobs_status(r->jobs, name, &json)) {
        submission *s = xcalloc(1, sizeof *s);
        s->told_id = move(name);
        *user = s;
    }
    reply_json(request, 200, buf_slice(&json));
}

static void begin(void *ctx, httpd_request *request, void **user)
{
    const routes *r = ctx;
    const char *target = httpd_raw_target(request);
    slice path = {.data = target, .len = strcspn(target, "?")};
    slice id = {.data = path.data + strlen("/status/"), .len = path.len - strlen("/status/")};
    if (slice_equal_str(path, "/submit"))
        begin_submit(request, user);
    else if (slice_equal_str(path, "/health") && is_read(httpd_method(request)))
        reply_json(request, 200, r->health);
    else if (slice_equal_str(path, "/health"))
        reply_not_allowed(request, "GET,HEAD");
    else if (slice_starts_with(path, "/status/") && id.len > 0 && !memchr(id.data, '/', id.len))
        begin_status(r, request, id, user);
    else
        httpd_reply(request, 404, NULL, 0, (slice){0});
}

static void body(void *ctx, httpd_request *request, void **user, slice data)
{
    UNUSED(ctx);
    submission *s = *user;
    if (s && !s->told_id && !buf_append_slice(&s->body, data))
        reply_text(request, 413, "Failed to buffer the request body: length limit exceeded");
}

/* file_path of a body; NULL where an answer was given that says why there is none. */
static char *read_path(httpd_request *request, slice text)
{
    static const char *const keys[] = {"file_path"};
    json_value value;
    AUTO(buf) scratch;
    AUTO(buf) words;
    err e = ERR_INIT;
    slice path = {0};
    buf_init(&scratch, SUBMIT_MAX_BYTES);
    buf_init(&words, 1024);
    if (utf8_check(text) != text.len || !json_read_members(text, keys, &value, 1, NULL, &e)) {
        buf_printf(&words, "Failed to parse the request body as JSON: %s",
                   err_is_set(&e) ? e.message : "not valid UTF-8");
        reply_text(request, 400, buf_str(&words));
        return NULL;
    }
    const char *cause = NULL;
    if (value.times > 1)
        cause = "file_path: duplicate field";
    else if (value.type == JSON_ABSENT)
        cause = "missing field file_path";
    else if (value.type != JSON_STRING || !json_string(&value, &scratch, &path))
        cause = "file_path: expected a string";
    else if (path.len == 0 || path.len >= PATH_MAX || memchr(path.data, '\0', path.len))
        cause = "file_path: no path of 1 to 4095 bytes without NUL";
    if (!cause)
        return slice_dup(path);
    buf_printf(&words, "Failed to deserialize the JSON body into the target type: %s", cause);
    reply_text(request, 422, buf_str(&words));
    return NULL;
}

static void reply_submitted(httpd_request *request, const char *id)
{
    AUTO(buf) json;
    buf_init(&json, 256);
    json_member_string(&json, "job_id", slice_from(id));
    json_close(&json);
    reply_json(request, 200, buf_slice(&json));
}

static void end(void *ctx, httpd_request *request, void **user)
{
    const routes *r = ctx;
    submission *s = *user;
    const char *key = httpd_header(request, "Idempotency-Key");
    char id[JOB_ID_BYTES];
    if (!s || s->told_id)
        return;
    if (key && (*key == '\0' || strlen(key) > KEY_MAX_BYTES)) {
        reply_text(request, 400, "Idempotency-Key must have 1 to 1024 bytes");
        return;
    }
    AUTO_FREE char *path = read_path(request, buf_slice(&s->body));
    if (!path)
        return;
    switch (jobs_submit(r->jobs, path, key, id)) {
    case SUBMIT_NEW:
    case SUBMIT_SAME:
        reply_submitted(request, id);
        return;
    case SUBMIT_KEY_TAKEN:
        reply_text(request, 422, "Idempotency-Key belongs to a job with another file_path");
        return;
    case SUBMIT_FULL:
        reply_busy(request, "The queue is full; try again later");
        return;
    case SUBMIT_STOPPING:
        reply_busy(request, "The server is stopping; try again when it is back");
        return;
    }
}

static void release(void *ctx, httpd_request *request, void **user)
{
    UNUSED(request);
    const routes *r = ctx;
    submission *s = *user;
    if (!s)
        return;
    if (s->told_id)
        jobs_told(r->jobs, s->told_id);
    free(s->told_id);
    buf_deinit(&s->body);
    free(s);
}

httpd_handler routes_handler(routes *r)
{
    return (httpd_handler){.begin = begin, .body = body, .end = end, .release = release, .ctx = r};
}
