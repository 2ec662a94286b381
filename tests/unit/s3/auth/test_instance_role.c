/* Keys of the instance's role, from the metadata service. */
#include "tests/unit/s3/auth/role_site.h"

static void the_role_is_asked_in_three_steps(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    expect_role_keys(&s, "ID-R", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    for (size_t step = 0; step < 3; step++)
        assert_true(fake_request_at(s.f, step)->no_proxy);
    assert_false(fake_request_at(s.f, 3)->no_proxy);
    assert_in_range(fake_request_at(s.f, 0)->total_timeout_ms, 1, 5000);
    assert_true(signed_with(&s, 3, "ID-R"));
    assert_string_equal(site_sent_header(&s, 3, "x-amz-security-token"), "ROLE-TOKEN");
    site_close(&s);
}

static void keys_are_renewed_five_minutes_ahead_in_the_background(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T01:00:00Z");
    accept_removals(&s);
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 54 * 60 * 1000);
    REMOVE(&s, ERR_NONE); /* 6 minutes ahead: no request */
    fake_advance(s.f, 90 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    size_t count = fake_request_count(s.f);
    assert_true(signed_with(&s, 4, "ID-1"));
    assert_true(signed_with(&s, count - 1, "ID-2"));
    site_close(&s);
}

static void keys_of_half_a_minute_are_renewed_when_they_end(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    accept_removals(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T00:00:30Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 31 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void expired_keys_are_waited_for(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    accept_removals(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T01:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 2 * 3600 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void in_an_outage_expired_keys_are_used_on(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    accept_removals(&s);
    expect_role_keys(&s, "ID-OLD", "2013-05-23T23:00:00Z"); /* expired when it came */
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, 3, "ID-OLD"));
    fake_advance(s.f, 120 * 1000);
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .times = 2, .reply = {.error = ERR_TIMEOUT}});
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-OLD"));
    site_close(&s);
}

static void without_a_token_the_hop_limit_is_named(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .times = 2, .reply = {.error = ERR_TIMEOUT}});
    remove_key(&s);
    REMOVE(&s, ERR_S3_CREDENTIALS);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 2); /* all waiting requests are notified */
    assert_non_null(strstr(s.error.message, "hop-limit"));
    assert_non_null(strstr(s.error.message, "AWS_ACCESS_KEY_ID is not set"));
    assert_int_equal(s.error.cls, ERR_CLASS_RUN);
    site_close(&s);
}

static void a_failing_step_is_tried_again(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .reply = {.status = 503}});
    expect_role_keys(&s, "ID-R", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    site_close(&s);
}

static void an_instance_without_a_role(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    site_expect(&s, "PUT", TOKEN_URL, 200, "TOK");
    site_expect(&s, "GET", ROLE_URL, 404, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_non_null(strstr(s.error.message, "the instance has no role"));
    site_close(&s);
}

static void imds_may_be_forbidden_or_elsewhere(void **state)
{
    static const char *const disabled[] = {"AWS_EC2_METADATA_DISABLED", "TRUE", NULL};
    static const char *const elsewhere[] = {"AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                            "http://user:hush@127.0.0.9:1/", NULL};
    static const char *const ipv6[] = {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6", NULL};
    site s;
    (void)state;
    site_env = disabled;
    site_open(&s, (s3_config){0});
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
    site_env = elsewhere;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://user:hush@127.0.0.9:1/latest/api/token", 403, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_non_null(strstr(s.error.message, "http://127.0.0.9:1 answered 403"));
    site_close(&s);
    site_env = ipv6;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://[fd00:ec2::254]/latest/api/token", 403, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
}

/* As copied from a page or a file. */
static void addresses_with_blanks_and_capitals(void **state)
{
    static const char *const imds[] = {"AWS_EC2_METADATA_SERVICE_ENDPOINT", " HTTP://127.0.0.9:1/ ",
                                       NULL};
    static const char *const agent[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "Http://127.0.0.9:1/x\t", NULL};
    site s;
    (void)state;
    site_env = imds;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://127.0.0.9:1/latest/api/token", 403, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
    site_env = agent;
    site_open(&s, (s3_config){0});
    site_expect(&s, "GET", "http://127.0.0.9:1/x", 403, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
}

static const char role_keys[] =
    "{\"AccessKeyId\":\"ID-V1\",\"SecretAccessKey\":\"SECRET-V1\",\"Token\":\"T\","
    "\"Expiration\":\"2013-05-24T01:00:00Z\"}";

static void without_tokens_the_role_is_requested_by_imdsv1(void **state)
{
    static const int unknown[] = {404, 405};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        site s;
        open_role(&s);
        site_expect(&s, "PUT", TOKEN_URL, unknown[i], "");
        site_expect(&s, "GET", ROLE_URL, 200, "my-role");
        site_expect(&s, "GET", ROLE_URL "my-role", 200, role_keys);
        site_expect(&s, "DELETE", URL, 204, "");
        REMOVE(&s, ERR_NONE);
        assert_null(site_sent_header(&s, 1, "X-aws-ec2-metadata-token"));
        assert_true(signed_with(&s, 3, "ID-V1"));
        site_close(&s);
    }
}

/* After a refusal, throttling or silence no other source is tried: an attacker could cause
 * these. */
static void imdsv1_is_not_used_after_a_refusal(void **state)
{
    static const int statuses[] = {400, 401, 403, 429, 503};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        site s;
        open_role(&s);
        fake_when(s.f, &(fake_rule){.url = TOKEN_URL, .reply = {.status = statuses[i]}});
        REMOVE(&s, ERR_S3_CREDENTIALS);
        if (statuses[i] < 429)
            assert_int_equal(fake_request_count(s.f), 1);
        for (size_t j = 0; j < fake_request_count(s.f); j++)
            assert_string_equal(fake_request_at(s.f, j)->url, TOKEN_URL);
        site_close(&s);
    }
}

static void imdsv1_is_not_used_once_there_were_tokens(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    accept_removals(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T01:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 2 * 3600 * 1000);
    site_expect(&s, "PUT", TOKEN_URL, 404, "");
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-1"));
    site_close(&s);
}

static void imdsv1_may_be_forbidden(void **state)
{
    static const char *const env[] = {"AWS_EC2_METADATA_V1_DISABLED", "true", NULL};
    site s;
    (void)state;
    site_env = env;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", TOKEN_URL, 404, "");
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_non_null(strstr(s.error.message, "AWS_EC2_METADATA_V1_DISABLED"));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_role_is_asked_in_three_steps),
        cmocka_unit_test(keys_are_renewed_five_minutes_ahead_in_the_background),
        cmocka_unit_test(keys_of_half_a_minute_are_renewed_when_they_end),
        cmocka_unit_test(expired_keys_are_waited_for),
        cmocka_unit_test(in_an_outage_expired_keys_are_used_on),
        cmocka_unit_test(without_a_token_the_hop_limit_is_named),
        cmocka_unit_test(a_failing_step_is_tried_again),
        cmocka_unit_test(an_instance_without_a_role),
        cmocka_unit_test(imds_may_be_forbidden_or_elsewhere),
        cmocka_unit_test(addresses_with_blanks_and_capitals),
        cmocka_unit_test(without_tokens_the_role_is_requested_by_imdsv1),
        cmocka_unit_test(imdsv1_is_not_used_after_a_refusal),
        cmocka_unit_test(imdsv1_is_not_used_once_there_were_tokens),
        cmocka_unit_test(imdsv1_may_be_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
