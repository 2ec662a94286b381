#include "base/util.h"
#include "s3/auth/role.h"

#include "tests/unit/s3/auth/profile_site.h"

#define STS     "https://sts.eu-west-1.amazonaws.com/"
#define STS_KEY "SECRET-OF-STS"
#define AGENT   "http://169.254.170.2/keys"
#define IMDS    "http://169.254.169.254"
#define BASE    "[profile base]\naws_access_key_id=ID-BASE\naws_secret_access_key=SECRET-BASE\n"

/* STS answers keys `id` for the role, once. */
static void expect_role(site *s, const char *action, const char *body_has, const char *id,
                        const char *expiration)
{
    AUTO_FREE char *xml = xasprintf(
        "<%sResponse><%sResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>" STS_KEY
        "</SecretAccessKey><SessionToken>TOKEN-%s</SessionToken><Expiration>%s</Expiration>"
        "</Credentials></%sResult></%sResponse>",
        action, action, id, id, expiration, action, action);
    fake_expect(s->f, &(fake_rule){.method = "POST",
                                   .url = STS,
                                   .body_has = body_has,
                                   .reply = {.body = slice_from(xml)}});
}

static void expect_assumed(site *s, const char *role, const char *id)
{
    AUTO_FREE char *field = xasprintf("RoleArn=%s&", role);
    expect_role(s, "AssumeRole", field, id, "2013-05-24T01:00:00Z");
}

/* Checked as STS does. */
static void signature_is_right(const site *s, size_t index, const char *secret, bool has_token)
{
    const fake_request *r = fake_request_at(s->f, index);
    s3_authorization a;
    assert_true(s3_authorization_parse(fake_request_header(r, "Authorization"), &a));
    assert_true(slice_equal_str(a.service, "sts"));
    assert_true(slice_equal_str(a.region, "eu-west-1"));
    assert_true(slice_equal_str(a.signed_headers, has_token ? "content-type;host;x-amz-date;"
                                                              "x-amz-security-token"
                                                            : "content-type;host;x-amz-date"));
    http_header headers[8];
    size_t count = 0;
    slice name, list = a.signed_headers;
    char *names[8] = {0};
    while (s3_signed_header_next(&list, &name)) {
        names[count] = slice_dup(name);
        headers[count] = (http_header){names[count], fake_request_header(r, names[count])};
        count++;
    }
    char hash[S3_HASH_SIZE], signature[S3_HASH_SIZE];
    s3_sign_payload_hash(r->body, hash);
    assert_true(s3_sign_signature(&(s3_sign_request){.method = "POST",
                                                     .path = SLICE_LIT("/"),
                                                     .headers = headers,
                                                     .header_count = count,
                                                     .payload_hash = hash,
                                                     .amz_date = "20130524T000000Z",
                                                     .region = "eu-west-1",
                                                     .service = "sts"},
                                  secret, signature, NULL));
    assert_true(s3_signature_equal(a.signature, signature));
    for (size_t i = 0; i < count; i++)
        free(move(names[i]));
}

static void a_role_by_the_keys_of_another_profile(void **state)
{
    site s;
    (void)state;
    open_config(&s,
                BASE "[profile p]\nrole_arn=R\nsource_profile=base\nexternal_id = x y\n"
                     "role_session_name=me\nduration_seconds=7200\n",
                NULL, NULL);
    expect_assumed(&s, "R", "ID-R");
    works_with(&s, "ID-R");
    AUTO_FREE char *body = slice_dup(fake_request_at(s.f, 0)->body);
    assert_string_equal(body, "Action=AssumeRole&Version=2011-06-15&RoleArn=R&RoleSessionName=me"
                              "&DurationSeconds=7200&ExternalId=x%20y");
    assert_string_equal(site_sent_header(&s, 0, "Host"), "sts.eu-west-1.amazonaws.com");
    assert_true(signed_with(&s, 0, "ID-BASE"));
    signature_is_right(&s, 0, "SECRET-BASE", false);
    assert_string_equal(site_sent_header(&s, 1, "x-amz-security-token"), "TOKEN-ID-R");
    site_close(&s);
}

