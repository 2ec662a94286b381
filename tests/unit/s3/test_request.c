/* The life of a request: signing, verdicts, retries, remedies, words. HeadObject and DeleteObject
 * are the simplest operations to see it with. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/s3/site.h"

#define URL             "http://store/b/k"
#define ERROR_XML(code) "<Error><Code>" code "</Code><Message>words.</Message></Error>"

static void remove_key(site *s)
{
    s3_delete(s->c, "b", "k", site_done, s);
}

static void a_request_is_signed_when_it_is_sent(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    remove_key(&s);
    assert_int_equal(fake_request_count(s.f), 0);
    site_expect(&s, "DELETE", URL, 204, "");
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "Host"), "store");
    assert_string_equal(site_sent_header(&s, 0, "x-amz-date"), "20130524T000000Z");
    assert_string_equal(site_sent_header(&s, 0, "x-amz-content-sha256"), S3_EMPTY_SHA256);
    assert_null(site_sent_header(&s, 0, "x-amz-security-token"));
    const char *authorization = site_sent_header(&s, 0, "Authorization");
    assert_true(str_starts_with(authorization, "AWS4-HMAC-SHA256 Credential=" KEY_ID
                                               "/20130524/us-east-1/s3/aws4_request, "
                                               "SignedHeaders=host;x-amz-content-sha256;x-amz-"
                                               "date, Signature="));
    site_close(&s);
}

static void a_retry_is_signed_anew(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_set_random(s.f, 50);
    fake_expect(s.f, &(fake_rule){.reply = {.status = 500, .delay_ms = 5000}});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 1, "x-amz-date"), "20130524T000005Z");
    assert_string_not_equal(site_sent_header(&s, 0, "Authorization"),
                            site_sent_header(&s, 1, "Authorization"));
    site_close(&s);
}

static void anonymous_requests_carry_no_signature(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.no_sign_request = true});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_null(site_sent_header(&s, 0, "Authorization"));
    assert_null(site_sent_header(&s, 0, "x-amz-date"));
    site_close(&s);
}

static void what_may_pass_is_tried_again(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{408, ""},
                {425, ""},
                {429, ""},
                {499, ""},
                {500, ""},
                {502, ""},
                {503, ""},
                {504, ""},
                {520, ""},
                {500, ERROR_XML("InternalError")},
                {503, ERROR_XML("SlowDown")},
                {400, ERROR_XML("RequestTimeout")},
                {400, ERROR_XML("BadDigest")},
                {409, ERROR_XML("OperationAborted")}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "DELETE", URL, rows[i].status, rows[i].body);
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_int_equal(s3_client_stats(s.c).retries, 1);
        site_close(&s);
    }
}

static void a_request_is_given_up_when_nothing_moves(void **state)
{
    static const s3_config rows[] = {{0}, {.stall_timeout_ms = 5000, .connect_timeout_ms = 700}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, rows[i]);
        fake_expect(s.f, &(fake_rule){.reply = {.never = true}});
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE); /* the second try */
        assert_int_equal(fake_request_at(s.f, 0)->stall_timeout_ms, i == 0 ? 30000 : 5000);
        assert_int_equal(fake_request_at(s.f, 0)->connect_timeout_ms, i == 0 ? 10000 : 700);
        site_close(&s);
    }
}

static void what_breaks_off_is_tried_again(void **state)
{
    static const err_code rows[] = {ERR_NET, ERR_NET_DNS, ERR_TIMEOUT, ERR_TRUNCATED};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect_error(&s, rows[i]);
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        site_close(&s);
    }
}

