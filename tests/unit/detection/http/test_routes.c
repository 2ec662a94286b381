/* The HTTP interface, tested byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "detection/http/routes.h"
#include "detection/http/submission.h"

typedef struct site {
    jobs *jobs;
    metrics metrics;
    job_meter meter;
    const char *allow_dirs[3];
    routes routes;
    httpd *http;
} site;

static uint64_t fake_now_ms(void)
{
    return 1;
}

static int set_up(void **state)
{
    site *s = xcalloc(1, sizeof *s);
    jobs_options options = {
        .capacity = 2, .keep_bytes = 1 << 20, .keep_ms = 9, .now_ms = fake_now_ms};
    s->jobs = jobs_new(&options);
    metrics_init(&s->metrics, &s->meter);
    s->metrics.facts = (metrics_facts){.tokenizer = "word", .worker_threads = 2};
    s->routes = (routes){.jobs = s->jobs,
                         .metrics = &s->metrics,
                         .health = SLICE_LIT("{\"status\":\"ok\"}"),
                         .allow_dirs = s->allow_dirs};
    atomic_init(&s->routes.ready, true);
    httpd_handler handler = routes_handler(&s->routes);
    s->http = httpd_start(&(httpd_options){.thread_count = 1}, &handler, NULL);
    *state = s;
    return s->http ? 0 : -1;
}

static int tear_down(void **state)
{
    site *s = *state;
    httpd_stop(s->http);
    jobs_free(s->jobs);
    metrics_deinit(&s->metrics);
    free(s);
    return 0;
}

static int connected(const site *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(httpd_port(s->http))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* The whole reply; the server closes because the request says so. */
static char *ask_raw(const site *s, slice request)
{
    AUTO_FD fd = connected(s);
    AUTO(buf) reply = BUF(1 << 20);
    char piece[4096];
    ssize_t got;
    assert_int_equal(send(fd, request.data, request.len, MSG_NOSIGNAL), request.len);
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
        buf_append(&reply, piece, (size_t)got);
    return buf_give(&reply);
}

static char *ask_as(const site *s, const char *host, const char *line, const char *headers,
                    const char *body)
{
    AUTO(buf) request = BUF(1 << 20);
    buf_printf(&request, "%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s", line, host, headers);
    if (body)
        buf_printf(&request, "Content-Length: %zu\r\n", strlen(body));
    buf_printf(&request, "\r\n%s", body ? body : "");
    return ask_raw(s, buf_slice(&request));
}

static char *ask(const site *s, const char *line, const char *headers, const char *body)
{
    return ask_as(s, "localhost", line, headers, body);
}

static void expect(const site *s, const char *line, const char *headers, const char *body,
                   const char *status, const char *holds)
{
    AUTO_FREE char *reply = ask(s, line, headers, body);
    AUTO_FREE char *start = xasprintf("HTTP/1.1 %s ", status);
    if (!str_starts_with(reply, start) || !strstr(reply, holds))
        fail_msg("%s %s: %s", line, body ? body : "", reply);
}

#define JSON "Content-Type: application/json\r\n"

static void health(void **state)
{
    expect(*state, "GET /health", "", NULL, "200", "\r\n\r\n{\"status\":\"ok\"}");
    expect(*state, "GET /health", "", NULL, "200", "Content-Type: application/json\r\n");
    expect(*state, "GET /health?x=1", "", NULL, "200", "ok");
    AUTO_FREE char *reply = ask(*state, "HEAD /health", "", NULL);
    assert_true(str_starts_with(reply, "HTTP/1.1 200 "));
    assert_true(str_ends_with(reply, "\r\n\r\n"));
}

