/* orchestrator/detect/detect_client against a scripted server and a fake clock. */
#include "tests/unit/orchestrator/detect/detect_site.h"

static void expect_error(fixture *f, const char *url, err_code code)
{
    fake_expect(f->fake, &(fake_rule){.url = url, .reply = {.error = code}});
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_health, begin),
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
        cmocka_unit_test_setup(health_may_hold_any_json, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