static void a_role_through_a_role(void **state)
{
    site s;
    (void)state;
    open_config(&s,
                BASE "[profile p]\nrole_arn=R1\nsource_profile=mid\n"
                     "[profile mid]\nrole_arn=R2\nsource_profile=base\n",
                NULL, NULL);
    expect_assumed(&s, "R2", "ID-2");
    expect_assumed(&s, "R1", "ID-1");
    works_with(&s, "ID-1");
    assert_true(signed_with(&s, 0, "ID-BASE"));
    assert_true(signed_with(&s, 1, "ID-2"));
    assert_string_equal(site_sent_header(&s, 1, "X-Amz-Security-Token"), "TOKEN-ID-2");
    signature_is_right(&s, 1, STS_KEY, true);
    site_close(&s);
}

static void a_profile_that_is_its_own_source(void **state)
{
    site s;
    (void)state;
    open_config(&s,
                "[profile p]\nrole_arn=R\nsource_profile=p\naws_access_key_id=ID-OWN\n"
                "aws_secret_access_key=SECRET-OWN\n",
                NULL, NULL);
    expect_assumed(&s, "R", "ID-R");
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 0, "ID-OWN"));
    site_close(&s);
}

static void the_role_is_assumed_again_before_its_keys_expire(void **state)
{
    site s;
    (void)state;
    open_config(&s, BASE "[profile p]\nrole_arn=R\nsource_profile=base\n", NULL, NULL);
    expect_assumed(&s, "R", "ID-1");
    works_with(&s, "ID-1");
    fake_advance(s.f, 56 * 60 * 1000);
    accept_removals(&s);
    expect_role(&s, "AssumeRole", "RoleArn=R&", "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void a_role_by_the_container(void **state)
{
    static const char keys[] = "{\"AccessKeyId\":\"ID-C\",\"SecretAccessKey\":\"SECRET-C\","
                               "\"Token\":\"T-C\"}";
    site s;
    (void)state;
    open_config(&s, "[profile p]\nrole_arn=R\ncredential_source=EcsContainer\n",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys");
    site_expect(&s, "GET", AGENT, 200, keys);
    expect_assumed(&s, "R", "ID-R");
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 1, "ID-C"));
    site_close(&s);
    open_config(&s, "[profile p]\nrole_arn=R\ncredential_source=EcsContainer\n",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys");
    site_expect(&s, "GET", AGENT, 404, "");
    is_refused(&s, "profile 'p': " AGENT " answered 404");
    site_close(&s);
}

static void a_role_by_the_instance(void **state)
{
    site s;
    (void)state;
    open_config(&s, "[profile p]\nrole_arn=R\ncredential_source=Ec2InstanceMetadata\n", NULL, NULL);
    site_expect(&s, "PUT", IMDS "/latest/api/token", 200, "TOK");
    site_expect(&s, "GET", IMDS "/latest/meta-data/iam/security-credentials/", 200, "role");
    site_expect(&s, "GET", IMDS "/latest/meta-data/iam/security-credentials/role", 200,
                "{\"AccessKeyId\":\"ID-I\",\"SecretAccessKey\":\"SECRET-I\",\"Token\":\"T\"}");
    expect_assumed(&s, "R", "ID-R");
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 3, "ID-I"));
    site_close(&s);
}

static void a_role_by_the_environment(void **state)
{
    static const char *env[] = {"AWS_CONFIG_FILE",
                                NULL,
                                "AWS_REGION",
                                "eu-west-1",
                                "AWS_ACCESS_KEY_ID",
                                "ID-ENV",
                                "AWS_SECRET_ACCESS_KEY",
                                "SECRET-ENV",
                                NULL};
    site s;
    (void)state;
    free(move(config_path));
    config_path = write_file("config", "[profile p]\nrole_arn=R\ncredential_source=Environment\n");
    env[1] = config_path;
    site_env = env;
    site_open(&s, (s3_config){.profile = "p"}); /* by name: goes before the environment */
    expect_assumed(&s, "R", "ID-R");
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 0, "ID-ENV"));
    site_close(&s);
}

