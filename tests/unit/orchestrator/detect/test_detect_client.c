/* orchestrator/detect/detect_client against a scripted server and a fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/detect/detect_client.h"
#include "tests/fake/transport.h"

#define URL "http://localhost:8080"
#define HEALTHY                                                                                    \
    "{\"worker_threads\":3,\"purify\":true,\"report_output_dir\":\"/r\",\"status\":\"ok\"}"

typedef struct fixture {
    fake_transport *fake;
    detect_client *jobs;
    bool done;
    err error;
    server_facts facts;
    char job_id[64], report[64], cleaned[64];
    bool replayed;
} fixture;

static int begin(void **state)
{
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    fixture *f = xcalloc(1, sizeof *f);
    f->fake = fake_new();
    f->jobs = detect_client_new(fake_transport_base(f->fake),
                                &(detect_client_options){.server_url = URL "/",
                                                         .poll_interval_ms = 5000,
                                                         .server_wait_ms = 300000});
    *state = f;
    return 0;
}

static void finish(fixture *f)
{
    detect_client_free(f->jobs);
    fake_free(f->fake);
    free(f);
}

static void expect(fixture *f, const char *method, const char *url, int status, const char *body)
{
    fake_expect(f->fake, &(fake_rule){.method = method,
                                      .url = url,
                                      .reply = {.status = status, .body = slice_from(body)}});
}

static void expect_error(fixture *f, const char *url, err_code code)
{
    fake_expect(f->fake, &(fake_rule){.url = url, .reply = {.error = code}});
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void on_done(void *ctx, const job_outcome *o, const err *error)
{
    fixture *f = ctx;
    f->done = true;
    f->error = error ? *error : (err)ERR_INIT;
    if (error)
        return;
    f->replayed = o->replayed;
    copy_text(f->job_id, sizeof f->job_id, o->job_id);
    copy_text(f->report, sizeof f->report, o->report_path);
    copy_text(f->cleaned, sizeof f->cleaned, o->cleaned_path);
}

static void on_ready(void *ctx, const server_facts *facts, const err *error)
{
    fixture *f = ctx;
    f->done = true;
    f->error = error ? *error : (err)ERR_INIT;
    if (facts) {
        f->facts = *facts;
        assert_string_equal(facts->report_dir, "/r");
        assert_null(facts->cleaned_dir);
    }
}

static void reads_health(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/health", 200, HEALTHY);
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_int_equal(f->facts.worker_threads, 3);
    assert_true(f->facts.purify);
    const fake_request *r = fake_request_at(f->fake, 0);
    assert_true(r->no_proxy);
    assert_true(r->total_timeout_ms > 0);
    finish(f);
}

static void reads_the_size_of_the_index(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/health", 200,
           "{\"codec_memory\":268435456,\"max_line_size\":1048576,\"records\":67240,\"sets\":3,"
           "\"report_output_dir\":\"/"
           "r\",\"status\":\"ok\"}");
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_true(f->facts.tells_records);
    assert_int_equal(f->facts.records, 67240);
    assert_int_equal(f->facts.sets, 3);
    assert_int_equal(f->facts.codec_memory, 268435456);
    assert_int_equal(f->facts.max_line_size, 1048576);
    finish(f);
}

/* It would call everything clean; waiting does not help. */
static void refuses_a_server_without_records(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/health", 200,
           "{\"records\":0,\"sets\":0,\"report_output_dir\":\"/r\",\"status\":\"ok\"}");
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_CONFIG);
    assert_int_equal(err_exit_status(&f->error), 2);
    assert_non_null(strstr(f->error.message, "0 records"));
    finish(f);
}

/* The server is restarted with another index while a file is submitted. */
static void refuses_a_server_that_lost_its_records(void **state)
{
    fixture *f = *state;
    expect(f, "POST", URL "/submit", 503, "restarting");
    expect(f, "GET", URL "/health", 200, "{\"records\":0,\"status\":\"ok\"}");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_CONFIG);
    finish(f);
}

