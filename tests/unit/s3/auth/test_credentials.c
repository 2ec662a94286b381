#include "tests/unit/s3/auth/role_site.h"

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
    REMOVE(&s, ERR_NONE);
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
        REMOVE(&s, ERR_S3_CREDENTIALS);
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
    REMOVE(&s, ERR_NONE);
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
    REMOVE(&s, ERR_NONE);
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
    REMOVE(&s, ERR_NONE);
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
        REMOVE(&s, ERR_NONE);
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
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, 7, "ID-2"));
    site_expect(&s, "DELETE", URL, 400, expired);
    expect_role_keys(&s, "ID-3", "2013-05-24T07:00:00Z");
    site_expect(&s, "DELETE", URL, 400, expired);
    REMOVE(&s, ERR_S3_CREDENTIALS); /* the second one is final */
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
        REMOVE(&s, ERR_NONE);
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
    REMOVE(&s, ERR_S3_CREDENTIALS);
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
        cmocka_unit_test(refused_keys_are_renewed_once),
        cmocka_unit_test(each_error_code_for_invalid_keys_renews_them),
        cmocka_unit_test(many_refusals_renew_once),
        cmocka_unit_test(no_error_contains_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
