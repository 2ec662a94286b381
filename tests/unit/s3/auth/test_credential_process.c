#include "base/util.h"
#include "s3/auth/credential_process.h"

#include "tests/unit/s3/auth/profile_site.h"

#define CONFIG "[profile p]\ncredential_process = /opt/keys --for \"me and you\"\n"
#define LINE   "/opt/keys --for \"me and you\""
#define KEYS                                                                                       \
    "{\"Version\":1,\"AccessKeyId\":\"ID-P\",\"SecretAccessKey\":\"SECRET-P\",\"SessionToken\":"   \
    "\"TOKEN-P\""

static void answers(site *s, const char *command, const char *output)
{
    fake_expect_process(s->f, &(fake_process_rule){.command = command, .output = output});
}

static void its_output_is_the_keys(void **state)
{
    site s;
    (void)state;
    open_config(&s, CONFIG, NULL, NULL);
    answers(&s, LINE, KEYS "}");
    works_with(&s, "ID-P");
    assert_string_equal(site_sent_header(&s, 0, "x-amz-security-token"), "TOKEN-P");
    works_with(&s, "ID-P"); /* without a second process: they do not expire */
    site_close(&s);
}

static void it_runs_again_before_its_keys_expire(void **state)
{
    site s;
    (void)state;
    open_config(&s, CONFIG, NULL, NULL);
    answers(&s, LINE, KEYS ",\"Expiration\":\"2013-05-24T01:00:00Z\"}");
    works_with(&s, "ID-P");
    fake_advance(s.f, 56 * 60 * 1000);
    answers(&s, LINE, "{\"Version\":1,\"AccessKeyId\":\"ID-2\",\"SecretAccessKey\":\"SECRET-2\"}");
    works_with(&s, "ID-P"); /* the old keys are used meanwhile */
    fake_run_all(s.f);
    works_with(&s, "ID-2");
    site_close(&s);
}

static void it_may_be_the_source_of_a_role(void **state)
{
    static const char sts[] =
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ID-R</AccessKeyId>"
        "<SecretAccessKey>SECRET-R</SecretAccessKey><SessionToken>T</SessionToken><Expiration>"
        "2013-05-24T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    site s;
    (void)state;
    open_config(&s,
                "[profile p]\nrole_arn=R\nsource_profile=q\n[profile q]\ncredential_process=x\n",
                NULL, NULL);
    answers(&s, "x", KEYS "}");
    site_expect(&s, "POST", "https://sts.eu-west-1.amazonaws.com/", 200, sts);
    works_with(&s, "ID-R");
    assert_true(signed_with(&s, 0, "ID-P"));
    site_close(&s);
}

static void keys_of_the_profile_go_before_it(void **state)
{
    site s;
    (void)state;
    open_config(&s,
                "[profile p]\naws_access_key_id=ID-S\naws_secret_access_key=SECRET-S\n"
                "credential_process=x\n",
                NULL, NULL);
    works_with(&s, "ID-S");
    site_close(&s);
}

static void answers_that_are_none(void **state)
{
    static const struct {
        const char *output, *why;
    } cases[] = {
        {"", "profile 'p': credential_process: its output is not a JSON object"},
        {"[1]", "not a JSON object"},
        {"SECRET-Q{", "not a JSON object"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET-P\"}", "Version 0, only 1"},
        {"{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET-P\"}", "Version 2"},
        {"{\"Version\":1,\"SecretAccessKey\":\"SECRET-P\"}", "no AccessKeyId"},
        {KEYS ",\"Expiration\":\"soon\"}", "'soon' is not a date"},
        {KEYS ",\"Expiration\":\"2013-05-23T00:00:00Z\"}", "have expired"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        site s;
        open_config(&s, CONFIG, NULL, NULL);
        answers(&s, LINE, cases[i].output);
        is_refused(&s, cases[i].why);
        assert_null(strstr(s.error.message, "/opt/keys"));     /* a command line may hold secrets */
        assert_null(strstr(s.error.message, "instance role")); /* no other keys are used */
        site_close(&s);
    }
}

static void a_failure_reports_its_last_error_line(void **state)
{
    site s;
    (void)state;
    open_config(&s, CONFIG, NULL, NULL);
    fake_expect_process(s.f, &(fake_process_rule){.command = LINE,
                                                  .output = KEYS "}",
                                                  .exit_status = 4,
                                                  .error_line = "no card in the reader"});
    is_refused(&s, "credential_process: it ended with status 4 and says: no card in the reader");
    site_close(&s);
    open_config(&s, CONFIG, NULL, NULL);
    fake_expect_process(s.f, &(fake_process_rule){.command = LINE, .exit_status = 127});
    is_refused(&s, "status 127 (run the command by hand");
    site_close(&s);
}

static void it_has_a_minute(void **state)
{
    site s;
    (void)state;
    open_config(&s, CONFIG, NULL, NULL);
    fake_expect_process(s.f, &(fake_process_rule){.command = LINE, .never = true});
    remove_key(&s);
    fake_advance(s.f, 59000);
    assert_false(s.done);
    fake_advance(s.f, 1000);
    assert_true(s.done);
    assert_non_null(strstr(s.error.message, "has not ended after 60 s"));
    site_close(&s);
}

static void a_client_that_ends_kills_it(void **state)
{
    site s;
    (void)state;
    open_config(&s, CONFIG, NULL, NULL);
    fake_expect_process(s.f, &(fake_process_rule){.command = LINE, .never = true});
    remove_key(&s);
    fake_run(s.f);
    s3_client_free(s.c);
    assert_int_equal(fake_processes_cancelled(s.f), 1);
    fake_free(s.f);
    site_env = NULL;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_config)
    const struct CMUnitTest tests[] = {
        TEST(its_output_is_the_keys),
        TEST(it_runs_again_before_its_keys_expire),
        TEST(it_may_be_the_source_of_a_role),
        TEST(keys_of_the_profile_go_before_it),
        TEST(answers_that_are_none),
        TEST(a_failure_reports_its_last_error_line),
        TEST(it_has_a_minute),
        TEST(a_client_that_ends_kills_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
