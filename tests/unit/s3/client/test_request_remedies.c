/* What a request tries after a refusal before it fails: another connection, region or time. */
#include <sys/mman.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "tests/unit/s3/client/request_site.h"

static void a_dead_kept_connection_costs_nothing(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    uint64_t tokens = s.c->throttle.tokens;
    fake_expect(s.f, &(fake_rule){.reply = {.error = ERR_NET, .reused = true}});
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    assert_true(fake_request_at(s.f, 1)->no_reuse);
    assert_int_equal(fake_request_at(s.f, 1)->sent_ms, fake_request_at(s.f, 0)->sent_ms);
    assert_int_equal(s.c->throttle.tokens, tokens);
    site_close(&s);
}

static void the_region_is_followed_once(void **state)
{
    static const http_header region = {"x-amz-bucket-region", "eu-west-1"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 301, .headers = &region, .header_count = 1}});
    site_expect(&s, "DELETE", URL, 204, "");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    remove_key(&s); /* the region is remembered */
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_non_null(strstr(site_sent_header(&s, 0, "Authorization"), "/us-east-1/"));
    assert_non_null(strstr(site_sent_header(&s, 1, "Authorization"), "/eu-west-1/"));
    assert_non_null(strstr(site_sent_header(&s, 2, "Authorization"), "/eu-west-1/"));
    site_close(&s);
}

static void the_host_follows_the_region(void **state)
{
    static const http_header region = {"x-amz-bucket-region", "eu-west-1"};
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    (void)state;
    s.c = s3_client_new(fake_transport_base(s.f), &(s3_config){.no_sign_request = true}, &e);
    fake_expect(s.f, &(fake_rule){.url = "https://box.s3.us-east-1.amazonaws.com/k",
                                  .reply = {.status = 301, .headers = &region, .header_count = 1}});
    site_expect(&s, "DELETE", "https://box.s3.eu-west-1.amazonaws.com/k", 204, "");
    s3_delete(s.c, "box", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void the_region_is_in_refusals_too(void **state)
{
    static const struct {
        int status;
        const char *method, *body;
    } rows[] = {
        {400, "HEAD", ""},
        {403, "HEAD", ""},
        {301, "HEAD", ""},
        {403, "DELETE", ERROR_XML("AccessDenied")},
        {400, "DELETE", ERROR_XML("InvalidRequest")},
    };
    static const http_header other = {"x-amz-bucket-region", "eu-west-1"};
    static const http_header same = {"x-amz-bucket-region", "us-east-1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        fake_rule refusal = {.method = rows[i].method,
                             .reply = {.status = rows[i].status,
                                       .headers = &other,
                                       .header_count = 1,
                                       .body = slice_from(rows[i].body)}};
        site_open(&s, (s3_config){0});
        fake_expect(s.f, &refusal);
        fake_expect(s.f, &refusal); /* the second one is final */
        bool may_be_keys = rows[i].status == 400 && strcmp(rows[i].method, "HEAD") == 0;
        if (may_be_keys) /* expired keys are still possible */
            fake_expect(s.f, &refusal);
        if (strcmp(rows[i].method, "HEAD") == 0)
            s3_head_bucket(s.c, "b", site_done, &s);
        else
            remove_key(&s);
        assert_int_not_equal(site_end(&s), ERR_NONE);
        assert_non_null(strstr(site_sent_header(&s, 0, "Authorization"), "/us-east-1/s3/"));
        assert_non_null(strstr(site_sent_header(&s, 1, "Authorization"), "/eu-west-1/s3/"));
        site_close(&s);
        site_open(&s, (s3_config){0});
        refusal.reply.headers = &same; /* signed for the right region: no second attempt */
        fake_expect(s.f, &refusal);
        if (may_be_keys)
            fake_expect(s.f, &refusal);
        if (strcmp(rows[i].method, "HEAD") == 0)
            s3_head_bucket(s.c, "b", site_done, &s);
        else
            remove_key(&s);
        assert_int_not_equal(site_end(&s), ERR_NONE);
        site_close(&s);
    }
}

static void the_region_may_be_in_the_body(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    site_expect(&s, "DELETE", URL, 400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-south-1</Region>"
                "</Error>");
    site_expect(&s, "DELETE", URL, 400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>r-3</Region></Error>");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_non_null(strstr(site_sent_header(&s, 1, "Authorization"), "/eu-south-1/"));
    site_close(&s);
}

static void a_region_that_is_no_name_is_not_followed(void **state)
{
    static const char *const rows[] = {
        "<Error><Code>PermanentRedirect</Code><Region>x/</Region></Error>",
        "<Error><Code>PermanentRedirect</Code><Region>a b</Region></Error>",
        "<Error><Code>PermanentRedirect</Code><Region></Region></Error>"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "DELETE", URL, 301, rows[i]);
        REMOVE(&s, ERR_S3_REPLY);
        site_close(&s);
    }
}

/* Bytes of a reply were received: the store has begun to execute the request. */
static void a_kept_connection_that_breaks_later_costs_an_attempt(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 204, .error = ERR_NET, .reused = true}});
    REMOVE(&s, ERR_NET);
    site_close(&s);
}