static void a_role_by_a_web_identity_and_one_above_it(void **state)
{
    site s;
    (void)state;
    AUTO_FREE char *token = write_file("web-token", "WEB-TOKEN\n");
    AUTO_FREE char *text =
        xasprintf("[profile p]\nrole_arn=R1\nsource_profile=web\n[profile web]\nrole_arn=R2\n"
                  "web_identity_token_file=%s\nduration_seconds=1800\n",
                  token);
    open_config(&s, text, NULL, NULL);
    expect_role(&s, "AssumeRoleWithWebIdentity", "&WebIdentityToken=WEB-TOKEN", "ID-2",
                "2013-05-24T01:00:00Z");
    expect_assumed(&s, "R1", "ID-1");
    works_with(&s, "ID-1");
    assert_null(site_sent_header(&s, 0, "Authorization"));
    AUTO_FREE char *body = slice_dup(fake_request_at(s.f, 0)->body);
    assert_non_null(strstr(body, "&DurationSeconds=1800&"));
    assert_true(signed_with(&s, 1, "ID-2"));
    site_close(&s);
}

static void profiles_without_credentials(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[profile p]\nrole_arn=R\nsource_profile=q\n[profile q]\nrole_arn=Q\nsource_profile=p\n",
         "is a loop"},
        {"[profile p]\nrole_arn=R\nsource_profile=p\n", "is a loop"},
        {"[profile p]\nrole_arn=R\nsource_profile=q\n[profile q]\nregion=r\n",
         "profile 'q': is a source_profile, but has neither keys nor role_arn"},
        {"[profile p]\nrole_arn=R\nsource_profile=missing\n", "'missing'"},
        {"[profile p]\nrole_arn=R\n", "profile 'p': role_arn needs source_profile"},
        {"[profile p]\nrole_arn=R\ncredential_source=Moon\n", "is not one of Environment"},
        {"[profile p]\nrole_arn=R\ncredential_source=Environment\n", "AWS_ACCESS_KEY_ID"},
        {"[profile p]\nrole_arn=R\ncredential_source=EcsContainer\n", "are not set"},
        {"[profile p]\nweb_identity_token_file=/t\n", "but no role_arn"},
        {"[profile p]\nrole_arn=R\nweb_identity_token_file=/nowhere/t\n", "/nowhere/t"},
        {BASE "[profile p]\nrole_arn=R\nsource_profile=base\nmfa_serial=m\n", "mfa_serial"},
        {BASE "[profile p]\nrole_arn=R\nsource_profile=base\nduration_seconds=60\n",
         "profile 'p': duration_seconds = 60"},
        {BASE "[profile p]\nrole_arn=R\nsource_profile=base\nduration_seconds=1h\n",
         "duration_seconds = 1h"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        site s;
        open_config(&s, cases[i].text, NULL, NULL);
        is_refused(&s, cases[i].why);
        assert_int_equal(fake_request_count(s.f), 0);
        site_close(&s);
    }
}

/* STS refuses signatures of another time: retried with the time of STS. */
static void a_clock_that_differs_is_made_up_for(void **state)
{
    const http_header date = {"Date", "Fri, 24 May 2013 09:00:00 GMT"};
    site s;
    (void)state;
    open_config(&s, BASE "[profile p]\nrole_arn=R\nsource_profile=base\n", NULL, NULL);
    fake_expect(s.f, &(fake_rule){.method = "POST",
                                  .url = STS,
                                  .reply = {.status = 403,
                                            .headers = &date,
                                            .header_count = 1,
                                            .body = SLICE_LIT("<ErrorResponse><Error><Code>"
                                                              "SignatureDoesNotMatch</Code>"
                                                              "</Error></ErrorResponse>")}});
    expect_role(&s, "AssumeRole", "RoleArn=R&", "ID-R", "2013-05-24T10:00:00Z");
    works_with(&s, "ID-R");
    assert_string_equal(site_sent_header(&s, 0, "X-Amz-Date"), "20130524T000000Z");
    assert_string_equal(site_sent_header(&s, 1, "X-Amz-Date"), "20130524T090000Z");
    site_close(&s);
}

