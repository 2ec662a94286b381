#include "base/util.h"
#include "s3/auth/sso.h"

#include <sys/stat.h>

#include "tests/fake/sync_log.h"
#include "tests/unit/s3/auth/profile_site.h"

#define SESSION                                                                                    \
    "[profile p]\nsso_session = my-sso\nsso_account_id = 123456789012\nsso_role_name = Reader/X\n" \
    "[sso-session my-sso]\nsso_region = eu-north-1\n"                                              \
    "sso_start_url = https://d-1.awsapps.com/start\nsso_registration_scopes = "                    \
    "sso:account:access\n"
#define LEGACY                                                                                     \
    "[profile p]\nsso_start_url = https://d-1.awsapps.com/start\nsso_region = eu-north-1\n"        \
    "sso_account_id = 123456789012\nsso_role_name = Reader/X\n"
#define SESSION_FILE                                                                               \
    ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json" /* of "my-sso" */
#define LEGACY_FILE                                                                                \
    ".aws/sso/cache/0c54b6c27e90660baa89eaad85ac1d5dae26cb7d.json" /* of the start URL */
#define PORTAL    "https://portal.sso.eu-north-1.amazonaws.com/federation/credentials"
#define KEYS_URL  PORTAL "?role_name=Reader%2FX&account_id=123456789012"
#define TOKEN_URL "https://oidc.eu-north-1.amazonaws.com/token"
#define LOGIN     "run `aws sso login --profile p`"
/* 2013-05-24T06:00:00Z, in ms */
#define KEYS(id)                                                                                   \
    "{\"roleCredentials\":{\"accessKeyId\":\"" id "\",\"secretAccessKey\":\"SECRET-S\","           \
    "\"sessionToken\":\"SESSION-S\",\"expiration\":1369375200000}}"
#define REFRESHABLE(expires, registered)                                                           \
    "{\"accessToken\":\"SECRET-OLD\",\"expiresAt\":\"" expires "\",\"clientId\":\"C\","            \
    "\"clientSecret\":\"SECRET-CLIENT\",\"refreshToken\":\"SECRET-REFRESH\",\"region\":\"r\","     \
    "\"registrationExpiresAt\":\"" registered "\"}"

static const http_header bearer = {"x-amz-sso_bearer_token", "SECRET-TOKEN"};

static void write_token(const char *file, const char *text)
{
    AUTO_FREE char *folder = xasprintf("%s/.aws/sso/cache", dir);
    assert_true(fs_make_dirs(folder, NULL));
    AUTO_FREE char *path = write_file(file, text);
    assert_non_null(path);
}

static void expect_keys(site *s, const char *token, int status, const char *body)
{
    http_header header = {bearer.name, token};
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = KEYS_URL,
                                   .headers = &header,
                                   .header_count = 1,
                                   .reply = {.status = status, .body = slice_from(body)}});
}

static void the_token_of_a_session(void **state)
{
    site s;
    (void)state;
    write_token(SESSION_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-24T08:00:00Z\"}");
    open_config(&s, SESSION, NULL, NULL);
    expect_keys(&s, "SECRET-TOKEN", 200, KEYS("ID-S"));
    works_with(&s, "ID-S");
    assert_string_equal(site_sent_header(&s, 1, "x-amz-security-token"), "SESSION-S");
    site_close(&s);
}

static void the_token_of_a_start_url(void **state)
{
    site s;
    (void)state;
    write_token(LEGACY_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-24T08:00:00UTC\"}");
    open_config(&s, LEGACY, NULL, NULL);
    expect_keys(&s, "SECRET-TOKEN", 200, KEYS("ID-S"));
    works_with(&s, "ID-S");
    site_close(&s);
}

