#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define IMDS      "http://169.254.169.254"
#define ROLE_URL  IMDS "/latest/meta-data/iam/security-credentials/"
#define TOKEN_URL IMDS "/latest/api/token"

static void keys_and_token_of_the_environment(void **state)
{
    static const char *const env[] = {"AWS_ACCESS_KEY_ID",
                                      "ID1",
                                      "AWS_SECRET_ACCESS_KEY",
                                      "SEC",
                                      "AWS_SESSION_TOKEN",
                                      "TOKEN",
                                      NULL};
    site s;
    (void)state;
    site_env = env;
    site_open(&s, (s3_config){0});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, 0, "ID1"));
    assert_string_equal(site_sent_header(&s, 0, "x-amz-security-token"), "TOKEN");
    assert_non_null(strstr(site_sent_header(&s, 0, "Authorization"), "x-amz-security-token"));
    site_close(&s);
}

/* The keys of the instance role, later in the chain, would be another identity. */
static void half_of_the_keys_is_an_error(void **state)
{
    (void)state;
    AUTO_FREE char *credentials =
        write_file("credentials", "[default]\naws_access_key_id=ID-DEFAULT\n");
    const char *rows[][7] = {
        {"AWS_ACCESS_KEY_ID", "ID1", NULL},
        {"AWS_ACCESS_KEY_ID", "ID1", "AWS_SECRET_ACCESS_KEY", "SECRET-1\n", NULL},
        {"AWS_ACCESS_KEY_ID", "ID1\r\n", "AWS_SECRET_ACCESS_KEY", "SECRET-1", NULL},
        {"AWS_ACCESS_KEY_ID", "ID1", "AWS_SECRET_ACCESS_KEY", "SECRET-1", "AWS_SESSION_TOKEN",
         "T\n", NULL},
        {"AWS_SHARED_CREDENTIALS_FILE", credentials, NULL}};
    static const char *const why[] = {"AWS_SECRET_ACCESS_KEY is not", "contains a line break",
                                      "contains a line break", "contains a line break",
                                      "aws_secret_access_key is not"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_env = rows[i];
        site_open(&s, (s3_config){0});
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
        if (!strstr(s.error.message, why[i]) || strstr(s.error.message, "SECRET-1"))
            fail_msg("%s", s.error.message);
        assert_int_equal(fake_request_count(s.f), 0);
        site_close(&s);
    }
}

static void a_profile_of_the_shared_files(void **state)
{
    (void)state;
    AUTO_FREE char *credentials =
        write_file("credentials", "; comment\n[default]\naws_access_key_id=ID-DEFAULT\n"
                                  "aws_secret_access_key=S\n\n[ x ]\r\n"
                                  "AWS_ACCESS_KEY_ID = ID-X # note\n"
                                  "aws_secret_access_key = a/b=c+d\naws_session_token=T\n");
    AUTO_FREE char *config = write_file("config", "[default]\nregion=r-default\n"
                                                  "[profile \"x\"]\nregion = r-x\ns3 =\n"
                                                  "  region = nested\n[y]\nregion=r-y\n");
    const char *env[] = {"AWS_SHARED_CREDENTIALS_FILE",
                         credentials,
                         "AWS_CONFIG_FILE",
                         config,
                         "AWS_PROFILE",
                         "x",
                         NULL};
    site s;
    site_env = env;
    site_open(&s, (s3_config){0});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, 0, "ID-X"));
    assert_non_null(strstr(site_sent_header(&s, 0, "Authorization"), "/r-x/s3/"));
    assert_string_equal(site_sent_header(&s, 0, "x-amz-security-token"), "T");
    site_close(&s);
}

static void the_endpoint_of_a_section_of_services(void **state)
{
    (void)state;
    AUTO_FREE char *config =
        write_file("config", "[default]\nservices = local\nendpoint_url = http://other\n"
                             "aws_access_key_id=ID-D\naws_secret_access_key=SECRET-D\n"
                             "[services local]\nsts =\n  endpoint_url = http://sts\n"
                             "s3 =\n  endpoint_url = http://local:1\n");
    const char *env[] = {"AWS_CONFIG_FILE", config, NULL};
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    site_env = env;
    s.c = s3_client_new(fake_transport_base(s.f), &(s3_config){.getenv_fn = site_getenv}, &e);
    site_expect(&s, "DELETE", "http://local:1/b/k", 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void a_profile_asked_for_by_name_goes_before_the_environment(void **state)
{
    (void)state;
    AUTO_FREE char *config = write_file(
        "config", "[profile p]\naws_access_key_id=ID-P\naws_secret_access_key=SECRET-P\n");
    const char *env[] = {"AWS_ACCESS_KEY_ID",
                         "ID-ENV",
                         "AWS_SECRET_ACCESS_KEY",
                         "SECRET-ENV",
                         "AWS_CONFIG_FILE",
                         config,
                         NULL};
    site s;
    site_env = env;
    site_open(&s, (s3_config){.profile = "p"});
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, 0, "ID-P"));
    site_close(&s);
}

