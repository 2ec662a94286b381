/* Which profile of which file is read, with a client that uses it. */
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = SECRET\n"

static const char *env[20];
static size_t env_count;

static int clear(void **state)
{
    env_count = 0;
    env[0] = NULL;
    return make_dir(state);
}

static void set(const char *name, const char *value)
{
    env[env_count++] = name;
    env[env_count++] = value;
    env[env_count] = NULL;
}

/* Yields the key id that signed the request, otherwise the error. */
static char *key_in_use(s3_config config)
{
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    char *result = NULL;
    site_env = env;
    config.getenv_fn = site_getenv;
    config.endpoint = "http://store";
    accept_removals(&s);
    s.c = s3_client_new(fake_transport_base(s.f), &config, &e);
    if (s.c) {
        remove_key(&s);
        (void)site_end(&s);
        e = s.error;
    }
    if (err_is_set(&e)) {
        result = xstrdup(e.message);
    } else {
        const char *text = strstr(site_sent_header(&s, 0, "Authorization"), "Credential=");
        text += strlen("Credential=");
        result = xstrndup(text, strcspn(text, "/"));
    }
    s3_client_free(s.c);
    fake_free(s.f);
    site_env = NULL;
    return result;
}

static void uses(const char *id)
{
    AUTO_FREE char *result = key_in_use((s3_config){0});
    assert_string_equal(result, id);
}

static void is_refused(const char *why)
{
    AUTO_FREE char *result = key_in_use((s3_config){0});
    if (!strstr(result, why))
        fail_msg("'%s' does not say '%s'", result, why);
}

/* The order of botocore, so that both variables mean the same for this program and the AWS CLI. */
static void the_variables_that_name_the_profile(void **state)
{
    (void)state;
    AUTO_FREE char *config = write_file("config", "[default]\n" KEYS("ID-D") "[profile a]\n" KEYS(
                                                      "ID-A") "[profile b]\n" KEYS("ID-B"));
    set("AWS_CONFIG_FILE", config);
    uses("ID-D");
    set("AWS_PROFILE", "a");
    uses("ID-A");
    set("AWS_DEFAULT_PROFILE", "b");
    uses("ID-B");
    AUTO_FREE char *by_option = key_in_use((s3_config){.profile = "a"});
    assert_string_equal(by_option, "ID-A");
    env[3] = "";
    uses("ID-B");
    env[5] = "";
    uses("ID-D");
    env[5] = "missing";
    is_refused("profile 'missing' is neither in ");
    is_refused("check AWS_DEFAULT_PROFILE");
}

/* Notepad writes it; without support the first section would be lost. */
static void a_byte_order_mark_loses_nothing(void **state)
{
    (void)state;
    AUTO_FREE char *credentials =
        write_file("credentials", "\xEF\xBB\xBF[default]\r\n" KEYS("ID-D"));
    AUTO_FREE char *config =
        write_file("config", "\xEF\xBB\xBF[default]\nregion = eu-west-3\n[profile x]\n");
    set("AWS_SHARED_CREDENTIALS_FILE", credentials);
    set("AWS_CONFIG_FILE", config);
    uses("ID-D");
    AUTO(s3_profile) p = {0};
    site_env = env;
    assert_true(s3_profile_load(site_getenv, NULL, &p, NULL));
    assert_string_equal(s3_profile_get(&p, "region"), "eu-west-3");
    AUTO_FREE char *utf_16 = write_file("config", "");
    assert_true(fs_write_file(utf_16, (slice){"\xFF\xFE[\0d\0", 6}, false, NULL));
    is_refused("/config: the file is UTF-16; save it as UTF-8");
}

static void repeats_are_refused(void **state)
{
    (void)state;
    AUTO_FREE char *credentials = write_file(
        "credentials", "[default]\n" KEYS("ID-OLD") "[x]\n" KEYS("ID-X") "[default]\n" KEYS("ID"));
    set("AWS_SHARED_CREDENTIALS_FILE", credentials);
    is_refused("/credentials:7: section 'profile default' occurs twice: in line 1 and in line 7");
    set("AWS_PROFILE", "x"); /* such a file is unreliable as a whole */
    is_refused("in line 1 and in line 7");
    free(write_file("credentials", "[x]\naws_access_key_id = OLD\naws_access_key_id = NEW\n"));
    is_refused("/credentials:3: setting 'aws_access_key_id' occurs twice: in line 2 and in line 3");
}

/* AWS's rule: both files together form the profile, and the credentials file takes precedence. */
static void the_same_section_in_both_files_is_one_profile(void **state)
{
    (void)state;
    AUTO_FREE char *credentials = write_file("credentials", "[x]\n" KEYS("ID-C"));
    AUTO_FREE char *config = write_file("config", "[profile x]\nregion = eu-west-3\n" KEYS("ID-O"));
    set("AWS_SHARED_CREDENTIALS_FILE", credentials);
    set("AWS_CONFIG_FILE", config);
    set("AWS_PROFILE", "x");
    uses("ID-C");
}

