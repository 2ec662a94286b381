/* Expiration of keys: each date format that SDKs and programs write, from each source of keys. */
#include "tests/unit/s3/auth/keys_site.h"

#include "decon/base/digest.h"
#include "base/util.h"

#define ROLE_URL "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
#define ECS      "http://169.254.170.2/v2/x"
#define STS      "https://sts.us-east-1.amazonaws.com/"
#define NOON     1769860800 /* 2026-01-31T12:00:00Z */

static const char *const forms[] = {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00",
                                    "2026-01-31T14:00:00.123456+02:00", "2026-01-31T12:00:00.25",
                                    "2026-01-31 12:00:00UTC"};

/* The expiration of the client's current keys. */
static int64_t end_of_keys(const char *const *env, const char *url, const char *body,
                           const char *output)
{
    site s;
    site_env = env;
    site_open(&s, (s3_config){0});
    fake_when(s.f, &(fake_rule){.url_has = "/latest/api/token", .reply = {.body = SLICE_LIT("T")}});
    fake_when(s.f, &(fake_rule){.url = ROLE_URL, .reply = {.body = SLICE_LIT("role")}});
    if (url)
        fake_when(s.f, &(fake_rule){.url = url, .reply = {.body = slice_from(body)}});
    if (output)
        fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .output = output});
    accept_removals(&s);
    remove_key(&s);
    if (site_end(&s) != ERR_NONE)
        fail_msg("%s", s.error.message);
    int64_t end_s = s.c->credentials.expires_s;
    site_close(&s);
    return end_s;
}

static void expiration_from_a_container_and_the_instance(void **state)
{
    static const char *const container[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x",
                                            NULL};
    static const char *const nothing[] = {NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO_FREE char *body = xasprintf("{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"SECRET\","
                                         "\"Token\":\"T\",\"Expiration\":\"%s\"}",
                                         forms[i]);
        assert_int_equal(end_of_keys(container, ECS, body, NULL), NOON);
        assert_int_equal(end_of_keys(nothing, ROLE_URL "role", body, NULL), NOON);
    }
}

static void expiration_from_a_program(void **state)
{
    (void)state;
    AUTO_FREE char *config = write_file("config", "[default]\ncredential_process = keys\n");
    const char *env[] = {"AWS_CONFIG_FILE", config, NULL};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO_FREE char *output =
            xasprintf("{\"Version\":1,\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"SECRET\","
                      "\"Expiration\":\"%s\"}",
                      forms[i]);
        assert_int_equal(end_of_keys(env, NULL, NULL, output), NOON);
    }
}

static void expiration_from_sts(void **state)
{
    (void)state;
    AUTO_FREE char *token = write_file("token", "WEB");
    const char *env[] = {"AWS_WEB_IDENTITY_TOKEN_FILE", token, "AWS_ROLE_ARN", "r", NULL};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO_FREE char *body = xasprintf(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            "<AccessKeyId>I</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>"
            "<SessionToken>T</SessionToken><Expiration>%s</Expiration></Credentials>"
            "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
            forms[i]);
        assert_int_equal(end_of_keys(env, STS, body, NULL), NOON);
    }
}

/* The cached token is valid until its own expiration. */
static void expiration_from_the_sso_cache(void **state)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    (void)state;
    sha1(SLICE_LIT("https://x"), hash);
    hex_encode(hash, sizeof hash, hex);
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    AUTO_FREE char *name = xasprintf(".aws/sso/cache/%s.json", hex);
    assert_true(fs_make_dirs(cache, NULL));
    AUTO_FREE char *config =
        write_file("config", "[default]\nsso_start_url = https://x\nsso_region = us-east-1\n"
                             "sso_account_id = 1\nsso_role_name = R\n");
    const char *env[] = {"AWS_CONFIG_FILE", config, "HOME", dir, NULL};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO_FREE char *text = xasprintf("{\"accessToken\":\"T\",\"expiresAt\":\"%s\"}", forms[i]);
        AUTO_FREE char *path = write_file(name, text);
        assert_int_equal(
            end_of_keys(env,
                        "https://portal.sso.us-east-1.amazonaws.com/federation/credentials"
                        "?role_name=R&account_id=1",
                        "{\"roleCredentials\":{\"accessKeyId\":\"I\",\"secretAccessKey\":"
                        "\"SECRET\",\"sessionToken\":\"T\",\"expiration\":1769860800000}}",
                        NULL),
            NOON);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiration_from_a_container_and_the_instance),
        cmocka_unit_test_setup_teardown(expiration_from_a_program, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(expiration_from_sts, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(expiration_from_the_sso_cache, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