static void the_home_directory_is_looked_into(void **state)
{
    (void)state;
    AUTO_FREE char *aws = xasprintf("%s/.aws", dir);
    assert_true(fs_make_dirs(aws, NULL));
    AUTO_FREE char *path =
        write_file(".aws/credentials",
                   "[default]\naws_access_key_id=ID-HOME\naws_secret_access_key=SECRET-HOME\n");
    assert_non_null(path);
    const char *const env[][7] = {{"HOME", dir, NULL},
                                  {"HOME", dir, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
                                   "AWS_CONFIG_FILE", "~/none", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(env); i++) {
        site s;
        site_env = env[i];
        site_open(&s, (s3_config){0});
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_true(signed_with(&s, 0, "ID-HOME"));
        site_close(&s);
    }
}

static void the_bundle_of_certificates(void **state)
{
    (void)state;
    AUTO_FREE char *config = write_file("config", "[default]\nca_bundle=/of/profile\n");
    const char *const rows[][5] = {
        {"AWS_CONFIG_FILE", config, "AWS_CA_BUNDLE", "/of/variable", NULL},
        {"AWS_CONFIG_FILE", config, "AWS_CA_BUNDLE", "", NULL},
        {NULL}};
    static const char *const paths[] = {"/of/variable", "/of/profile", NULL};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site_env = rows[i];
        AUTO_FREE char *path = s3_config_ca_bundle(&(s3_config){.getenv_fn = site_getenv});
        assert_true(str_equal(path, paths[i]));
    }
    site_env = NULL;
}

static void a_profile_that_is_nowhere_is_an_error(void **state)
{
    const char *env[] = {"HOME", dir, "AWS_PROFILE", "absent-profile", NULL};
    err e = ERR_INIT;
    fake_transport *f = fake_new();
    (void)state;
    site_env = env;
    s3_client *c =
        s3_client_new(fake_transport_base(f), &(s3_config){.getenv_fn = site_getenv}, &e);
    assert_null(c);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, "absent-profile"));
    fake_free(f);
    site_env = NULL;
}

/* --- the instance's role --- */

static const char *const no_env[] = {NULL};

static const http_header token_header = {"X-aws-ec2-metadata-token", "TOK"};
static const http_header ttl_header = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};

static void expect_role_keys(site *s, const char *id, const char *expiration)
{
    AUTO_FREE char *json =
        xasprintf("{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"SECRET-R\","
                  "\"Token\":\"ROLE-TOKEN\",\"Expiration\":\"%s\"}",
                  id, expiration);
    fake_expect(s->f, &(fake_rule){.method = "PUT",
                                   .url = TOKEN_URL,
                                   .headers = &ttl_header,
                                   .header_count = 1,
                                   .reply = {.body = SLICE_LIT("TOK\n")}});
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = ROLE_URL,
                                   .headers = &token_header,
                                   .header_count = 1,
                                   .reply = {.body = SLICE_LIT("my-role\n")}});
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = ROLE_URL "my-role",
                                   .headers = &token_header,
                                   .header_count = 1,
                                   .reply = {.body = slice_from(json)}});
}

static void open_role(site *s)
{
    site_env = no_env;
    site_open(s, (s3_config){0});
}

static void the_role_is_asked_in_three_steps(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    expect_role_keys(&s, "ID-R", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 204}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_advance(s.f, 54 * 60 * 1000);
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE); /* 6 minutes ahead: no request */
    fake_advance(s.f, 90 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_run_all(s.f);
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 204}});
    expect_role_keys(&s, "ID-1", "2013-05-24T00:00:30Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_advance(s.f, 31 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void expired_keys_are_waited_for(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 204}});
    expect_role_keys(&s, "ID-1", "2013-05-24T01:00:00Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_advance(s.f, 2 * 3600 * 1000);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void in_an_outage_expired_keys_are_used_on(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 204}});
    expect_role_keys(&s, "ID-OLD", "2013-05-23T23:00:00Z"); /* expired when it came */
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, 3, "ID-OLD"));
    fake_advance(s.f, 120 * 1000);
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .times = 2, .reply = {.error = ERR_TIMEOUT}});
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 2); /* all waiting requests are notified */
    assert_non_null(strstr(s.error.message, "hop-limit"));
    assert_non_null(strstr(s.error.message, "AWS_ACCESS_KEY_ID is not set"));
    assert_int_equal(s.error.cls, ERR_CLASS_RUN);
    site_close(&s);
}