static void submit_and_status(void **state)
{
    site *s = *state;
    AUTO_FREE char *reply =
        ask(s, "POST /submit", JSON, "{\"file_path\":\"/data/a \\u00e4.jsonl\",\"more\":1}");
    const char *body = strstr(reply, "\r\n\r\n{\"job_id\":\"");
    assert_non_null(body);
    char id[JOB_ID_BYTES] = "";
    memcpy(id, body + 4 + strlen("{\"job_id\":\""), JOB_ID_BYTES - 1);
    AUTO_FREE char *line = xasprintf("GET /status/%s", id);
    AUTO_FREE char *want = xasprintf("\r\n\r\n{\"job_id\":\"%s\",\"status\":\"pending\"}", id);
    expect(s, line, "", NULL, "200", want);
    server_job *job = jobs_take(s->jobs);
    assert_string_equal(job->path, "/data/a \u00e4.jsonl");
    expect(s, line, "", NULL, "200", "\"status\":\"processing\"");
    job_outcome outcome = {0};
    jobs_finish(s->jobs, job, &outcome);
    expect(s, line, "", NULL, "200", "\"status\":\"completed\"");
    expect(s, "GET /status/0", "", NULL, "200", "\r\n\r\n{\"error\":\"Job not found\"}");
}

static void content_types(void **state)
{
    static const char body[] = "{\"file_path\":\"/a\"}";
    expect(*state, "POST /submit", "", body, "415",
           "Expected request with `Content-Type: application/json`");
    expect(*state, "POST /submit", "Content-Type: text/plain\r\n", body, "415", "text/plain");
    expect(*state, "POST /submit", "Content-Type: application/jsonx\r\n", body, "415", "");
    expect(*state, "POST /submit", "Content-Type: Application/JSON; charset=utf-8\r\n", body, "200",
           "job_id");
    expect(*state, "POST /submit", "Content-Type: application/vnd.x+json\r\n", body, "200",
           "job_id");
}

static void bad_bodies(void **state)
{
    static const struct {
        const char *body, *status, *words;
    } rows[] = {
        {"", "400", "Failed to parse the request body as JSON"},
        {"{", "400", "Failed to parse the request body as JSON"},
        {"{\"file_path\":\"\xff\"}", "400", "Failed to parse the request body as JSON"},
        {"{}", "422", "Failed to deserialize the JSON body into the target type"},
        {"3", "422", "Failed to deserialize the JSON body into the target type"},
        {"{\"file_path\":3}", "422", "Failed to deserialize"},
        {"{\"file_path\":\"/a\",\"file_path\":\"/b\"}", "422", "duplicate"},
        {"null", "422", "Failed to deserialize"},
        {"[]", "422", "Failed to deserialize"},
        {"{\"file_path\":null}", "422", "Failed to deserialize"},
        {"{\"file_path\":\"/a\",\"cleaned_format\":\"zip\"}", "422", "cleaned_format"},
        {"{\"file_path\":\"/a\",\"cleaned_format\":true}", "422", "cleaned_format"},
        {"{\"file_path\":\"/a\"} x", "400", "Failed to parse"},
        {"/a", "400", "Failed to parse"},
        {"{\"file_path\":\"/a\\u0000b\"}", "422", "file_path"},
    };
    site *s = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect(s, "POST /submit", JSON, rows[i].body, rows[i].status, rows[i].words);
    assert_int_equal(jobs_waiting_count(s->jobs), 0);
    AUTO(buf) longest = BUF(8192);
    buf_append_str(&longest, "{\"file_path\":\"/");
    for (size_t i = 0; i < 4095; i++)
        buf_append_char(&longest, 'x');
    buf_append_str(&longest, "\"}");
    expect(s, "POST /submit", JSON, buf_str(&longest), "422", "longer than 4095 bytes");
    /* Not checked here: the job will fail. */
    expect(s, "POST /submit", JSON, "{\"file_path\":\"\"}", "200", "job_id");
    expect(s, "POST /submit", JSON, "{\"file_path\":\"no such file\",\"cleaned_format\":\"gzip\"}",
           "200", "job_id");
}

static void large_bodies(void **state)
{
    site *s = *state;
    AUTO_FREE char *reply = ask(s, "POST /submit",
                                JSON "Content-Length: 2097153\r\n"
                                     "Expect: 100-continue\r\n",
                                NULL);
    assert_true(str_starts_with(reply, "HTTP/1.1 413 "));
    assert_non_null(strstr(reply, "Failed to buffer the request body"));
    /* In chunks, without Content-Length. */
    AUTO(buf) request = BUF(4 << 20);
    buf_append_str(&request,
                   "POST /submit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" JSON
                   "Transfer-Encoding: chunked\r\n\r\n200001\r\n");
    for (size_t i = 0; i < 0x200001; i++)
        buf_append_char(&request, ' ');
    buf_append_str(&request, "\r\n0\r\n\r\n");
    AUTO_FREE char *second = ask_raw(s, buf_slice(&request));
    assert_true(str_starts_with(second, "HTTP/1.1 413 "));
}