static void lenient_is_part_of_the_submission(void **state)
{
    fixture *f = *state;
    detect_client_free(f->jobs);
    f->jobs = detect_client_new(fake_transport_base(f->fake),
                                &(detect_client_options){.server_url = URL,
                                                         .poll_interval_ms = 5000,
                                                         .server_wait_ms = 300000,
                                                         .lenient = true});
    expect(f, "POST", URL "/submit", 200, "{\"job_id\":\"j1\"}");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    const fake_request *r = fake_request_at(f->fake, 0);
    assert_non_null(memmem(r->body.data, r->body.len, "\"lenient\":true", 14));
    finish(f);
}

/* Sent only to servers that list cleaned_formats in their latest /health. */
static void the_format_of_cleaned_files_is_asked_for_where_offered(void **state)
{
    fixture *f = *state;
    static const char wish[] = "\"cleaned_format\":\"input\"";
    for (unsigned i = 0; i < 3; i++) {
        expect(f, "GET", URL "/health", 200,
               i == 1 ? "{\"cleaned_formats\":[\"plain\",\"gzip\"],\"report_output_dir\":\"/r\"}"
                      : HEALTHY);
        f->done = false;
        detect_client_wait_server(f->jobs, false, on_ready, f);
        assert_true(fake_run_until(f->fake, &f->done));
        expect(f, "POST", URL "/submit", 200, "{\"job_id\":\"j1\"}");
        f->done = false;
        UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
        assert_true(fake_run_until(f->fake, &f->done));
        assert_int_equal(f->error.code, ERR_NONE);
        const fake_request *r = fake_request_at(f->fake, 2 * i + 1);
        assert_int_equal(memmem(r->body.data, r->body.len, wish, strlen(wish)) != NULL, i == 1);
    }
    finish(f);
}

static void waits_for_a_server_that_comes_up(void **state)
{
    fixture *f = *state;
    expect_error(f, URL "/health", ERR_NET);
    expect(f, "GET", URL "/health", 503, "loading");
    expect(f, "GET", URL "/health", 200, HEALTHY);
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    finish(f);
}

/* For any time, even longer than server_wait. */
static void waits_for_a_server_that_builds_its_index(void **state)
{
    fixture *f = *state;
    static const unsigned replies = 200; /* pauses of 2.5 s and more: over server_wait */
    for (unsigned i = 0; i < replies; i++)
        expect(f, "GET", URL "/health", 503, "{\"status\":\"indexing\"}");
    expect(f, "GET", URL "/health", 200, HEALTHY);
    uint64_t begun_ms = clock_now_ms(fake_transport_base(f->fake));
    detect_client_wait_server(f->jobs, true, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_true(clock_now_ms(fake_transport_base(f->fake)) - begun_ms > 300000);
    finish(f);
}

/* The server is restarted while a file is submitted. */
static void calls_wait_for_a_server_that_builds_its_index(void **state)
{
    fixture *f = *state;
    expect(f, "POST", URL "/submit", 503, "{\"status\":\"indexing\"}");
    for (unsigned i = 0; i < 200; i++)
        expect(f, "GET", URL "/health", 503, "{\"status\":\"indexing\"}");
    expect(f, "GET", URL "/health", 200, HEALTHY);
    expect(f, "POST", URL "/submit", 200, "{\"job_id\":\"j1\"}");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_string_equal(f->job_id, "j1");
    finish(f);
}

static void a_server_that_went_silent_while_indexing_is_given_up(void **state)
{
    fixture *f = *state;
    detect_client_free(f->jobs);
    f->jobs =
        detect_client_new(fake_transport_base(f->fake),
                          &(detect_client_options){.server_url = URL, .poll_interval_ms = 5000});
    for (unsigned i = 0; i < 20; i++)
        expect(f, "GET", URL "/health", 503, "{\"status\":\"indexing\"}");
    expect_error(f, URL "/health", ERR_NET);
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_SERVER_DOWN);
    finish(f);
}

