#include "base/util.h"
#include "s3/auth/container.h"

#include "tests/unit/s3/auth/keys_site.h"

#define ECS "http://169.254.170.2/v2/credentials/x"
#define EKS "http://169.254.170.23/v1/credentials"

static void expect_keys(site *s, const char *url, const char *token, const char *id,
                        const char *expiration)
{
    AUTO_FREE char *json =
        xasprintf("{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"SECRET-C\","
                  "\"Token\":\"CONTAINER-TOKEN\",\"Expiration\":\"%s\",\"RoleArn\":\"r\"}",
                  id, expiration);
    http_header authorization = {"Authorization", token};
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = url,
                                   .headers = &authorization,
                                   .header_count = token ? 1 : 0,
                                   .reply = {.body = slice_from(json)}});
}

static void open_with(site *s, const char *const *env)
{
    site_env = env;
    site_open(s, (s3_config){0});
}

/* One request, which fails because there are no keys. */
static const char *refusal(site *s)
{
    REMOVE(s, ERR_S3_CREDENTIALS);
    return s->error.message;
}

static void the_ecs_agent_by_relative_uri(void **state)
{
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x",
                                      NULL};
    site s;
    (void)state;
    open_with(&s, env);
    expect_keys(&s, ECS, NULL, "ID-C", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    assert_true(fake_request_at(s.f, 0)->no_proxy);
    assert_true(fake_request_at(s.f, 0)->total_timeout_ms > 0);
    assert_null(site_sent_header(&s, 0, "Authorization"));
    assert_true(signed_with(&s, 1, "ID-C"));
    assert_string_equal(site_sent_header(&s, 1, "x-amz-security-token"), "CONTAINER-TOKEN");
    site_close(&s);
}

static void a_full_uri_with_a_token(void **state)
{
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                      "https://agent.example/keys?a=b",
                                      "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc", NULL};
    site s;
    (void)state;
    open_with(&s, env);
    expect_keys(&s, "https://agent.example/keys?a=b", "Basic abc", "ID-F", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, 1, "ID-F"));
    site_close(&s);
}

static void the_token_file_is_read_at_each_renewal(void **state)
{
    (void)state;
    AUTO_FREE char *path = write_file("token", "POD-TOKEN-1\n");
    const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                         EKS,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                         path,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                         "the file goes first",
                         NULL};
    site s;
    open_with(&s, env);
    accept_removals(&s);
    expect_keys(&s, EKS, "POD-TOKEN-1", "ID-1", "2013-05-24T01:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 56 * 60 * 1000);
    AUTO_FREE char *same = write_file("token", "POD-TOKEN-2\n");
    assert_string_equal(same, path);
    expect_keys(&s, EKS, "POD-TOKEN-2", "ID-2", "2013-05-24T07:00:00Z");
    remove_key(&s); /* still with the old keys: the renewal runs in the background */
    assert_int_equal(site_end(&s), ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void a_renewal_that_fails_leaves_the_old_keys(void **state)
{
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x",
                                      NULL};
    site s;
    (void)state;
    open_with(&s, env);
    accept_removals(&s);
    expect_keys(&s, ECS, NULL, "ID-1", "2013-05-24T01:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_advance(s.f, 56 * 60 * 1000);
    site_expect(&s, "GET", ECS, 403, "");
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    fake_advance(s.f, 61 * 1000);
    expect_keys(&s, ECS, NULL, "ID-2", "2013-05-24T07:00:00Z");
    REMOVE(&s, ERR_NONE);
    fake_run_all(s.f);
    REMOVE(&s, ERR_NONE);
    assert_true(signed_with(&s, 3, "ID-1"));
    assert_true(signed_with(&s, fake_request_count(s.f) - 1, "ID-2"));
    site_close(&s);
}

static void an_agent_in_trouble_is_asked_three_times(void **state)
{
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x",
                                      NULL};
    site s;
    (void)state;
    open_with(&s, env);
    site_expect(&s, "GET", ECS, 500, "");
    fake_expect(s.f, &(fake_rule){.url = ECS, .reply = {.error = ERR_NET}});
    expect_keys(&s, ECS, NULL, "ID-C", "2013-05-24T06:00:00Z");
    site_expect(&s, "DELETE", URL, 204, "");
    REMOVE(&s, ERR_NONE);
    site_close(&s);
    open_with(&s, env);
    fake_when(s.f, &(fake_rule){.url = ECS, .reply = {.status = 429}});
    assert_non_null(strstr(refusal(&s), "answered 429"));
    assert_true(fake_request_count(s.f) >= 6 && fake_request_count(s.f) % 3 == 0);
    site_close(&s);
}

/* A refusal of the agent is final: the instance role would be another identity. */
static void a_refusal_does_not_fall_through_to_the_instance_role(void **state)
{
    (void)state;
    AUTO_FREE char *path = write_file("token", "POD-TOKEN-SECRET");
    const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", EKS,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, NULL};
    site s;
    open_with(&s, env);
    site_expect(&s, "GET", EKS, 401, "no POD-TOKEN-SECRET please");
    const char *message = refusal(&s);
    assert_non_null(strstr(message, EKS " answered 401"));
    assert_null(strstr(message, "POD-TOKEN-SECRET"));
    assert_int_equal(fake_request_count(s.f), 1);
    site_close(&s);
}

static void answers_that_hold_no_keys(void **state)
{
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x",
                                      NULL};
    static const char *const bodies[] = {
        "", "no JSON", "{}", "{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"s\"}",
        "{\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        site s;
        open_with(&s, env);
        site_expect(&s, "GET", ECS, 200, bodies[i]);
        assert_non_null(strstr(refusal(&s), "its answer"));
        site_close(&s);
    }
}