/* The clock difference from the store's refusal applies to STS too. */
static void the_clock_of_the_store_holds_for_sts(void **state)
{
    site s;
    (void)state;
    open_config(&s, BASE "[profile p]\nrole_arn=R\nsource_profile=base\n", NULL, NULL);
    s.c->endpoint.clock_offset_s = 3600;
    expect_role(&s, "AssumeRole", "RoleArn=R&", "ID-R", "2013-05-24T10:00:00Z");
    works_with(&s, "ID-R");
    assert_string_equal(site_sent_header(&s, 0, "X-Amz-Date"), "20130524T010000Z");
    site_close(&s);
}

static void a_chain_that_is_too_long(void **state)
{
    AUTO(buf) text = BUF(4096);
    (void)state;
    buf_append_str(&text, "[profile p]\nrole_arn=R\nsource_profile=p1\n");
    for (int i = 1; i <= S3_ROLE_CHAIN_MAX; i++)
        buf_printf(&text, "[profile p%d]\nrole_arn=R\nsource_profile=p%d\n", i, i + 1);
    site s;
    open_config(&s, buf_str(&text), NULL, NULL);
    is_refused(&s, "is too long");
    site_close(&s);
}

static void a_role_that_sts_refuses(void **state)
{
    site s;
    (void)state;
    open_config(&s,
                BASE "[profile p]\nrole_arn=R1\nsource_profile=mid\n"
                     "[profile mid]\nrole_arn=R2\nsource_profile=base\n",
                NULL, NULL);
    expect_assumed(&s, "R2", "ID-2");
    site_expect(&s, "POST", STS, 403,
                "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
    is_refused(&s, "profile 'p': " STS " refused role R1: 403 AccessDenied");
    site_close(&s);
}

static void each_refusal_says_what_to_look_at(void **state)
{
    static const struct {
        const char *code, *advice;
    } rows[] = {{"AccessDenied", "(check the role's trust policy and external_id)"},
                {"SignatureDoesNotMatch", "(check this host's clock, and the secret"},
                {"RequestExpired", "(check this host's clock, and the secret"},
                {"InvalidClientTokenId", "(check the keys that request it)"},
                {"ExpiredTokenException", "(check the keys that request it)"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        AUTO_FREE char *body = xasprintf(
            "<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>", rows[i].code);
        open_config(&s, BASE "[profile p]\nrole_arn=R\nsource_profile=base\n", NULL, NULL);
        site_expect(&s, "POST", STS, 403, body);
        is_refused(&s, rows[i].advice);
        site_close(&s);
    }
}

static void a_client_that_ends_in_between(void **state)
{
    site s;
    (void)state;
    open_config(&s, BASE "[profile p]\nrole_arn=R\nsource_profile=base\n", NULL, NULL);
    fake_expect(s.f, &(fake_rule){.url = STS, .reply = {.never = true}});
    remove_key(&s);
    fake_run(s.f);
    assert_int_equal(fake_calls_pending(s.f), 1);
    s3_client_free(s.c);
    assert_true(fake_request_at(s.f, 0)->cancelled);
    fake_free(s.f);
    site_env = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_clock_that_differs_is_made_up_for, make_dir,
                                        remove_config),
        cmocka_unit_test_setup_teardown(the_clock_of_the_store_holds_for_sts, make_dir,
                                        remove_config),
        cmocka_unit_test_setup_teardown(a_role_by_the_keys_of_another_profile, make_dir,
                                        remove_config),
        cmocka_unit_test_setup_teardown(a_role_through_a_role, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_profile_that_is_its_own_source, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(the_role_is_assumed_again_before_its_keys_expire, make_dir,
                                        remove_config),
        cmocka_unit_test_setup_teardown(a_role_by_the_container, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_role_by_the_instance, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_role_by_the_environment, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_role_by_a_web_identity_and_one_above_it, make_dir,
                                        remove_config),
        cmocka_unit_test_setup_teardown(profiles_without_credentials, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_chain_that_is_too_long, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_role_that_sts_refuses, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(each_refusal_says_what_to_look_at, make_dir, remove_config),
        cmocka_unit_test_setup_teardown(a_client_that_ends_in_between, make_dir, remove_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