static void one_file_may_be_both(void **state)
{
    (void)state;
    AUTO_FREE char *both =
        write_file("both", "[x]\n" KEYS("ID-C") "[profile x]\nregion = eu-west-3\n");
    set("AWS_SHARED_CREDENTIALS_FILE", both);
    set("AWS_CONFIG_FILE", both);
    set("AWS_PROFILE", "x");
    uses("ID-C");
}

/* Otherwise the instance role would be used: the fake has none, and fails the test on a request for
 * it. */
static void a_file_that_was_asked_for_must_be_there(void **state)
{
    (void)state;
    AUTO_FREE char *nowhere = xasprintf("%s/nowhere", dir);
    set("AWS_SHARED_CREDENTIALS_FILE", nowhere);
    is_refused("AWS_SHARED_CREDENTIALS_FILE names /tmp/");
    env[0] = "AWS_CONFIG_FILE";
    is_refused("AWS_CONFIG_FILE names /tmp/");
    set("AWS_ACCESS_KEY_ID", "ID-E");
    set("AWS_SECRET_ACCESS_KEY", "SECRET");
    uses("ID-E");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    set("AWS_SHARED_CREDENTIALS_FILE", dir);
    is_refused(": not a regular file");
    AUTO_FREE char *path = xasprintf("%s/large", dir);
    AUTO(buf) large = BUF(2 << 20);
    while (large.len <= 1 << 20)
        buf_append_str(&large, "# 0123456789\n");
    assert_true(fs_write_file(path, buf_slice(&large), false, NULL));
    env[1] = path;
    is_refused(path);
    env[1] = "/dev/null"; /* deliberately disables the file */
    set("AWS_EC2_METADATA_DISABLED", "true");
    is_refused("has no credentials");
}

/* Requests would go to AWS instead of the store that was meant. */
static void an_endpoint_that_would_be_passed_over_is_refused(void **state)
{
    static const struct {
        const char *config, *why;
    } rows[] = {
        {"[default]\nservices = x\n", "there is no [services x] in"},
        {"[default]\nservices = x\n[Services x]\ns3 =\n  endpoint_url = http://h\n",
         "there is no [services x] in"},
        {"[default]\nservices = x\n[services x]\ns3 =\nendpoint_url = http://h\n",
         "/config:5: endpoint_url belongs to no service"},
        {"[default]\nservices = x\n[services x]\ns3 = endpoint_url = http://h\n",
         "/config:4: s3 belongs to no service"},
        {"[default]\nservices = x\n[services x]\ns3 =\n  endpoint-url = http://h\n",
         "/config:5: s3.endpoint-url is unknown here; is endpoint_url meant?"},
        {"[default]\nservices = x\n[services x]\nsts =\n  endpoint_url =\n",
         "/config:5: sts.endpoint_url is empty"},
        {"[default]\nendpoint_url =\n", "/config:2: endpoint_url is empty"},
        {"[default]\nendpoint_url = \"http://h\"\n",
         "/config:2: the value of endpoint_url is in quotes"},
        {"[default]\nendpoint-url = http://h\n", "is endpoint_url meant?"},
        {"[default]\nendpoint_url = h:9000\n", "the endpoint 'h:9000' is not a URL"},
        {"[default]\ns3 = addressing_style = path\n", "/config:2: s3 has a value; remove it"},
        {"[default]\ns3 =\naddressing_style = path\n", "is s3.addressing_style meant?"},
        {"[default]\ns3 =\n  endpoint_url = http://h\n", "s3.endpoint_url ("},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *config = write_file("config", rows[i].config);
        env_count = 0;
        set("AWS_CONFIG_FILE", config);
        set("AWS_ACCESS_KEY_ID", "ID-E");
        set("AWS_SECRET_ACCESS_KEY", "SECRET");
        site_env = env;
        err e = ERR_INIT;
        fake_transport *f = fake_new();
        s3_client *c =
            s3_client_new(fake_transport_base(f), &(s3_config){.getenv_fn = site_getenv}, &e);
        if (c || !strstr(e.message, rows[i].why))
            fail_msg("row %zu: '%s'", i, e.message);
        fake_free(f);
        site_env = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_variables_that_name_the_profile, clear, remove_dir),
        cmocka_unit_test_setup_teardown(a_byte_order_mark_loses_nothing, clear, remove_dir),
        cmocka_unit_test_setup_teardown(repeats_are_refused, clear, remove_dir),
        cmocka_unit_test_setup_teardown(the_same_section_in_both_files_is_one_profile, clear,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(an_endpoint_that_would_be_passed_over_is_refused, clear,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(one_file_may_be_both, clear, remove_dir),
        cmocka_unit_test_setup_teardown(a_file_that_was_asked_for_must_be_there, clear, remove_dir),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_an_error, clear, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
