/* The life of a request: signing, verdicts, retries, messages. Tested with HeadObject and
 * DeleteObject, the simplest operations. */
#include "base/util.h"
#include "tests/unit/s3/client/request_site.h"

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

static void a_retry_is_signed_again(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_set_random(s.f, 50);
    fake_expect(s.f, &(fake_rule){.reply = {.status = 500, .delay_ms = 5000}});
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
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
    REMOVE(&s, ERR_NONE);
    assert_null(site_sent_header(&s, 0, "Authorization"));
    assert_null(site_sent_header(&s, 0, "x-amz-date"));
    site_close(&s);
}

static void transient_failures_are_retried(void **state)
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
        REMOVE(&s, ERR_NONE);
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
        REMOVE(&s, ERR_NONE); /* the second try */
        assert_int_equal(fake_request_at(s.f, 0)->stall_timeout_ms, i == 0 ? 30000 : 5000);
        assert_int_equal(fake_request_at(s.f, 0)->connect_timeout_ms, i == 0 ? 10000 : 700);
        site_close(&s);
    }
}

static void truncated_replies_are_retried(void **state)
{
    static const err_code rows[] = {ERR_NET, ERR_NET_DNS, ERR_TIMEOUT, ERR_TRUNCATED};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect_error(&s, rows[i]);
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        site_close(&s);
    }
}

static void permanent_failures_are_not_retried(void **state)
{
    static const struct {
        int status;
        const char *body;
        err_code code;
        const char *advice;
    } rows[] = {
        {403, ERROR_XML("AccessDenied"), ERR_S3_ACCESS, "; check that the credentials may s3:Del"},
        {407, "", ERR_S3_CREDENTIALS, "; a proxy requires user and password"},
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

static void the_error_says_what_and_why(void **state)
{
    static const http_header id = {"x-amz-request-id", "REQ1"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 403,
                                            .headers = &id,
                                            .header_count = 1,
                                            .body = SLICE_LIT(ERROR_XML("AccessDenied"))}});
    REMOVE(&s, ERR_S3_ACCESS);
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
    REMOVE(&s, ERR_HTTP_SERVER);
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
    REMOVE(&s, ERR_HTTP_SERVER);
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
    REMOVE(&s, ERR_NONE);
    uint64_t first = fake_request_at(s.f, 0)->sent_ms;
    assert_int_equal(fake_request_at(s.f, 1)->sent_ms - first, 7000);
    assert_int_equal(fake_request_at(s.f, 2)->sent_ms - first, 8500);
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

static void free_ends_requests_in_flight(void **state)
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
        cmocka_unit_test(a_retry_is_signed_again),
        cmocka_unit_test(anonymous_requests_carry_no_signature),
        cmocka_unit_test(transient_failures_are_retried),
        cmocka_unit_test(a_request_is_given_up_when_nothing_moves),
        cmocka_unit_test(truncated_replies_are_retried),
        cmocka_unit_test(permanent_failures_are_not_retried),
        cmocka_unit_test(the_error_says_what_and_why),
        cmocka_unit_test(attempts_come_to_an_end),
        cmocka_unit_test(pauses_have_full_jitter_and_a_cap),
        cmocka_unit_test(pauses_double),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(a_cancelled_request_is_silent),
        cmocka_unit_test(free_ends_requests_in_flight),
        cmocka_unit_test(a_long_key_does_not_hide_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
