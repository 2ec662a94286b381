#include "decon/s3/whoami.h"

#include "tests/unit/s3/auth/profile_site.h"

#define STS "https://sts.eu-west-1.amazonaws.com/"

typedef struct outcome {
    site s; /* first: site_done's */
    bool anonymous, has_session_token;
    char provider[64], detail[128], access_key_id[64], passed_over[1024], arn[128], account[32];
    char region[64], endpoint[128];
    int64_t expires_s;
} outcome;

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "-");
}

static void on_identity(void *ctx, const s3_identity *i, const err *e)
{
    outcome *o = ctx;
    if (i) {
        o->anonymous = i->anonymous;
        o->has_session_token = i->has_session_token;
        o->expires_s = i->expires_s;
        copy(o->provider, sizeof o->provider, i->provider);
        copy(o->detail, sizeof o->detail, i->detail);
        copy(o->access_key_id, sizeof o->access_key_id, i->access_key_id);
        copy(o->passed_over, sizeof o->passed_over, i->passed_over);
        copy(o->account, sizeof o->account, i->account);
        copy(o->arn, sizeof o->arn, i->arn);
        copy(o->endpoint, sizeof o->endpoint, i->endpoint);
        snprintf(o->region, sizeof o->region, "%s %s", i->region, i->region_from);
    }
    site_done(&o->s, e);
}

static err_code ask(outcome *o, bool ask_sts)
{
    s3_whoami(o->s.c, ask_sts, on_identity, o);
    return site_end(&o->s);
}

static void keys_of_a_profile(void **state)
{
    outcome o = {0};
    (void)state;
    open_config(&o.s, "[profile p]\naws_access_key_id=ID-P\naws_secret_access_key=SECRET-P\n", NULL,
                NULL);
    assert_int_equal(ask(&o, false), ERR_NONE);
    assert_string_equal(o.provider, "shared files");
    assert_string_equal(o.detail, "profile 'p'");
    assert_string_equal(o.access_key_id, "ID-P");
    assert_false(o.has_session_token);
    assert_int_equal(o.expires_s, 0);
    assert_string_equal(o.arn, "-");
    assert_string_equal(o.region, "eu-west-1 AWS_REGION");
    assert_string_equal(o.endpoint, "http://store/");
    assert_string_equal(o.passed_over, "environment: AWS_ACCESS_KEY_ID is not set; web identity: "
                                       "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    assert_int_equal(fake_request_count(o.s.f), 0);
    site_close(&o.s);
}

static void keys_that_are_still_on_their_way(void **state)
{
    outcome o = {0};
    (void)state;
    open_config(&o.s, "[profile p]\ncredential_process=x\n", NULL, NULL);
    fake_expect_process(o.s.f,
                        &(fake_process_rule){.command = "x",
                                             .output = "{\"Version\":1,\"AccessKeyId\":\"ID-X\","
                                                       "\"SecretAccessKey\":\"SECRET-X\","
                                                       "\"SessionToken\":\"SECRET-T\","
                                                       "\"Expiration\":\"2013-05-24T01:00:00Z\"}"});
    assert_int_equal(ask(&o, false), ERR_NONE);
    assert_string_equal(o.detail, "profile 'p', by credential_process");
    assert_true(o.has_session_token);
    assert_int_equal(o.expires_s, 1369357200);
    site_close(&o.s);
}

static void sts_reports_account_and_arn(void **state)
{
    outcome o = {0};
    (void)state;
    open_config(&o.s, "[profile p]\naws_access_key_id=ID-P\naws_secret_access_key=SECRET-P\n", NULL,
                NULL);
    fake_expect(o.s.f, &(fake_rule){
                           .method = "POST",
                           .url = STS,
                           .body_has = "Action=GetCallerIdentity&Version=2011-06-15",
                           .reply = {.body = SLICE_LIT(
                                         "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                                         "<Arn>arn:aws:iam::1234:user/me</Arn><UserId>AIDA</UserId>"
                                         "<Account>1234</Account></GetCallerIdentityResult>"
                                         "</GetCallerIdentityResponse>")}});
    assert_int_equal(ask(&o, true), ERR_NONE);
    assert_true(signed_with(&o.s, 0, "ID-P"));
    assert_string_equal(o.arn, "arn:aws:iam::1234:user/me");
    assert_string_equal(o.account, "1234");
    site_expect(&o.s, "POST", STS, 403,
                "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>");
    assert_int_equal(ask(&o, true), ERR_S3_CREDENTIALS);
    assert_non_null(strstr(o.s.error.message, "GetCallerIdentity: 403 InvalidClientTokenId"));
    site_expect(&o.s, "POST", STS, 200, "<GetCallerIdentityResponse/>");
    assert_int_equal(ask(&o, true), ERR_S3_CREDENTIALS);
    site_close(&o.s);
}

static void nothing_is_found(void **state)
{
    outcome o = {0};
    (void)state;
    open_config(&o.s, "[profile p]\ncredential_process=x\n", NULL, NULL);
    fake_expect_process(o.s.f, &(fake_process_rule){.command = "x", .exit_status = 1});
    assert_int_equal(ask(&o, true), ERR_S3_CREDENTIALS);
    assert_non_null(strstr(o.s.error.message, "it ended with status 1"));
    site_close(&o.s);
}

static void anonymous_sends_no_request(void **state)
{
    outcome o = {0};
    (void)state;
    site_open(&o.s, (s3_config){.no_sign_request = true});
    assert_int_equal(ask(&o, true), ERR_NONE);
    assert_true(o.anonymous);
    assert_string_equal(o.access_key_id, "-");
    assert_int_equal(fake_request_count(o.s.f), 0);
    site_close(&o.s);
}

static void a_client_that_ends_meanwhile(void **state)
{
    outcome o = {0};
    (void)state;
    open_config(&o.s, "[profile p]\ncredential_process=x\n", NULL, NULL);
    fake_expect_process(o.s.f, &(fake_process_rule){.command = "x", .never = true});
    s3_whoami(o.s.c, false, on_identity, &o);
    fake_run(o.s.f);
    s3_client_free(o.s.c);
    assert_false(o.s.done);
    fake_free(o.s.f);
    site_env = NULL;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_config)
    const struct CMUnitTest tests[] = {
        TEST(keys_of_a_profile),
        TEST(keys_that_are_still_on_their_way),
        TEST(sts_reports_account_and_arn),
        TEST(nothing_is_found),
        cmocka_unit_test(anonymous_sends_no_request),
        TEST(a_client_that_ends_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