static void gives_up_after_server_wait(void **state)
{
    fixture *f = *state;
    fake_when(f->fake, &(fake_rule){.url = URL "/health", .reply = {.error = ERR_NET}});
    uint64_t begun_ms = clock_now_ms(fake_transport_base(f->fake));
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_SERVER_DOWN);
    assert_int_equal(err_exit_status(&f->error), 1);
    uint64_t took_ms = clock_now_ms(fake_transport_base(f->fake)) - begun_ms;
    assert_in_range(took_ms, 300000, 306000);
    finish(f);
}

static void submits_the_path_with_a_key(void **state)
{
    fixture *f = *state;
    const http_header replayed = {"Idempotency-Replayed", "true"};
    fake_expect(f->fake, &(fake_rule){.method = "POST",
                                      .url = URL "/submit",
                                      .body_has = "{\"file_path\":\"/w/a \\\"b\\\".jsonl\"}",
                                      .reply = {.status = 200,
                                                .headers = &replayed,
                                                .header_count = 1,
                                                .body = SLICE_LIT("{\"job_id\":\"j-1\"}")}});
    UNUSED(!job_submit(f->jobs, "/w/a \"b\".jsonl", "key-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_string_equal(f->job_id, "j-1");
    assert_true(f->replayed);
    const fake_request *r = fake_request_at(f->fake, 0);
    assert_true(r->no_proxy);
    assert_string_equal(fake_request_header(r, "Idempotency-Key"), "key-1");
    assert_string_equal(fake_request_header(r, "Content-Type"), "application/json");
    assert_true(r->total_timeout_ms > 0);
    finish(f);
}

/* A 500, a broken connection, or silence is retried while /health answers. */
static void a_submit_is_not_given_up_while_health_answers(void **state)
{
    fixture *f = *state;
    fake_when(f->fake, &(fake_rule){.url = URL "/health",
                                    .reply = {.status = 200, .body = SLICE_LIT(HEALTHY)}});
    expect(f, "POST", URL "/submit", 500, "oops");
    expect_error(f, URL "/submit", ERR_NET);
    fake_expect(f->fake, &(fake_rule){.url = URL "/submit", .reply = {.never = true}});
    for (int i = 0; i < 40; i++)
        expect(f, "POST", URL "/submit", 503, "queue full");
    expect(f, "POST", URL "/submit", 200, "{\"job_id\":\"j-1\"}");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    for (size_t i = 0; i < fake_request_count(f->fake); i++) {
        const fake_request *r = fake_request_at(f->fake, i);
        if (strcmp(r->method, "POST") == 0) /* always the same key */
            assert_string_equal(fake_request_header(r, "Idempotency-Key"), "key-1");
    }
    finish(f);
}

static void a_refused_host_name_ends_the_run(void **state)
{
    fixture *f = *state;
    const http_header refused = {"Host-Refused", "true"};
    for (int i = 0; i < 2; i++) {
        fake_expect(f->fake, &(fake_rule){.method = "POST",
                                          .url = URL "/submit",
                                          .reply = {.status = 403,
                                                    .headers = &refused,
                                                    .header_count = i == 0,
                                                    .body = SLICE_LIT("Host header")}});
        f->done = false;
        UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "key-1", 0, on_done, f));
        assert_true(fake_run_until(f->fake, &f->done));
        assert_int_equal(f->error.code, i == 0 ? ERR_CONFIG : ERR_HTTP);
        assert_int_equal(f->error.cls == ERR_CLASS_RUN, i == 0);
    }
    finish(f);
}

static void a_refused_submit_fails_with_the_servers_message(void **state)
{
    fixture *f = *state;
    expect(f, "POST", URL "/submit", 422, "no such field\n");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "k", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_HTTP);
    assert_non_null(strstr(f->error.message, "no such field"));
    finish(f);
}