static void a_failing_step_is_tried_once_more(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .reply = {.status = 503}});
    expect_role_keys(&s, "ID-R", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void an_instance_without_a_role(void **state)
{
    site s;
    (void)state;
    open_role(&s);
    site_expect(&s, "PUT", TOKEN_URL, 200, "TOK");
    site_expect(&s, "GET", ROLE_URL, 404, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
    site_env = elsewhere;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://user:hush@127.0.0.9:1/latest/api/token", 403, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    assert_non_null(strstr(s.error.message, "http://127.0.0.9:1 answered 403"));
    site_close(&s);
    site_env = ipv6;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://[fd00:ec2::254]/latest/api/token", 403, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    site_close(&s);
    site_env = agent;
    site_open(&s, (s3_config){0});
    site_expect(&s, "GET", "http://127.0.0.9:1/x", 403, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
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
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
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
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
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
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 204}});
    expect_role_keys(&s, "ID-1", "2013-05-24T01:00:00Z");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_advance(s.f, 2 * 3600 * 1000);
    site_expect(&s, "PUT", TOKEN_URL, 404, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
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
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    assert_non_null(strstr(s.error.message, "AWS_EC2_METADATA_V1_DISABLED"));
    site_close(&s);
}

static void refused_keys_are_renewed_once(void **state)
{
    static const char expired[] = "<Error><Code>ExpiredToken</Code></Error>";
    site s;
    (void)state;
    open_role(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 400, expired);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_true(signed_with(&s, 7, "ID-2"));
    site_expect(&s, "DELETE", URL, 400, expired);
    expect_role_keys(&s, "ID-3", "2013-05-24T07:00:00Z");
    site_expect(&s, "DELETE", URL, 400, expired);
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS); /* the second one is final */
    site_close(&s);
}

static void each_error_code_for_invalid_keys_renews_them(void **state)
{
    static const char *const words[] = {"InvalidAccessKeyId", "InvalidToken",
                                        "TokenRefreshRequired"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        site s;
        AUTO_FREE char *body = xasprintf("<Error><Code>%s</Code></Error>", words[i]);
        open_role(&s);
        expect_role_keys(&s, "ID-1", "2013-05-24T06:00:00Z");
        site_expect(&s, "DELETE", URL, 403, body);
        expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
        site_expect(&s, "DELETE", URL, 204, "");
        remove_key(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_true(signed_with(&s, 7, "ID-2"));
        site_close(&s);
    }
}

/* The second refusal arrives after the new keys: it refers to the old ones. */
static void many_refusals_renew_once(void **state)
{
    static const char expired[] = "<Error><Code>ExpiredToken</Code></Error>";
    fake_rule late = {.method = "DELETE",
                      .reply = {.status = 400, .body = slice_from(expired), .delay_ms = 1000}};
    site s;
    (void)state;
    open_role(&s);
    expect_role_keys(&s, "ID-1", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 400, expired);
    fake_expect(s.f, &late);
    expect_role_keys(&s, "ID-2", "2013-05-24T07:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    site_expect(&s, "DELETE", URL, 204, "");
    remove_key(&s);
    remove_key(&s);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 2);
    assert_int_equal(s.error.code, ERR_NONE);
    assert_true(signed_with(&s, 9, "ID-2"));
    site_close(&s);
}

static void no_error_contains_a_secret(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "DELETE", URL, 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
    remove_key(&s);
    assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
    assert_null(strstr(s.error.message, SECRET));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_token_of_the_environment),
        cmocka_unit_test_setup_teardown(half_of_the_keys_is_an_error, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_profile_of_the_shared_files, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_endpoint_of_a_section_of_services, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_profile_asked_for_by_name_goes_before_the_environment,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_home_directory_is_looked_into, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_bundle_of_certificates, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_profile_that_is_nowhere_is_an_error, make_dir,
                                        remove_dir),
        cmocka_unit_test(the_role_is_asked_in_three_steps),
        cmocka_unit_test(keys_are_renewed_five_minutes_ahead_in_the_background),
        cmocka_unit_test(keys_of_half_a_minute_are_renewed_when_they_end),
        cmocka_unit_test(expired_keys_are_waited_for),
        cmocka_unit_test(in_an_outage_expired_keys_are_used_on),
        cmocka_unit_test(without_a_token_the_hop_limit_is_named),
        cmocka_unit_test(a_failing_step_is_tried_once_more),
        cmocka_unit_test(an_instance_without_a_role),
        cmocka_unit_test(imds_may_be_forbidden_or_elsewhere),
        cmocka_unit_test(addresses_with_blanks_and_capitals),
        cmocka_unit_test(without_tokens_the_role_is_requested_by_imdsv1),
        cmocka_unit_test(imdsv1_is_not_used_after_a_refusal),
        cmocka_unit_test(imdsv1_is_not_used_once_there_were_tokens),
        cmocka_unit_test(imdsv1_may_be_forbidden),
        cmocka_unit_test(refused_keys_are_renewed_once),
        cmocka_unit_test(each_error_code_for_invalid_keys_renews_them),
        cmocka_unit_test(many_refusals_renew_once),
        cmocka_unit_test(no_error_contains_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
