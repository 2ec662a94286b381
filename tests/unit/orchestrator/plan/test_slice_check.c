/* orchestrator/plan: which files of a slice taken over from another host are done. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/plan/slice_check.h"
#include "tests/fake/transport.h"

typedef struct fixture {
    fake_transport *fake;
    s3_client *s3;
    places places;
    listing listing;
    plan plan;
    bool done;
    err error;
} fixture;

/* Results of the input of 10 bytes with the ETag "e", on 24 May 2013. */
static void answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    static const http_header current[] = {{"ETag", "\"r\""},
                                          {"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"},
                                          {"Content-Length", "0"},
                                          {"x-amz-meta-decon-input-etag", "e"},
                                          {"x-amz-meta-decon-input-size", "10"},
                                          {"x-amz-meta-decon-settings", "f1"}};
    static const http_header other[] = {{"ETag", "\"r\""},
                                        {"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"},
                                        {"Content-Length", "0"},
                                        {"x-amz-meta-decon-input-etag", "old"},
                                        {"x-amz-meta-decon-input-size", "10"},
                                        {"x-amz-meta-decon-settings", "f1"}};
    bool is_current =
        strstr(r->url, "clean-done.clean") || strstr(r->url, "report-done.report.jsonl");
    bool is_other = strstr(r->url, "replaced.clean") != NULL;
    bool is_unmarked = strstr(r->url, "unmarked.clean") != NULL; /* no version, no settings */
    UNUSED(ctx);
    assert_string_equal(r->method, "HEAD");
    reply->status = strstr(r->url, "forbidden")             ? 403
                    : is_current || is_other || is_unmarked ? 200
                                                            : 404;
    if (reply->status != 200)
        return;
    reply->headers = is_other ? other : current;
    reply->header_count = is_unmarked ? 3 : ARRAY_LEN(current);
}

static void on_done(void *ctx, const err *error)
{
    fixture *f = ctx;
    f->done = true;
    if (error)
        f->error = *error;
}

static bool all_keys(void *ctx, const char *key)
{
    UNUSED(ctx);
    UNUSED(key);
    return true;
}

static void begin(fixture *f, const char *const *names)
{
    err e = ERR_INIT;
    *f = (fixture){.fake = fake_new()};
    fake_handle(f->fake, answer, f);
    f->s3 = s3_client_new(
        fake_transport_base(f->fake),
        &(s3_config){.endpoint = "http://store.test", .getenv_fn = fake_credentials}, &e);
    assert_true(places_make("s3://b/in", "s3://b/rep", NULL, &f->places, &e));
    for (; *names; names++) {
        AUTO_FREE char *key = xasprintf("in/%s.jsonl", *names);
        listing_add_input(&f->listing, &f->places,
                          &(s3_object){.key = key, .size_bytes = 10, .etag = "\"e\""});
    }
    listed_sort(&f->listing.reports);
    listed_sort(&f->listing.cleaned);
    plan_options o = {.places = &f->places, .listing = &f->listing};
    plan_slices s;
    plan_slices_make(&o, 1, &s);
    plan_slice(&o, &s, 0, all_keys, NULL, &f->plan);
    plan_slices_deinit(&s);
}

static void check(fixture *f, const char *settings, int64_t since_s)
{
    const op *check =
        slice_check_start(&(slice_check_options){.transport = fake_transport_base(f->fake),
                                                 .s3 = f->s3,
                                                 .plan = &f->plan,
                                                 .at_once = 2,
                                                 .settings = settings,
                                                 .since_s = since_s,
                                                 .on_done = on_done,
                                                 .ctx = f});
    assert_non_null(check);
    fake_run_all(f->fake);
    assert_true(f->done);
}

static void end(fixture *f)
{
    s3_client_free(f->s3);
    fake_free(f->fake);
    plan_deinit(&f->plan);
    listing_deinit(&f->listing);
    places_deinit(&f->places);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void files_with_a_current_result_leave_the_plan(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, NAMES("clean-done", "absent", "report-done", "replaced", "absent2"));
    check(&f, "F1", 0);
    assert_false(err_is_set(&f.error));
    assert_int_equal(f.plan.done, 2);
    assert_int_equal(f.plan.count, 3);
    assert_int_equal(f.plan.size_bytes, 30);
    for (size_t i = 0; i < f.plan.count; i++)
        assert_null(strstr(f.plan.rows[i].object->key, "-done"));
    end(&f);
}

static void results_of_other_settings_or_before_the_round_do_not_count(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, NAMES("clean-done", "report-done"));
    check(&f, "f2", 0);
    assert_int_equal(f.plan.count, 2);
    f.done = false;
    check(&f, "f1", 1369353601);
    assert_int_equal(f.plan.count, 2);
    f.done = false;
    check(&f, NULL, 1369353600);
    assert_int_equal(f.plan.count, 0);
    end(&f);
}

static void a_result_that_names_no_version_does_not_count(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, NAMES("unmarked", "clean-done"));
    check(&f, NULL, 0);
    assert_int_equal(f.plan.count, 1);
    assert_string_equal(f.plan.rows[0].object->key, "in/unmarked.jsonl");
    end(&f);
}

static void an_empty_plan_is_checked_without_requests(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, NAMES(NULL));
    check(&f, NULL, 0);
    assert_int_equal(fake_request_count(f.fake), 0);
    end(&f);
}

static void a_store_that_refuses_is_an_error_and_nothing_leaves_the_plan(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, NAMES("clean-done", "forbidden", "report-done"));
    check(&f, NULL, 0);
    assert_int_equal(f.error.http_status, 403);
    assert_int_equal(f.plan.count, 3);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_with_a_current_result_leave_the_plan),
        cmocka_unit_test(results_of_other_settings_or_before_the_round_do_not_count),
        cmocka_unit_test(a_result_that_names_no_version_does_not_count),
        cmocka_unit_test(an_empty_plan_is_checked_without_requests),
        cmocka_unit_test(a_store_that_refuses_is_an_error_and_nothing_leaves_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