static void what_cannot_pass_fails_at_once(void **state)
{
    static const struct {
        int status;
        const char *body;
        err_code code;
        const char *advice;
    } rows[] = {
        {403, ERROR_XML("AccessDenied"), ERR_S3_ACCESS, "; check that the credentials may s3:Del"},
        {407, "", ERR_S3_CREDENTIALS, "; a proxy on the way wants user and password"},
        {404, ERROR_XML("NoSuchBucket"), ERR_S3_NO_BUCKET, "; check the bucket's name and the end"},
        {404, ERROR_XML("NoSuchKey"), ERR_S3_NOT_FOUND, "; check the key"},
        {404, "", ERR_S3_NOT_FOUND, "; check the bucket's name and the key"},
        {409, ERROR_XML("BucketAlreadyExists"), ERR_S3_REPLY, "; choose another name"},
        {409, ERROR_XML("BucketAlreadyOwnedByYou"), ERR_S3_REPLY, "; use it, or choose another"},
        {412, ERROR_XML("PreconditionFailed"), ERR_S3_CHANGED, ""},
        {403, ERROR_XML("InvalidObjectState"), ERR_S3_ARCHIVED, "; restore the object"},
        {403, ERROR_XML("SignatureDoesNotMatch"), ERR_S3_CREDENTIALS, "; check AWS_SECRET_ACC"},
        {501, ERROR_XML("NotImplemented"), ERR_HTTP_SERVER, ""},
        {400, "<html>", ERR_S3_REPLY, ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "DELETE", URL, rows[i].status, rows[i].body);
        remove_key(&s);
        assert_int_equal(site_end(&s), rows[i].code);
        assert_int_equal(s.error.http_status, rows[i].status);
        assert_int_not_equal(s.error.cls, ERR_CLASS_RETRY);
        if (!strstr(s.error.message, rows[i].advice))
            fail_msg("'%s' is not in: %s", rows[i].advice, s.error.message);
        site_close(&s);
    }
}

static void the_error_tells_what_and_why(void **state)
{
    static const http_header id = {"x-amz-request-id", "REQ1"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 403,
                                            .headers = &id,
                                            .header_count = 1,
                                            .body = SLICE_LIT(ERROR_XML("AccessDenied"))}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    assert_string_equal(s.error.message,
                        "s3://b/k: DeleteObject: 403 AccessDenied (request id REQ1): words; check "
                        "that the credentials may s3:DeleteObject");
    assert_string_equal(s.error.s3_code, "AccessDenied");
    assert_string_equal(s.error.request_id, "REQ1");
    site_close(&s);
}

static void attempts_come_to_an_end(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 3});
    fake_when(s.f, &(fake_rule){.reply = {.status = 500, .body = SLICE_LIT("")}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_HTTP_SERVER);
    assert_int_equal(fake_request_count(s.f), 3);
    assert_int_equal(s.error.cls, ERR_CLASS_ITEM); /* retries are spent */
    assert_non_null(strstr(s.error.message, "(after 3 attempts)"));
    site_close(&s);
}

static void pauses_have_full_jitter_and_a_cap(void **state)
{
    (void)state;
    assert_int_equal(s3_backoff_ms(50, 1, 20000, UINT64_MAX / 51 * 51), 0);
    for (unsigned attempt = 1; attempt < 40; attempt++) {
        uint64_t bound = attempt > 9 ? 20000 : MIN(20000, 50ULL << (attempt - 1));
        assert_int_equal(s3_backoff_ms(50, attempt, 20000, bound), bound);
        assert_int_equal(s3_backoff_ms(50, attempt, 20000, bound + 1), 0);
    }
}

static void pauses_double(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 4});
    fake_when(s.f, &(fake_rule){.reply = {.status = 500}});
    fake_set_random(s.f, 50ULL * 101 * 201); /* a pause is this modulo its bound + 1 */
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_HTTP_SERVER);
    for (size_t i = 1; i < 4; i++) {
        uint64_t pause = fake_request_at(s.f, i)->sent_ms - fake_request_at(s.f, i - 1)->sent_ms;
        assert_int_equal(pause, 50ULL * 101 * 201 % ((50ULL << (i - 1)) + 1));
    }
    site_close(&s);
}

static void retry_after_is_honoured(void **state)
{
    static const http_header seconds = {"Retry-After", "7"};
    static const http_header millis = {"x-amz-retry-after", "1500"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_set_random(s.f, 0);
    fake_expect(s.f,
                &(fake_rule){.reply = {.status = 503, .headers = &seconds, .header_count = 1}});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 500, .headers = &millis, .header_count = 1}});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    uint64_t first = fake_request_at(s.f, 0)->sent_ms;
    assert_int_equal(fake_request_at(s.f, 1)->sent_ms - first, 7000);
    assert_int_equal(fake_request_at(s.f, 2)->sent_ms - first, 8500);
    site_close(&s);
}

static void a_dead_kept_connection_costs_nothing(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    uint64_t tokens = s.c->throttle.tokens;
    fake_expect(s.f, &(fake_rule){.reply = {.error = ERR_NET, .reused = true}});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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

static void the_region_stands_on_refusals_too(void **state)
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
        fake_expect(s.f, &refusal); /* a second time is the end */
        bool may_be_keys = rows[i].status == 400 && strcmp(rows[i].method, "HEAD") == 0;
        if (may_be_keys) /* but that the keys have expired is not out of the question */
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
        refusal.reply.headers = &same; /* signed for the right region: no second try for it */
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

static void the_region_may_stand_in_the_body(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    site_expect(&s, "DELETE", URL, 400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-south-1</Region>"
                "</Error>");
    site_expect(&s, "DELETE", URL, 400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>r-3</Region></Error>");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
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
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_S3_REPLY);
        site_close(&s);
    }
}