static void paths_and_methods(void **state)
{
    expect(*state, "GET /", "", NULL, "404", "");
    expect(*state, "GET /health/", "", NULL, "404", "Content-Length: 0");
    expect(*state, "GET /status/", "", NULL, "404", "");
    expect(*state, "GET /status", "", NULL, "404", "");
    expect(*state, "GET /status/a/b", "", NULL, "404", "");
    expect(*state, "GET /submit", "", NULL, "405", "Allow: POST");
    expect(*state, "POST /health", "", "", "405", "Allow: GET,HEAD");
    expect(*state, "DELETE /status/x", "", NULL, "405", "Allow: GET,HEAD");
}

static void head_of_what_can_be_read(void **state)
{
    static const char *const paths[] = {"HEAD /health", "HEAD /status/x", "HEAD /metrics"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        AUTO_FREE char *reply = ask(*state, paths[i], "", NULL);
        assert_true(str_starts_with(reply, "HTTP/1.1 200 "));
        assert_true(str_ends_with(reply, "\r\n\r\n"));
        assert_null(strstr(reply, "Content-Length: 0"));
    }
    expect(*state, "HEAD /submit", "", NULL, "405", "Allow: POST");
}

static void content_type_goes_before_size(void **state)
{
    expect(*state, "POST /submit", "Content-Length: 2097153\r\nExpect: 100-continue\r\n", NULL,
           "415", "Content-Type: text/plain; charset=utf-8\r\n");
}

static void largest_body(void **state)
{
    AUTO(buf) body = BUF(4 << 20);
    buf_append_str(&body, "{\"file_path\":\"/a\"}");
    while (body.len < SUBMISSION_MAX_BYTES)
        buf_append_char(&body, ' ');
    AUTO(buf) request = BUF(4 << 20);
    buf_printf(&request,
               "POST /submit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" JSON
               "Content-Length: %zu\r\n\r\n",
               body.len);
    buf_append_slice(&request, buf_slice(&body));
    AUTO_FREE char *reply = ask_raw(*state, buf_slice(&request));
    assert_true(str_starts_with(reply, "HTTP/1.1 200 "));
}

