#include "base/util.h"
#include "s3/auth/sts.h"

#include "tests/unit/s3/auth/keys_site.h"

#define STS  "https://sts.us-east-1.amazonaws.com/"
#define ROLE "arn:aws:iam::123456789012:role/pod+1"

static const char *token_path;

static int make_token(void **state)
{
    make_dir(state);
    token_path = write_file("web-token", "WEB-TOKEN-1\n");
    return 0;
}

static int remove_token(void **state)
{
    free((void *)(uintptr_t)move(token_path));
    return remove_dir(state);
}

static char *answer(const char *action, const char *id, const char *expiration)
{
    return xasprintf("<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult>"
                     "<Credentials><SessionToken>STS-TOKEN/+=</SessionToken>"
                     "<SecretAccessKey>SECRET-STS</SecretAccessKey><Expiration>%s</Expiration>"
                     "<AccessKeyId>%s</AccessKeyId></Credentials></%sResult></%sResponse>",
                     action, action, expiration, id, action, action);
}

static void expect_web_identity(site *s, const char *url, const char *token, const char *id,
                                const char *expiration)
{
    AUTO_FREE char *xml = answer("AssumeRoleWithWebIdentity", id, expiration);
    AUTO_FREE char *field = xasprintf("&WebIdentityToken=%s", token);
    fake_expect(s->f, &(fake_rule){.method = "POST",
                                   .url = url,
                                   .body_has = field,
                                   .reply = {.body = slice_from(xml)}});
}

static void open_with(site *s, const char *const *env)
{
    site_env = env;
    site_open(s, (s3_config){0});
}

static void open_web_identity(site *s)
{
    static const char *env[] = {"AWS_WEB_IDENTITY_TOKEN_FILE", NULL, "AWS_ROLE_ARN", ROLE, NULL};
    env[1] = token_path;
    open_with(s, env);
}

static const char *refusal(site *s)
{
    REMOVE(s, ERR_S3_CREDENTIALS);
    return s->error.message;
}

static void body_equals(const site *s, size_t index, const char *expected)
{
    AUTO_FREE char *body = slice_dup(fake_request_at(s->f, index)->body);
    assert_string_equal(body, expected);
}

static void a_web_identity_is_sent_unsigned(void **state)
{
    const char *env[] = {"AWS_WEB_IDENTITY_TOKEN_FILE",
                         token_path,
                         "AWS_ROLE_ARN",
                         ROLE,
                         "AWS_ROLE_SESSION_NAME",
                         "my session",
                         "AWS_REGION",
                         "cn-north-1",
                         NULL};
    site s;
    (void)state;
    open_with(&s, env);
    expect_web_identity(&s, "https://sts.cn-north-1.amazonaws.com.cn/", "WEB-TOKEN-1", "ID-W",
                        "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    body_equals(&s, 0,
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpod%2B1"
                "&RoleSessionName=my%20session&WebIdentityToken=WEB-TOKEN-1");
    assert_null(site_sent_header(&s, 0, "Authorization"));
    assert_non_null(strstr(site_sent_header(&s, 0, "Content-Type"), "x-www-form-urlencoded"));
    assert_true(signed_with(&s, 1, "ID-W"));
    assert_string_equal(site_sent_header(&s, 1, "x-amz-security-token"), "STS-TOKEN/+=");
    site_close(&s);
}