static void keys_are_renewed_before_they_expire(void **state)
{
    site s;
    (void)state;
    write_token(LEGACY_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-25T00:00:00Z\"}");
    open_config(&s, LEGACY, NULL, NULL);
    expect_keys(&s, "SECRET-TOKEN", 200, KEYS("ID-1"));
    works_with(&s, "ID-1");
    fake_advance(s.f, 6 * 3600 * 1000 - 299 * 1000);
    accept_removals(&s);
    expect_keys(&s, "SECRET-TOKEN", 200, KEYS("ID-2"));
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void without_a_valid_token_the_command_is_named(void **state)
{
    site s;
    (void)state;
    open_config(&s, SESSION, NULL, NULL);
    is_refused(&s, "profile 'p': SSO: there is no token of AWS SSO: " LOGIN);
    site_close(&s);
    static const char *const useless[] = {"", "{}", "{\"accessToken\":\"SECRET-T\"}",
                                          "{\"expiresAt\":\"2013-05-25T00:00:00Z\"}"};
    for (size_t i = 0; i < ARRAY_LEN(useless); i++) {
        write_token(SESSION_FILE, useless[i]);
        open_config(&s, SESSION, NULL, NULL);
        is_refused(&s, LOGIN);
        site_close(&s);
    }
    write_token(SESSION_FILE,
                "{\"accessToken\":\"SECRET-T\",\"expiresAt\":\"2013-05-23T23:59:59Z\"}");
    open_config(&s, SESSION, NULL, NULL);
    is_refused(&s, "has expired (2013-05-23T23:59:59Z): " LOGIN);
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
}

static void what_the_portal_refuses(void **state)
{
    static const struct {
        int status;
        const char *body, *why;
    } cases[] = {
        {401, "{\"message\":\"SECRET-X\"}", "is no longer valid: " LOGIN},
        {403, "{\"message\":\"SECRET-X\"}", "role Reader/X of account 123456789012 is refused"},
        {400, "{\"message\":\"SECRET-X\"}", PORTAL " answered 400"},
        {200, "{\"roleCredentials\":{\"accessKeyId\":\"SECRET-X\"}}", "no secretAccessKey"},
    };
    (void)state;
    write_token(SESSION_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-24T08:00:00Z\"}");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        site s;
        open_config(&s, SESSION, NULL, NULL);
        expect_keys(&s, "SECRET-TOKEN", cases[i].status, cases[i].body);
        is_refused(&s, cases[i].why);
        site_close(&s);
    }
}

static void an_expired_token_is_renewed_and_kept_for_others(void **state)
{
    site s;
    struct stat st;
    (void)state;
    write_token(SESSION_FILE, REFRESHABLE("2013-05-23T23:00:00Z", "2013-06-01T00:00:00Z"));
    open_config(&s, SESSION, NULL, NULL);
    fake_expect(s.f, &(fake_rule){.method = "POST",
                                  .url = TOKEN_URL,
                                  .body_has = "\"refreshToken\":\"SECRET-REFRESH\"",
                                  .reply = {.body = SLICE_LIT("{\"accessToken\":\"SECRET-NEW\","
                                                              "\"expiresIn\":3600,"
                                                              "\"refreshToken\":\"SECRET-R2\"}")}});
    expect_keys(&s, "SECRET-NEW", 200, KEYS("ID-S"));
    works_with(&s, "ID-S");
    site_close(&s);
    AUTO_FREE char *path = xasprintf("%s/" SESSION_FILE, dir);
    AUTO(buf) text = BUF(4096);
    assert_true(fs_read_file(path, 4096, &text, NULL));
    assert_non_null(strstr(buf_str(&text), "\"SECRET-NEW\""));
    assert_non_null(strstr(buf_str(&text), "\"2013-05-24T01:00:00Z\""));
    assert_non_null(strstr(buf_str(&text), "\"SECRET-R2\""));
    assert_non_null(strstr(buf_str(&text), "\"clientId\": \"C\"")); /* the rest stays */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* The replaced token cannot be used again: a power cut must not restore it. */
    AUTO_FREE char *folder = xasprintf("%s/.aws/sso/cache", dir);
    assert_true(was_synced(path, 0));
    assert_true(was_synced(folder, 0));
}