static void metrics_text(void **state)
{
    site *s = *state;
    char id[JOB_ID_BYTES];
    assert_int_equal(jobs_submit(s->jobs, &(job_submission){.path = "/a"}, id), SUBMIT_NEW);
    expect(s, "GET /metrics", "", NULL, "200",
           "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    expect(s, "GET /metrics", "", NULL, "200", "\ndecon_jobs{state=\"pending\"} 1\n");
    expect(s, "GET /metrics", "", NULL, "200", "\ndecon_queue_capacity 2\n");
    expect(s, "GET /nothing", "", NULL, "404", "");
    expect(s, "GET /metrics", "", NULL, "200",
           "\ndecon_http_requests_total{path=\"/metrics\",code=\"200\"} 3\n");
    expect(s, "GET /metrics", "", NULL, "200",
           "\ndecon_http_requests_total{path=\"other\",code=\"404\"} 1\n");
    expect(s, "POST /metrics", "", "", "405", "Allow: GET,HEAD");
}

static void folders_that_are_allowed(void **state)
{
    site *s = *state;
    char dir[] = "/tmp/test-routes-XXXXXX";
    assert_non_null(mkdtemp(dir));
    AUTO_FREE char *body = xasprintf("{\"file_path\":\"%s/f\"}", dir);
    s->allow_dirs[0] = dir;
    expect(s, "POST /submit", JSON, body, "200", "job_id");
    expect(s, "POST /submit", JSON, "{\"file_path\":\"/etc/passwd\"}", "403",
           "\r\n\r\nfile_path is not in a folder that --allow-dir permits");
    expect(s, "POST /submit", JSON, "{\"file_path\":\"\"}", "403", "");
    assert_int_equal(jobs_waiting_count(s->jobs), 1);
    assert_int_equal(rmdir(dir), 0);
}

static void idempotency_key(void **state)
{
    static const char body[] = "{\"file_path\":\"/a\"}", other[] = "{\"file_path\":\"/b\"}";
#define KEY "Idempotency-Key: k\r\n"
    AUTO_FREE char *first = ask(*state, "POST /submit", JSON KEY, body);
    AUTO_FREE char *second = ask(*state, "POST /submit", JSON KEY, body);
    assert_non_null(strstr(first, "{\"job_id\":"));
    assert_string_equal(strstr(first, "{\"job_id\":"), strstr(second, "{\"job_id\":"));
    expect(*state, "POST /submit", JSON KEY, other, "422", "Idempotency-Key");
    expect(*state, "POST /submit", JSON "Idempotency-Key:\r\n", body, "400", "Idempotency-Key");
}

static void full_queue_and_stop(void **state)
{
    site *s = *state;
    static const char body[] = "{\"file_path\":\"/a\"}";
    expect(s, "POST /submit", JSON, body, "200", "job_id");
    expect(s, "POST /submit", JSON, body, "200", "job_id");
    expect(s, "POST /submit", JSON, body, "503", "Retry-After: 5");
    jobs_stop(s->jobs);
    expect(s, "POST /submit", JSON, body, "503", "stopping");
}

static void foreign_host_headers_are_refused(void **state)
{
    site *s = *state;
    static const char *const lines[] = {"POST /submit", "GET /status/x", "GET /other"};
    static const char *const exempt[] = {"GET /health", "GET /metrics"};
    static const char *const names[] = {"node-7", NULL};
    s->routes.hosts.names = names;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        AUTO_FREE char *reply =
            ask_as(s, "evil.example:80", lines[i], JSON, "{\"file_path\":\"/a\"}");
        if (!str_starts_with(reply, "HTTP/1.1 403 ") || !strstr(reply, "--allow-host") ||
            !strstr(reply, "Host-Refused: true\r\n"))
            fail_msg("%s: %s", lines[i], reply);
        AUTO_FREE char *named = ask_as(s, "node-7:80", lines[i], JSON, "{\"file_path\":\"/a\"}");
        assert_false(str_starts_with(named, "HTTP/1.1 403 "));
    }
    for (size_t i = 0; i < ARRAY_LEN(exempt); i++) {
        AUTO_FREE char *reply = ask_as(s, "evil.example", exempt[i], "", NULL);
        assert_true(str_starts_with(reply, "HTTP/1.1 200 "));
    }
    AUTO_FREE char *none =
        ask_raw(s, SLICE_LIT("GET /status/x HTTP/1.0\r\nConnection: close\r\n\r\n"));
    assert_non_null(strstr(none, " 403 "));
    assert_int_equal(jobs_waiting_count(s->jobs), 1); /* the named one */
}

static void every_route_waits_for_the_index(void **state)
{
    site *s = *state;
    static const char *const lines[] = {"GET /health", "GET /metrics", "GET /status/x",
                                        "GET /other", "DELETE /submit"};
    atomic_store(&s->routes.ready, false);
    s->routes.jobs = NULL; /* not there yet */
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        expect(s, lines[i], "", NULL, "503", "Retry-After: ");
        expect(s, lines[i], "", NULL, "503", "\r\n\r\n{\"status\":\"indexing\"}");
    }
    expect(s, "POST /submit", JSON, "{\"file_path\":\"/a\"}", "503", "indexing");
    AUTO_FREE char *foreign = ask_as(s, "evil.example", "GET /health", "", NULL);
    assert_true(str_starts_with(foreign, "HTTP/1.1 503 "));
    s->routes.jobs = s->jobs;
    atomic_store(&s->routes.ready, true);
    expect(s, "GET /health", "", NULL, "200", "ok");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(health),
        TEST(submit_and_status),
        TEST(content_types),
        TEST(bad_bodies),
        TEST(large_bodies),
        TEST(paths_and_methods),
        TEST(head_of_what_can_be_read),
        TEST(content_type_goes_before_size),
        TEST(largest_body),
        TEST(metrics_text),
        TEST(folders_that_are_allowed),
        TEST(idempotency_key),
        TEST(full_queue_and_stop),
        TEST(foreign_host_headers_are_refused),
        TEST(every_route_waits_for_the_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
