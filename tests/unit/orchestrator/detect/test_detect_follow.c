/* The calls that follow a job of the detection server. */
#include "tests/unit/orchestrator/detect/detect_site.h"

/* The first poll after 1 ms, then doubling up to poll_interval. */
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
    uint64_t due_ms = begun_ms, pause_ms = 1;
    for (size_t i = 0; i < 14; i++) {
        due_ms += pause_ms;
        assert_int_equal(fake_request_at(f->fake, i)->sent_ms, due_ms);
        assert_true(fake_request_at(f->fake, i)->no_proxy);
        pause_ms = MIN(pause_ms * 2, (uint64_t)5000);
    }
    finish(f);
}

/* How long after its submission a job's status is requested first. */
static uint64_t first_pause_ms(fixture *f, bool ended)
{
    size_t from = fake_request_count(f->fake);
    uint64_t begun_ms = clock_now_ms(fake_transport_base(f->fake));
    if (!ended)
        expect(f, "GET", URL "/status/j-1", 200, "{\"status\":\"processing\"}");
    expect(f, "GET", URL "/status/j-1", 200, "{\"status\":\"completed\"}");
    f->done = false;
    UNUSED(!job_follow(f->jobs, "j-1", 0, on_done, f));
    assert_true(fake_run_until(f->fake, &f->done));
    return fake_request_at(f->fake, from)->sent_ms - begun_ms;
}

static void the_first_poll_comes_when_jobs_have_ended_lately(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(first_pause_ms(f, true), 1);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(first_pause_ms(f, false), MIN(1 + i, 5u));
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(first_pause_ms(f, true), i < 32 ? 5 - i / 8 : 1);
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
        cmocka_unit_test_setup(the_end_of_a_call_may_free_the_client, begin),
        cmocka_unit_test_setup(polls_at_doubling_pauses, begin),
        cmocka_unit_test_setup(the_first_poll_comes_when_jobs_have_ended_lately, begin),
        cmocka_unit_test_setup(outages_count_for_no_limit, begin),
        cmocka_unit_test_setup(the_limit_is_seen_between_two_looks, begin),
        cmocka_unit_test_setup(a_clean_job_has_no_report, begin),
        cmocka_unit_test_setup(forgotten_and_failed_jobs_are_distinguished, begin),
        cmocka_unit_test_setup(a_reply_may_hold_any_json_but_only_strings_count_as_paths, begin),
        cmocka_unit_test_setup(a_job_id_cannot_lead_elsewhere, begin),
        cmocka_unit_test_setup(a_cancelled_call_leaves_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