static void a_renewal_that_fails(void **state)
{
    site s;
    (void)state;
    write_token(SESSION_FILE, REFRESHABLE("2013-05-23T23:00:00Z", "2013-06-01T00:00:00Z"));
    open_config(&s, SESSION, NULL, NULL);
    site_expect(&s, "POST", TOKEN_URL, 400, "{\"error\":\"invalid_grant\"}");
    is_refused(&s, "has expired (2013-05-23T23:00:00Z): " LOGIN);
    site_close(&s);
    /* A lifetime that overflows is refused. */
    open_config(&s, SESSION, NULL, NULL);
    site_expect(&s, "POST", TOKEN_URL, 200,
                "{\"accessToken\":\"SECRET-NEW\",\"expiresIn\":9223372036854775807}");
    is_refused(&s, "has expired (2013-05-23T23:00:00Z): " LOGIN);
    site_close(&s);
    /* Three minutes are left: it is used without renewal. */
    write_token(SESSION_FILE, REFRESHABLE("2013-05-24T00:03:00Z", "2013-06-01T00:00:00Z"));
    open_config(&s, SESSION, NULL, NULL);
    site_expect(&s, "POST", TOKEN_URL, 400, "{\"error\":\"invalid_grant\"}");
    expect_keys(&s, "SECRET-OLD", 200, KEYS("ID-S"));
    works_with(&s, "ID-S");
    site_close(&s);
    /* The client's registration has expired: no request is sent. */
    write_token(SESSION_FILE, REFRESHABLE("2013-05-23T23:00:00Z", "2013-05-01T00:00:00Z"));
    open_config(&s, SESSION, NULL, NULL);
    is_refused(&s, LOGIN);
    site_close(&s);
}

static void settings_that_are_missing(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[profile p]\nsso_session=x\nsso_account_id=1\nsso_role_name=R\n", "no [sso-session x]"},
        {"[profile p]\nsso_start_url=u\nsso_account_id=1\nsso_role_name=R\n", "sso_region is"},
        {"[profile p]\nsso_start_url=u\nsso_region=r\nsso_account_id=1\n", "sso_role_name is"},
        {"[profile p]\nsso_start_url=u\nsso_region=r\nsso_role_name=R\n", "sso_account_id is"},
        {"[profile p]\nsso_region=r\nsso_account_id=1\nsso_role_name=R\n", "sso_start_url is"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        site s;
        open_config(&s, cases[i].text, NULL, NULL);
        is_refused(&s, cases[i].why);
        site_close(&s);
    }
}

static void it_may_be_the_source_of_a_role(void **state)
{
    static const char sts[] =
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ID-R</AccessKeyId>"
        "<SecretAccessKey>SECRET-R</SecretAccessKey><SessionToken>T</SessionToken><Expiration>"
        "2013-05-24T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    site s;
    (void)state;
    write_token(LEGACY_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-24T08:00:00Z\"}");
    open_config(&s,
                "[profile q]\nsso_start_url = https://d-1.awsapps.com/start\n"
                "sso_region = eu-north-1\nsso_account_id = 123456789012\n"
                "sso_role_name = Reader/X\n[profile p]\nrole_arn=R\nsource_profile=q\n",
                NULL, NULL);
    expect_keys(&s, "SECRET-TOKEN", 200, KEYS("ID-S"));
    site_expect(&s, "POST", "https://sts.eu-west-1.amazonaws.com/", 200, sts);
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 1, "ID-S"));
    site_close(&s);
}

static void the_portal_may_be_elsewhere(void **state)
{
    site s;
    (void)state;
    write_token(SESSION_FILE,
                "{\"accessToken\":\"SECRET-TOKEN\",\"expiresAt\":\"2013-05-24T08:00:00Z\"}");
    open_config(&s, SESSION, "AWS_ENDPOINT_URL_SSO", "http://portal:1/");
    site_expect(&s, "GET",
                "http://portal:1/federation/credentials?role_name=Reader%2FX&account_id="
                "123456789012",
                200, KEYS("ID-S"));
    works_with(&s, "ID-S");
    site_close(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_config)
    const struct CMUnitTest tests[] = {
        TEST(the_token_of_a_session),
        TEST(the_token_of_a_start_url),
        TEST(keys_are_renewed_before_they_expire),
        TEST(without_a_valid_token_the_command_is_named),
        TEST(what_the_portal_refuses),
        TEST(an_expired_token_is_renewed_and_kept_for_others),
        TEST(a_renewal_that_fails),
        TEST(settings_that_are_missing),
        TEST(it_may_be_the_source_of_a_role),
        TEST(the_portal_may_be_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