static void a_silent_server_ends_every_call(void **state)
{
    fixture *f = *state;
    fixture other = {0};
    fake_when(f->fake, &(fake_rule){.reply = {.error = ERR_NET}});
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "k", 0, on_done, f));
    UNUSED(!job_follow(f->jobs, "j-9", 0, on_done, &other));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_true(fake_run_until(f->fake, &other.done));
    assert_int_equal(f->error.code, ERR_SERVER_DOWN);
    assert_int_equal(other.error.code, ERR_SERVER_DOWN);
    finish(f);
}

/* The first poll after 5 ms, then doubling up to poll_interval. */
static void polls_at_doubling_pauses(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 13; i++)
        expect(f, "GET", URL "/status/j-1", 200,
               i % 2 ? "{\"job_id\":\"j-1\",\"status\":\"processing\"}"
                     : "{\"job_id\":\"j-1\",\"status\":\"pending\"}");
    expect(f, "GET", URL "/status/j-1", 200,
           "{\"status\":\"completed\",\"output_path\":\"/r/j-1.report.jsonl\","
           "\"purified_path\":\"/c/j-1.jsonl.gz\"}");
    uint64_t begun_ms = clock_now_ms(fake_transport_base(f->fake));
    UNUSED(!job_follow(f->jobs, "j-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_string_equal(f->report, "/r/j-1.report.jsonl");
    assert_string_equal(f->cleaned, "/c/j-1.jsonl.gz");
    uint64_t due_ms = begun_ms, pause_ms = 5;
    for (size_t i = 0; i < 14; i++) {
        due_ms += pause_ms;
        assert_int_equal(fake_request_at(f->fake, i)->sent_ms, due_ms);
        assert_true(fake_request_at(f->fake, i)->no_proxy);
        pause_ms = MIN(pause_ms * 2, (uint64_t)5000);
    }
    finish(f);
}

/* A job that never ends, at a server that is unreachable for some time. */
typedef struct absence {
    uint64_t from_ms, to_ms; /* after the begin */
    uint64_t begun_ms;
} absence;

static void answer_but_in_absence(void *ctx, const fake_request *r, fake_reply *reply)
{
    const absence *a = ctx;
    uint64_t at_ms = r->sent_ms - a->begun_ms;
    if (at_ms >= a->from_ms && at_ms < a->to_ms)
        reply->error = ERR_NET;
    else if (strstr(r->url, "/health"))
        reply->body = SLICE_LIT(HEALTHY);
    else
        reply->body = SLICE_LIT("{\"status\":\"processing\"}");
}

static uint64_t ms_until_overdue(fixture *f, uint64_t limit_ms, uint64_t from_ms, uint64_t to_ms)
{
    transport *t = fake_transport_base(f->fake);
    absence a = {.from_ms = from_ms, .to_ms = to_ms, .begun_ms = clock_now_ms(t)};
    fake_handle(f->fake, answer_but_in_absence, &a);
    f->done = false;
    UNUSED(!job_follow(f->jobs, "j-1", limit_ms, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_JOB_LIMIT);
    assert_int_equal(f->error.cls, ERR_CLASS_ITEM);
    return clock_now_ms(t) - a.begun_ms;
}

static void outages_count_for_no_limit(void **state)
{
    fixture *f = *state;
    assert_in_range(ms_until_overdue(f, 60000, 0, 0), 60000, 61000);
    assert_in_range(ms_until_overdue(f, 60000, 20000, 220000), 255000, 275000);
    /* unreachable when the limit passes: the limit is then doubled */
    assert_in_range(ms_until_overdue(f, 60000, 59999, 100000), 155000, 175000);
    finish(f);
}

/* A pause of a day between two polls must not hide the limit. */
static void the_limit_is_seen_between_two_looks(void **state)
{
    fixture *f = *state;
    detect_client_free(f->jobs);
    f->jobs = detect_client_new(fake_transport_base(f->fake),
                                &(detect_client_options){.server_url = URL,
                                                         .poll_interval_ms = 86400000,
                                                         .server_wait_ms = 300000});
    assert_in_range(ms_until_overdue(f, 60000, 0, 0), 60000, 61000);
    finish(f);
}

static void a_clean_job_has_no_report(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/status/j-1", 200,
           "{\"job_id\":\"j-1\",\"status\":\"completed\",\"output_path\":null}");
    UNUSED(!job_follow(f->jobs, "j-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_string_equal(f->report, "");
    finish(f);
}

static void follow_and_expect(fixture *f, int status, const char *body, err_code code,
                              const char *words)
{
    f->done = false;
    expect(f, "GET", URL "/status/j-1", status, body);
    UNUSED(!job_follow(f->jobs, "j-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, code);
    assert_non_null(strstr(f->error.message, words));
}

static void forgotten_and_failed_jobs_are_distinguished(void **state)
{
    fixture *f = *state;
    follow_and_expect(f, 200, "{\"error\":\"Job not found\"}", ERR_JOB_FORGOTTEN, "j-1");
    follow_and_expect(f, 404, "", ERR_JOB_FORGOTTEN, "j-1");
    follow_and_expect(f, 200,
                      "{\"error\":\"Processing error: bad UTF-8\",\"job_id\":\"j-1\","
                      "\"status\":\"failed\"}",
                      ERR_JOB_FAILED, "Processing error: bad UTF-8");
    follow_and_expect(f, 200,
                      "{\"error\":\"Task error: signal 9\",\"process_ended\":true,"
                      "\"status\":\"failed\"}",
                      ERR_JOB_CRASHED, "Task error: signal 9");
    follow_and_expect(f, 200, "<html>", ERR_PARSE, "<html>");
    finish(f);
}

/* NUL and large numbers are JSON; a path or a status of another type is never treated as absent. */
static void a_reply_may_hold_any_json_but_only_strings_count_as_paths(void **state)
{
    fixture *f = *state;
    follow_and_expect(f, 200, "{\"error\":\"bad \\u0000 byte\",\"status\":\"failed\"}",
                      ERR_JOB_FAILED, "bad   byte");
    follow_and_expect(f, 200,
                      "{\"n\":18446744073709551616,\"x\":\"\\u0000\",\"status\":\"completed\","
                      "\"output_path\":\"/r/1\"}",
                      ERR_NONE, "");
    assert_string_equal(f->report, "/r/1");
    static const char *const wrong[] = {"1", "{}", "[]", "true", "\"/r/\\u0000\"", "\"\\u0000\""};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        AUTO_FREE char *report =
            xasprintf("{\"output_path\":%s,\"status\":\"completed\"}", wrong[i]);
        AUTO_FREE char *cleaned =
            xasprintf("{\"purified_path\":%s,\"status\":\"completed\"}", wrong[i]);
        follow_and_expect(f, 200, report, ERR_PARSE, "not the reply of a detection server");
        follow_and_expect(f, 200, cleaned, ERR_PARSE, "not the reply of a detection server");
    }
    finish(f);
}

static void health_may_hold_any_json(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/health", 200,
           "{\"worker_threads\":3,\"purify\":true,\"report_output_dir\":\"/r\",\"x\":\"\\u0000\","
           "\"uptime_ns\":99999999999999999999}");
    detect_client_wait_server(f->jobs, false, on_ready, f);
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_NONE);
    assert_int_equal(f->facts.worker_threads, 3);
    finish(f);
}

static void a_job_id_cannot_lead_elsewhere(void **state)
{
    fixture *f = *state;
    expect(f, "POST", URL "/submit", 200, "{\"job_id\":\"../health\"}");
    UNUSED(!job_submit(f->jobs, "/w/a.jsonl", "k", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    assert_int_equal(f->error.code, ERR_PARSE);
    finish(f);
}

static void a_cancelled_call_leaves_nothing(void **state)
{
    fixture *f = *state;
    fake_when(f->fake, &(fake_rule){.url = URL "/submit", .reply = {.never = true}});
    op *c = job_submit(f->jobs, "/w/a.jsonl", "k", 0, on_done, f);
    op *waiting = job_follow(f->jobs, "j-1", 0, on_done, f);
    fake_run(f->fake);
    op_cancel(waiting);
    op_cancel(c);
    assert_int_equal(fake_calls_pending(f->fake), 0);
    assert_int_equal(fake_timers_pending(f->fake), 0);
    assert_false(f->done);
    finish(f);
}

static void free_the_client(void *ctx, const job_outcome *outcome, const err *error)
{
    fixture *f = ctx;
    UNUSED(error);
    copy_text(f->report, sizeof f->report, outcome->report_path);
    detect_client_free(f->jobs);
    f->jobs = NULL;
}

static void the_end_of_a_call_may_free_the_client(void **state)
{
    fixture *f = *state;
    expect(f, "GET", URL "/status/j-1", 200, "{\"status\":\"completed\",\"output_path\":\"/r/1\"}");
    UNUSED(!job_follow(f->jobs, "j-1", 0, free_the_client, f));
    UNUSED(!job_follow(f->jobs, "j-2", 0, on_done, f));
    fake_advance(f->fake, 5);
    fake_run_all(f->fake);
    assert_null(f->jobs);
    assert_string_equal(f->report, "/r/1");
    assert_false(f->done);
    finish(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_health, begin),
        cmocka_unit_test_setup(the_end_of_a_call_may_free_the_client, begin),
        cmocka_unit_test_setup(reads_the_size_of_the_index, begin),
        cmocka_unit_test_setup(refuses_a_server_without_records, begin),
        cmocka_unit_test_setup(refuses_a_server_that_lost_its_records, begin),
        cmocka_unit_test_setup(lenient_is_part_of_the_submission, begin),
        cmocka_unit_test_setup(the_format_of_cleaned_files_is_asked_for_where_offered, begin),
        cmocka_unit_test_setup(waits_for_a_server_that_comes_up, begin),
        cmocka_unit_test_setup(waits_for_a_server_that_builds_its_index, begin),
        cmocka_unit_test_setup(calls_wait_for_a_server_that_builds_its_index, begin),
        cmocka_unit_test_setup(a_server_that_went_silent_while_indexing_is_given_up, begin),
        cmocka_unit_test_setup(gives_up_after_server_wait, begin),
        cmocka_unit_test_setup(submits_the_path_with_a_key, begin),
        cmocka_unit_test_setup(a_submit_is_not_given_up_while_health_answers, begin),
        cmocka_unit_test_setup(a_refused_host_name_ends_the_run, begin),
        cmocka_unit_test_setup(a_refused_submit_fails_with_the_servers_message, begin),
        cmocka_unit_test_setup(a_silent_server_ends_every_call, begin),
        cmocka_unit_test_setup(polls_at_doubling_pauses, begin),
        cmocka_unit_test_setup(outages_count_for_no_limit, begin),
        cmocka_unit_test_setup(the_limit_is_seen_between_two_looks, begin),
        cmocka_unit_test_setup(a_clean_job_has_no_report, begin),
        cmocka_unit_test_setup(forgotten_and_failed_jobs_are_distinguished, begin),
        cmocka_unit_test_setup(a_reply_may_hold_any_json_but_only_strings_count_as_paths, begin),
        cmocka_unit_test_setup(health_may_hold_any_json, begin),
        cmocka_unit_test_setup(a_job_id_cannot_lead_elsewhere, begin),
        cmocka_unit_test_setup(a_cancelled_call_leaves_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