static void a_wrong_clock_is_set_right(void **state)
{
    static const http_header date = {"Date", "Fri, 24 May 2013 02:00:00 GMT"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 403,
                                            .headers = &date,
                                            .header_count = 1,
                                            .body = SLICE_LIT(ERROR_XML("RequestTimeTooSkewed"))}});
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    assert_string_equal(site_sent_header(&s, 1, "x-amz-date"), "20130524T020000Z");
    site_close(&s);
}

static void a_clock_that_stays_wrong_is_the_end(void **state)
{
    static const http_header date = {"Date", "Fri, 24 May 2013 02:00:00 GMT"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_when(s.f, &(fake_rule){.reply = {.status = 403,
                                          .headers = &date,
                                          .header_count = 1,
                                          .body = SLICE_LIT(ERROR_XML("RequestTimeTooSkewed"))}});
    REMOVE(&s, ERR_S3_CLOCK);
    assert_int_equal(fake_request_count(s.f), 2);
    site_close(&s);
}

static void a_wrong_clock_is_reported_once(void **state)
{
    static const http_header date = {"Date", "Fri, 24 May 2013 02:00:00 GMT"};
    char text[4096] = "";
    site s;
    int fd = memfd_create("log", MFD_CLOEXEC);
    (void)state;
    log_setup(&(log_options){.level = LOG_WARN, .fd = fd});
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.times = 20,
                                  .reply = {.status = 403,
                                            .headers = &date,
                                            .header_count = 1,
                                            .body = SLICE_LIT(ERROR_XML("RequestTimeTooSkewed"))}});
    fake_expect(s.f, &(fake_rule){.times = 20, .reply = {.status = 204}});
    for (int i = 0; i < 20; i++)
        remove_key(&s);
    fake_run_all(s.f);
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO});
    assert_int_equal(s.done_count, 20);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_non_null(strstr(text, "this host's clock differs"));
    assert_ptr_equal(strchr(text, '\n'), strrchr(text, '\n'));
    close(fd);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_kept_connection_costs_nothing),
        cmocka_unit_test(the_region_is_followed_once),
        cmocka_unit_test(the_host_follows_the_region),
        cmocka_unit_test(the_region_is_in_refusals_too),
        cmocka_unit_test(the_region_may_be_in_the_body),
        cmocka_unit_test(a_wrong_clock_is_set_right),
        cmocka_unit_test(a_region_that_is_no_name_is_not_followed),
        cmocka_unit_test(a_wrong_clock_is_reported_once),
        cmocka_unit_test(a_kept_connection_that_breaks_later_costs_an_attempt),
        cmocka_unit_test(a_clock_that_stays_wrong_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