static void the_endpoint_of_the_environment(void **state)
{
    const char *env[] = {
        "AWS_WEB_IDENTITY_TOKEN_FILE", token_path, "AWS_ROLE_ARN", ROLE, "AWS_ENDPOINT_URL_STS",
        "http://127.0.0.1:9/sts",      NULL};
    site s;
    (void)state;
    open_with(&s, env);
    expect_web_identity(&s, "http://127.0.0.1:9/sts/", "WEB-TOKEN-1", "ID-W",
                        "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    site_close(&s);
    env[5] = "ftp://nowhere";
    site_env = env;
    err e = ERR_INIT;
    fake_transport *f = fake_new();
    s3_config config = {.endpoint = "http://store", .getenv_fn = site_getenv};
    assert_null(s3_client_new(fake_transport_base(f), &config, &e));
    assert_string_equal(e.message,
                        "AWS_ENDPOINT_URL_STS: the endpoint 'ftp://nowhere' is not a URL "
                        "such as http://127.0.0.1:9000");
    fake_free(f);
}

static void the_token_is_read_at_each_renewal(void **state)
{
    site s;
    (void)state;
    open_web_identity(&s);
    accept_removals(&s);
    expect_web_identity(&s, STS, "WEB-TOKEN-1", "ID-1", "2013-05-24T01:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 56 * 60 * 1000);
    AUTO_FREE char *same = write_file("web-token", "WEB-TOKEN-2");
    assert_string_equal(same, token_path);
    expect_web_identity(&s, STS, "WEB-TOKEN-2", "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, 3, "ID-1"));
    assert_true(signed_with(&s, 4, "ID-2"));
    site_close(&s);
}

static void a_throttled_call_is_sent_again(void **state)
{
    site s;
    (void)state;
    open_web_identity(&s);
    site_expect(&s, "POST", STS, 400,
                "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>");
    site_expect(&s, "POST", STS, 400,
                "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>");
    expect_web_identity(&s, STS, "WEB-TOKEN-1", "ID-W", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    site_close(&s);
}

/* No other provider is used: the pod would act as its node. */
static void a_refusal_ends_the_chain_and_names_the_code(void **state)
{
    site s;
    (void)state;
    open_web_identity(&s);
    site_expect(&s, "POST", STS, 403,
                "<ErrorResponse><Error><Code>AccessDenied</Code>"
                "<Message>WEB-TOKEN-1 is not liked</Message></Error></ErrorResponse>");
    const char *message = refusal(&s);
    assert_non_null(strstr(message, "403 AccessDenied"));
    assert_non_null(strstr(message, ROLE));
    assert_null(strstr(message, "WEB-TOKEN"));
    assert_int_equal(fake_request_count(s.f), 1);
    site_close(&s);
}

static void answers_that_hold_no_keys(void **state)
{
    (void)state;
    AUTO_FREE char *no_end = answer("AssumeRoleWithWebIdentity", "ID", "");
    AUTO_FREE char *no_id = answer("AssumeRoleWithWebIdentity", "", "2013-05-24T06:00:00Z");
    AUTO_FREE char *other = answer("AssumeRole", "ID", "2013-05-24T06:00:00Z");
    AUTO_FREE char *no_token = answer("AssumeRoleWithWebIdentity", "ID", "2013-05-24T06:00:00Z");
    memcpy(strstr(no_token, "<SessionToken>"), "<SessionOther>", strlen("<SessionOther>"));
    memcpy(strstr(no_token, "</SessionToken>"), "</SessionOther>", strlen("</SessionOther>"));
    const char *const bodies[] = {"", "<a>", "{}", no_end, no_id, other, no_token};

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        site s;
        open_web_identity(&s);
        site_expect(&s, "POST", STS, 200, bodies[i]);
        assert_non_null(strstr(refusal(&s), "its answer has"));
        site_close(&s);
    }
}

static void a_web_identity_that_is_set_up_by_halves(void **state)
{
    (void)state;
    const char *no_role[] = {"AWS_WEB_IDENTITY_TOKEN_FILE", token_path, NULL};
    const char *no_file[] = {"AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token", "AWS_ROLE_ARN", ROLE,
                             NULL};
    site s;
    open_with(&s, no_role);
    assert_non_null(strstr(refusal(&s), "AWS_ROLE_ARN is not"));
    site_close(&s);
    open_with(&s, no_file);
    assert_non_null(strstr(refusal(&s), "/nowhere/token"));
    site_close(&s);
    AUTO_FREE char *empty = write_file("web-token", " \n");
    open_web_identity(&s);
    assert_non_null(strstr(refusal(&s), "is empty"));
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_web_identity_is_sent_unsigned, make_token, remove_token),
        cmocka_unit_test_setup_teardown(the_endpoint_of_the_environment, make_token, remove_token),
        cmocka_unit_test_setup_teardown(the_token_is_read_at_each_renewal, make_token,
                                        remove_token),
        cmocka_unit_test_setup_teardown(a_throttled_call_is_sent_again, make_token, remove_token),
        cmocka_unit_test_setup_teardown(a_refusal_ends_the_chain_and_names_the_code, make_token,
                                        remove_token),
        cmocka_unit_test_setup_teardown(answers_that_hold_no_keys, make_token, remove_token),
        cmocka_unit_test_setup_teardown(a_web_identity_that_is_set_up_by_halves, make_token,
                                        remove_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