/* Bytes of a reply had come: the store has begun to work on it. */
static void a_kept_connection_that_breaks_later_costs_an_attempt(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 1});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 204, .error = ERR_NET, .reused = true}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NET);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CLOCK);
    assert_int_equal(fake_request_count(s.f), 2);
    site_close(&s);
}

static void a_wrong_clock_is_told_once(void **state)
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

/* Not only the one that was refused waits: fewer go out, until the store bears more again. */
static void a_throttled_request_lowers_the_requests_in_flight(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{503, ERROR_XML("SlowDown")}, {503, ""}, {429, ""}, {400, ERROR_XML("Throttling")}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){.max_in_flight = 8});
        site_expect(&s, "DELETE", URL, rows[i].status, rows[i].body);
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_int_equal(s.c->throttle.limit, 4);
        assert_int_equal(s.c->throttle.tokens, S3_TOKENS_MAX);
        fake_when(s.f, &(fake_rule){.reply = {.status = 204, .delay_ms = 10}});
        for (int n = 0; n < 40; n++)
            remove_key(&s);
        fake_run(s.f);
        assert_int_equal(s3_client_stats(s.c).in_flight, 4);
        fake_run_all(s.f);
        assert_int_equal(s.done_count, 41);
        assert_int_equal(s.c->throttle.limit, 8);
        site_close(&s);
    }
}

static void throttling_halves_and_recovers(void **state)
{
    s3_throttle t;
    unsigned taken = 0;
    (void)state;
    s3_throttle_init(&t, 8);
    s3_throttle_slow_down(&t, 5000);
    s3_throttle_slow_down(&t, 5001); /* the same word */
    assert_int_equal(t.limit, 4);
    s3_throttle_slow_down(&t, 6000);
    s3_throttle_slow_down(&t, 7000);
    s3_throttle_slow_down(&t, 8000);
    assert_int_equal(t.limit, 1);
    s3_throttle_success(&t, 0);
    assert_int_equal(t.limit, 2);
    for (int i = 0; i < 100; i++)
        s3_throttle_success(&t, 0);
    assert_int_equal(t.limit, 8);
    for (int i = 0; i < 35; i++)
        assert_true(s3_throttle_take(&t, false, &taken));
    assert_int_equal(t.tokens, 10);
    assert_false(s3_throttle_take(&t, false, &taken));
    assert_true(s3_throttle_take(&t, true, &taken));
    s3_throttle_success(&t, 14);
    assert_int_equal(t.tokens, 19);
    s3_throttle_success(&t, 0); /* what needed no retry brings something back too */
    assert_int_equal(t.tokens, 20);
}

static void no_more_are_in_flight_than_allowed(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_in_flight = 3});
    fake_when(s.f, &(fake_rule){.reply = {.status = 204, .delay_ms = 10}});
    for (int i = 0; i < 20; i++)
        remove_key(&s);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 20);
    assert_int_equal(fake_calls_peak(s.f), 3);
    assert_true(s3_client_idle(s.c));
    site_close(&s);
}

static void spent_tokens_fail_a_store_that_never_answered(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_when(s.f, &(fake_rule){.reply = {.status = 500}});
    s.c->throttle.tokens = 20;
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_HTTP_SERVER);
    assert_int_equal(fake_request_count(s.f), 2);
    site_close(&s);
}

static void a_store_that_goes_away_is_waited_for(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_expect(s.f, &(fake_rule){.times = 20, .reply = {.error = ERR_NET_DNS}});
    site_expect(&s, "DELETE", URL, 500, ""); /* of two attempts the first one */
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_false(s.c->outage.on);
    site_close(&s);
}

static void an_outage_has_a_limit_and_says_so(void **state)
{
    s3_outage o = {.limit_ms = 3600000};
    err e = ERR_INIT;
    (void)state;
    assert_false(err_set(&e, ERR_NET_DNS, "nobody there"));
    assert_false(s3_outage_wait(&o, 1000, &e)); /* it has never answered */
    s3_outage_success(&o, 1000);
    assert_false(o.on);
    assert_true(s3_outage_wait(&o, 2000, &e));
    assert_int_equal(o.said_ms, 2000);
    assert_true(s3_outage_wait(&o, 301999, &e));
    assert_int_equal(o.said_ms, 2000);
    assert_true(s3_outage_wait(&o, 302000, &e));
    assert_int_equal(o.said_ms, 302000);
    assert_true(s3_outage_wait(&o, 3601999, &e));
    assert_false(s3_outage_wait(&o, 3602000, &e));
    s3_outage_success(&o, 3700000);
    assert_true(s3_outage_wait(&o, 3800000, &e)); /* another one */
}