static void tokens_that_cannot_be_sent(void **state)
{
    static const char *const wrong[][2] = {{"A\r\nX: y", "not allowed in a header"},
                                           {" \n", "is empty"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        AUTO_FREE char *path = write_file("token", wrong[i][0]);
        const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", EKS,
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, NULL};
        site s;
        open_with(&s, env);
        assert_non_null(strstr(refusal(&s), wrong[i][1]));
        assert_int_equal(fake_request_count(s.f), 0);
        site_close(&s);
    }
    const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", EKS,
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token", NULL};
    site s;
    open_with(&s, env);
    assert_non_null(strstr(refusal(&s), "/nowhere/token"));
    site_close(&s);
}

static void hosts_that_may_have_the_token(void **state)
{
    static const char *const yes[] = {"https://any.example/x",    "HTTPS://any.example",
                                      "http://127.0.0.1:1234/x",  "http://127.9.8.7",
                                      "http://localhost:80/x",    "http://[::1]:8080/x",
                                      "http://169.254.170.2",     "http://169.254.170.23/",
                                      "http://[fd00:ec2::23]/v1", "http://[fd00:ec2:0::23]:80/v1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        if (!s3_container_url_allowed(yes[i]))
            fail_msg("%s is refused", yes[i]);
}

static void a_password_in_the_url_is_not_shown(void **state)
{
    static const char *const urls[] = {"http://user:hush@192.0.2.1/x", "https://user:hush@host/x"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i], NULL};
        site s;
        site_env = env;
        site_open(&s, (s3_config){0});
        fake_when(s.f, &(fake_rule){.url = urls[i], .reply = {.status = 403}});
        REMOVE(&s, ERR_S3_CREDENTIALS);
        assert_null(strstr(s.error.message, "hush"));
        site_close(&s);
    }
}

static void hosts_that_may_not_have_the_token(void **state)
{
    static const char *const no[] = {"http://any.example/x",
                                     "http://169.254.169.254/x",
                                     "http://169.254.170.22/",
                                     "http://127.0.0.1.example/",
                                     "http://127.0.0.1@any.example/",
                                     "http://127.0.0.1:80@any.example/",
                                     "http://any.example\\@127.0.0.1/",
                                     "http://[::2]/",
                                     "http://[::1].example/",
                                     "http://[::1",
                                     "http://::1/",
                                     "http://[127.0.0.1]/",
                                     "http://",
                                     "http://:80/",
                                     "http://127.0.0.1:/",
                                     "http://127.0.0.1 /",
                                     "ftp://127.0.0.1/",
                                     "127.0.0.1/x",
                                     "https://any.example/a b"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        if (s3_container_url_allowed(no[i]))
            fail_msg("%s is allowed", no[i]);
    static const char *const env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://any.example/x",
                                      NULL};
    site s;
    open_with(&s, env);
    assert_non_null(strstr(refusal(&s), "'http://any.example/x' is not allowed"));
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_in_the_url_is_not_shown),
        cmocka_unit_test(the_ecs_agent_by_relative_uri),
        cmocka_unit_test(a_full_uri_with_a_token),
        cmocka_unit_test_setup_teardown(the_token_file_is_read_at_each_renewal, make_dir,
                                        remove_dir),
        cmocka_unit_test(a_renewal_that_fails_leaves_the_old_keys),
        cmocka_unit_test(an_agent_in_trouble_is_asked_three_times),
        cmocka_unit_test_setup_teardown(a_refusal_does_not_fall_through_to_the_instance_role,
                                        make_dir, remove_dir),
        cmocka_unit_test(answers_that_hold_no_keys),
        cmocka_unit_test_setup_teardown(tokens_that_cannot_be_sent, make_dir, remove_dir),
        cmocka_unit_test(hosts_that_may_have_the_token),
        cmocka_unit_test(hosts_that_may_not_have_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