static void a_store_that_stays_away_is_given_up(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    uint64_t begin = fake_request_at(s.f, 0)->sent_ms;
    fake_when(s.f, &(fake_rule){.reply = {.error = ERR_NET_DNS}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NET_DNS);
    uint64_t end = fake_request_at(s.f, fake_request_count(s.f) - 1)->sent_ms;
    assert_in_range(end - begin, 600000, 660000);
    site_close(&s);
}

static void a_cancelled_request_is_silent(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_in_flight = 2});
    fake_when(s.f, &(fake_rule){.url_has = "/never", .reply = {.never = true}});
    fake_when(s.f, &(fake_rule){.url_has = "/again", .reply = {.status = 500}});
    s3_op *flying = s3_delete(s.c, "b", "never", site_done, &s);
    s3_op *waiting = s3_delete(s.c, "b", "again", site_done, &s);
    fake_run(s.f);
    s3_op *queued = s3_delete(s.c, "b", "k", site_done, &s);
    s3_op_cancel(flying);
    s3_op_cancel(waiting);
    s3_op_cancel(queued);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 0);
    assert_true(s3_client_idle(s.c));
    site_close(&s);
}

static void free_ends_what_is_under_way(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_in_flight = 1});
    fake_when(s.f, &(fake_rule){.reply = {.never = true}});
    remove_key(&s);
    remove_key(&s);
    fake_run(s.f);
    s3_client_free(s.c);
    assert_int_equal(s.done_count, 0);
    fake_free(s.f);
}

static void a_long_key_does_not_hide_the_cause(void **state)
{
    char key[1025];
    site s;
    (void)state;
    memset(key, 'k', 1024);
    key[1024] = '\0';
    site_open(&s, (s3_config){0});
    fake_expect(
        s.f, &(fake_rule){.reply = {.status = 403, .body = SLICE_LIT(ERROR_XML("AccessDenied"))}});
    s3_delete(s.c, "b", key, site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    assert_non_null(strstr(s.error.message, "AccessDenied"));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_signed_when_it_is_sent),
        cmocka_unit_test(a_retry_is_signed_anew),
        cmocka_unit_test(anonymous_requests_carry_no_signature),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(a_request_is_given_up_when_nothing_moves),
        cmocka_unit_test(what_breaks_off_is_tried_again),
        cmocka_unit_test(what_cannot_pass_fails_at_once),
        cmocka_unit_test(the_error_tells_what_and_why),
        cmocka_unit_test(attempts_come_to_an_end),
        cmocka_unit_test(pauses_have_full_jitter_and_a_cap),
        cmocka_unit_test(pauses_double),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(a_dead_kept_connection_costs_nothing),
        cmocka_unit_test(the_region_is_followed_once),
        cmocka_unit_test(the_host_follows_the_region),
        cmocka_unit_test(the_region_stands_on_refusals_too),
        cmocka_unit_test(the_region_may_stand_in_the_body),
        cmocka_unit_test(a_wrong_clock_is_set_right),
        cmocka_unit_test(a_region_that_is_no_name_is_not_followed),
        cmocka_unit_test(a_wrong_clock_is_told_once),
        cmocka_unit_test(a_kept_connection_that_breaks_later_costs_an_attempt),
        cmocka_unit_test(a_clock_that_stays_wrong_is_the_end),
        cmocka_unit_test(a_throttled_request_lowers_the_requests_in_flight),
        cmocka_unit_test(throttling_halves_and_recovers),
        cmocka_unit_test(no_more_are_in_flight_than_allowed),
        cmocka_unit_test(spent_tokens_fail_a_store_that_never_answered),
        cmocka_unit_test(a_store_that_goes_away_is_waited_for),
        cmocka_unit_test(an_outage_has_a_limit_and_says_so),
        cmocka_unit_test(a_store_that_stays_away_is_given_up),
        cmocka_unit_test(a_cancelled_request_is_silent),
        cmocka_unit_test(free_ends_what_is_under_way),
        cmocka_unit_test(a_long_key_does_not_hide_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
