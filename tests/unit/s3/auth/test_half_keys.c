/* An incomplete set of credentials is an error at every source: no other identity is used. In each
 * test an instance role is available, and the store accepts any keys. */
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define ROLE_URL "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
#define ECS      "http://169.254.170.2/v2/x"
#define STS      "https://sts.us-east-1.amazonaws.com/"
#define PORTAL   "https://portal.sso.us-east-1.amazonaws.com/"
#define ID       "aws_access_key_id = ID-F\n"
#define KEY      "aws_secret_access_key = SECRET-F\n"
#define PAIR     ID KEY
#define SSO                                                                                        \
    "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = R\n"

typedef struct half {
    const char *env[9];
    const char *config, *credentials;
    const char *url, *body; /* a service's answer */
    const char *output;     /* a program's */
    const char *why;
} half;

static void serve_an_instance_role(fake_transport *f)
{
    fake_when(f, &(fake_rule){.url_has = "/latest/api/token", .reply = {.body = SLICE_LIT("T")}});
    fake_when(f, &(fake_rule){.url = ROLE_URL, .reply = {.body = SLICE_LIT("role")}});
    fake_when(f, &(fake_rule){.url = ROLE_URL "role",
                              .reply = {.body = SLICE_LIT("{\"AccessKeyId\":\"ID-NODE\","
                                                          "\"SecretAccessKey\":\"SECRET-N\"}")}});
    fake_when(f, &(fake_rule){.url = URL, .reply = {.status = 204}});
}

/* Yields the error of the client or of its first request; "" if the request was sent. */
static char *outcome(const half *h)
{
    const char *env[20] = {"HOME", dir, "AWS_REGION", "us-east-1", NULL};
    AUTO_FREE char *config = write_file("config", h->config ? h->config : "");
    AUTO_FREE char *credentials = write_file("credentials", h->credentials ? h->credentials : "");
    size_t count = 4;
    env[count++] = "AWS_CONFIG_FILE";
    env[count++] = config;
    env[count++] = "AWS_SHARED_CREDENTIALS_FILE";
    env[count++] = credentials;
    for (size_t i = 0; h->env[i]; i++)
        env[count++] = h->env[i];
    site_env = env;
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    s3_config options = {.endpoint = "http://store", .getenv_fn = site_getenv};
    serve_an_instance_role(s.f);
    if (h->url)
        fake_when(s.f, &(fake_rule){.url_has = h->url, .reply = {.body = slice_from(h->body)}});
    if (h->output)
        fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .output = h->output});
    s.c = s3_client_new(fake_transport_base(s.f), &options, &e);
    if (s.c) {
        remove_key(&s);
        (void)site_end(&s);
        e = s.error;
    }
    char *message = xstrdup(err_is_set(&e) ? e.message : "");
    for (size_t i = 0; i < fake_request_count(s.f); i++) /* no other source is used */
        if (!h->url || !strstr(fake_request_at(s.f, i)->url, h->url)) {
            free(message);
            message = xasprintf("(asked %s)", fake_request_at(s.f, i)->url);
        }
    s3_client_free(s.c);
    fake_free(s.f);
    site_env = NULL;
    return message;
}

static void each_is_refused(const half *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *message = outcome(&rows[i]);
        if (!strstr(message, rows[i].why) || strstr(message, "SECRET-") ||
            strstr(message, "give the instance a role"))
            fail_msg("row %zu: '%s' does not say '%s'", i, message, rows[i].why);
    }
}

static void in_the_environment(void **state)
{
    static const half rows[] = {
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E"},
         .why = "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not; set both, or remove both"},
        {.env = {"AWS_SECRET_ACCESS_KEY", "SECRET-E"},
         .why = "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"},
        {.env = {"AWS_SECRET_ACCESS_KEY", "SECRET-E", "AWS_ACCESS_KEY_ID", ""},
         .why = "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is empty"},
        {.env = {"AWS_SECRET_ACCESS_KEY", "", "AWS_ACCESS_KEY_ID", "ID-E"},
         .why = "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is empty"},
        {.env = {"AWS_SECRET_ACCESS_KEY", "", "AWS_ACCESS_KEY_ID", ""},
         .why = "AWS_ACCESS_KEY_ID is empty, like the other key"},
        {.env = {"AWS_ACCESS_KEY_ID", ""}, .why = "AWS_ACCESS_KEY_ID is empty"},
        {.env = {"AWS_SECRET_ACCESS_KEY", ""}, .why = "AWS_SECRET_ACCESS_KEY is empty"},
        {.env = {"AWS_SESSION_TOKEN", "SECRET-T"},
         .why = "AWS_SESSION_TOKEN is set without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
        {.env = {"AWS_SECURITY_TOKEN", "SECRET-T"}, .why = "AWS_SECURITY_TOKEN is set without"},
        {.env = {"AWS_SESSION_TOKEN", "SECRET-T", "AWS_SECURITY_TOKEN", "SECRET-U",
                 "AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "SECRET-E"},
         .why = "AWS_SESSION_TOKEN and AWS_SECURITY_TOKEN differ"},
        {.env = {"AWS_ACCESS_KEY", "ID-E", "AWS_SECRET_KEY", "SECRET-E"},
         .why = "AWS_ACCESS_KEY is set, which is not read; set AWS_ACCESS_KEY_ID"},
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_KEY", "SECRET-E"},
         .why = "AWS_SECRET_KEY is set, which is not read"},
        {.env = {"AWS_ACCESS_KEY_ID", "'ID-E'", "AWS_SECRET_ACCESS_KEY", "SECRET-E"},
         .why = "AWS_ACCESS_KEY_ID is in quotes"},
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "\"SECRET-E\""},
         .why = "AWS_SECRET_ACCESS_KEY is in quotes"},
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E ", "AWS_SECRET_ACCESS_KEY", "SECRET-E"},
         .why = "AWS_ACCESS_KEY_ID contains a blank"},
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "SECRET-E "},
         .why = "AWS_SECRET_ACCESS_KEY contains a blank"},
        /* The files have keys of another identity. */
        {.env = {"AWS_SECRET_ACCESS_KEY", "SECRET-E"},
         .credentials = "[default]\n" PAIR,
         .why = "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

static void in_a_profile(void **state)
{
    static const half rows[] = {
        {.credentials = "[default]\n" ID,
         .why = "/credentials:2) is set, aws_secret_access_key is not; set both"},
        {.credentials = "[default]\n\n" KEY, .why = "aws_secret_access_key (/tmp/"},
        {.config = "[default]\n" KEY, .why = "/config:2) is set, aws_access_key_id is not"},
        {.config = "[profile x]\n" ID, .env = {"AWS_PROFILE", "x"}, .why = "profile 'x'"},
        {.config = "[default]\n" ID "aws_secret_access_key =\n",
         .why = "/config:3: aws_secret_access_key is empty"},
        {.credentials = "[default]\naws_access_key_id =\naws_secret_access_key =\n",
         .why = "/credentials:2: aws_access_key_id is empty"},
        {.credentials = "[default]\naws_session_token = SECRET-T\n",
         .why = "/credentials:2) is set without aws_access_key_id and aws_secret_access_key"},
        /* A half in each file is not a pair: they may belong to different keys. */
        {.credentials = "[default]\n" ID,
         .config = "[default]\n" KEY,
         .why = "/credentials:2) is set, aws_secret_access_key is not"},
        {.credentials = "[default]\n" ID,
         .config = "[default]\n" PAIR,
         .why = "/credentials:2) is set, aws_secret_access_key is not"},
        {.credentials = "[default]\naws_session_token = T\n",
         .config = "[default]\n" PAIR,
         .why = "/credentials:2) is set without"},
        {.credentials = "[default]\naws_acess_key_id = ID\n" KEY,
         .why = "/credentials:2: unknown setting 'aws_acess_key_id'; is aws_access_key_id meant?"},
        {.credentials = "[default]\naws_access_key = ID\naws_secret_key = SECRET-F\n",
         .why = "/credentials:2: unknown setting 'aws_access_key'; is aws_access_key_id meant?"},
        {.credentials = "[default]\n" ID "aws_secret_acces_key = SECRET-F\n",
         .why = "/credentials:3: unknown setting 'aws_secret_acces_key'; is aws_secret_access_key"},
        {.credentials = "[default]\naws-access-key-id = ID\naws-secret-access-key = SECRET-F\n",
         .why = "is aws_access_key_id meant?"},
        {.credentials = "[default]\naccessKeyId = ID\nsecretAccessKey = SECRET-F\n",
         .why = "is aws_access_key_id meant?"},
        {.credentials = "[default]\n" PAIR "aws_session_tokne = SECRET-T\n",
         .why = "is aws_session_token meant?"},
        {.credentials = "[default]\n" PAIR,
         .config = "[default]\nrole_arm = r\n",
         .why = "/config:2: unknown setting 'role_arm'; is role_arn meant?"},
        {.credentials = "[default]\n" PAIR,
         .config = "[default]\nsource_profile = x\n[profile x]\n" PAIR,
         .why = "has a source_profile or credential_source, but no role_arn"},
        {.config = "[default]\ncredential_source = Ec2InstanceMetadata\n",
         .why = "has a source_profile or credential_source, but no role_arn"},
        {.config = "[default]\nrole_arn = r\nsource_profile = x\ncredential_source = Environment\n",
         .why = "has both source_profile and credential_source"},
        {.config = "[default]\nrole_arn = r\n", .why = "role_arn needs source_profile"},
        {.config = "[default]\nweb_identity_token_file = /x\n", .why = "but no role_arn"},
        {.credentials = "[default]\naws_access_key_id = \"ID\"\n" KEY,
         .why = "/credentials:2: the value of aws_access_key_id is in quotes"},
        {.credentials = "[default]\naws_access_key_id = ID ID\n" KEY,
         .why = "/credentials:2) contains a blank"},
        {.credentials = "[default]\n" ID "  aws_secret_access_key = SECRET-F\n",
         .why = "/credentials:3: an indented line continues the value of aws_access_key_id"},
        {.config = "[default]\nlogin_session = arn\n",
         .why = "login_session, which is not supported"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

#define SOURCE "[default]\nrole_arn = r\nsource_profile = x\n[profile x]\n"

static void in_a_source_profile(void **state)
{
    static const half rows[] = {
        {.config = SOURCE ID, .why = "profile 'x': aws_access_key_id (/tmp/"},
        {.config = SOURCE KEY, .why = "profile 'x': aws_secret_access_key (/tmp/"},
        {.config = SOURCE ID,
         .credentials = "[x]\n" KEY,
         .why = "profile 'x': aws_secret_access_key"},
        {.config = SOURCE "aws_session_token = T\n", .why = "is set without"},
        {.config = SOURCE, .why = "is a source_profile, but has neither keys nor"},
        {.config = SOURCE "aws_acces_key_id = ID\n" KEY, .why = "is aws_access_key_id meant?"},
        {.config = "[default]\nrole_arn = r\ncredential_source = Environment\n",
         .env = {"AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", ""},
         .why = "AWS_ACCESS_KEY_ID is empty"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

#define PROCESS "[default]\ncredential_process = keys\n"

static void from_a_program(void **state)
{
    static const half rows[] = {
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"ID\"}",
         .why = "an incomplete key pair: AccessKeyId, but no SecretAccessKey"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"SecretAccessKey\":\"SECRET-P\"}",
         .why = "an incomplete key pair: SecretAccessKey, but no AccessKeyId"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"\",\"SecretAccessKey\":\"SECRET-P\"}",
         .why = "an incomplete key pair"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"SessionToken\":\"SECRET-P\"}",
         .why = "has no keys"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"ID\",\"SecretAccesKey\":\"SECRET-P\"}",
         .why = "no SecretAccessKey"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"ID\",\"SecretAccessKey\":\"SECRET-P\","
                   "\"SessionToken\":7}",
         .why = "answer's SessionToken is not a string"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"ID\",\"SecretAccessKey\":\"SECRET-P\","
                   "\"Expiration\":4102444800}",
         .why = "answer's Expiration is not a string"},
        {.config = PROCESS,
         .output = "{\"Version\":1,\"AccessKeyId\":\"ID\\n\",\"SecretAccessKey\":\"SECRET-P\"}",
         .why = "answer's AccessKeyId contains a line break"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

/* clang-format off */
#define RELATIVE {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}
/* clang-format on */

static void from_a_container(void **state)
{
    static const half rows[] = {
        {.env = RELATIVE,
         .url = ECS,
         .body = "{\"AccessKeyId\":\"ID\"}",
         .why = "an incomplete key pair"},
        {.env = RELATIVE,
         .url = ECS,
         .body = "{\"SecretAccessKey\":\"SECRET-C\"}",
         .why = "an incomplete key pair"},
        {.env = RELATIVE, .url = ECS, .body = "{\"Token\":\"SECRET-C\"}", .why = "has no keys"},
        {.env = RELATIVE,
         .url = ECS,
         .body = "{\"AccessKeyId\":\"ID\",\"SecretAccessKey\":\"SECRET-C\",\"Token\":[]}",
         .why = "Token is not a string"},
        {.env = {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "SECRET-T"},
         .why = "AWS_CONTAINER_AUTHORIZATION_TOKEN is set without"},
        {.env = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/x"},
         .why = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is set without"},
        {.env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", ""}, .why = "is empty; set or unset it"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

static void from_sso(void **state)
{
    static const half rows[] = {
        {.config = "[default]\nsso_role_name = R\n", .why = "sso_start_url is missing"},
        {.config = "[default]\nsso_region = us-east-1\n", .why = "sso_start_url is missing"},
        {.config = "[default]\nsso_start_url = https://x\nsso_region = us-east-1\n",
         .why = "sso_account_id is missing"},
        {.config = "[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = R\n",
         .why = "there is no [sso-session x] in"},
        {.config = "[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = R\n"
                   "sso_region = eu-west-1\n"
                   "[sso-session x]\nsso_region = us-east-1\nsso_start_url = https://x\n",
         .why = "differs from that of its sso-session"},
        {.config = "[default]\nsso_start_url = https://x\nsso_region = us-east-1\n"
                   "sso_acount_id = 1\nsso_role_name = R\n",
         .why = "is sso_account_id meant?"},
        {.config = "[default]\n" SSO, .why = "there is no token of AWS SSO"},
    };
    (void)state;
    each_is_refused(rows, ARRAY_LEN(rows));
}

static void from_the_portal_of_sso(void **state)
{
    static const half rows[] = {
        {.config = "[default]\n" SSO,
         .url = PORTAL,
         .body = "{\"roleCredentials\":{\"accessKeyId\":\"ID\",\"sessionToken\":\"T\","
                 "\"expiration\":4102444800000}}",
         .why = "an incomplete key pair: accessKeyId, but no secretAccessKey"},
        {.config = "[default]\n" SSO,
         .url = PORTAL,
         .body = "{\"roleCredentials\":{\"accessKeyId\":\"ID\",\"secretAccessKey\":\"SECRET-S\","
                 "\"expiration\":4102444800000}}",
         .why = "without a sessionToken"},
    };
    (void)state;
    AUTO_FREE char *aws = xasprintf("%s/.aws/sso/cache", dir);
    assert_true(fs_make_dirs(aws, NULL));
    /* SHA-1 of "https://x" */
    AUTO_FREE char *token =
        write_file(".aws/sso/cache/98383e6608d65e46b24bbd92582bc8d916605a21.json",
                   "{\"accessToken\":\"SECRET-T\",\"expiresAt\":\"2100-01-01T00:00:00Z\"}");
    each_is_refused(rows, ARRAY_LEN(rows));
}

static void from_sts(void **state)
{
    (void)state;
    AUTO_FREE char *token = write_file("token", "WEB");
    const half rows[] = {
        {.env = {"AWS_ROLE_ARN", "r"}, .why = "AWS_WEB_IDENTITY_TOKEN_FILE is not; set both"},
        {.env = {"AWS_WEB_IDENTITY_TOKEN_FILE", "/x"}, .why = "AWS_ROLE_ARN is not; set both"},
        {.env = {"AWS_ROLE_ARN", "r", "AWS_WEB_IDENTITY_TOKEN_FILE", token},
         .url = STS,
         .body = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
                 "<AccessKeyId>ID</AccessKeyId><SessionToken>T</SessionToken>"
                 "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
                 "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
         .why = "an incomplete key pair: AccessKeyId, but no SecretAccessKey"},
    };
    each_is_refused(rows, ARRAY_LEN(rows));
}

/* Complete sets, which must still work. */
static void whole_sets_work(void **state)
{
    static const half rows[] = {
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "SECRET-E",
                 "AWS_SESSION_TOKEN", ""}},
        {.env = {"AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "a blank inside",
                 "AWS_SECURITY_TOKEN", "T"}},
        {.credentials = "[default]\n" PAIR "aws_session_token =\n"},
        {.credentials = "[default]\n" PAIR, .config = "[default]\n" PAIR "aws_session_token = T\n"},
        {.config = "[default]\n" PAIR "x_principal_arn = x\nexpiration = y\n"},
        /* An empty session token alone is ignored: the instance role is used. */
        {.env = {"AWS_SESSION_TOKEN", ""}, .config = "[default]\nregion = us-west-2\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *message = outcome(&rows[i]);
        const char *asked = i + 1 < ARRAY_LEN(rows) ? "(asked http://store/b/k)" : "(asked http://";
        if (!str_starts_with(message, asked))
            fail_msg("row %zu: %s", i, message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_the_environment, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(in_a_profile, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(in_a_source_profile, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(from_a_program, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(from_a_container, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(from_sso, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(from_the_portal_of_sso, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(from_sts, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(whole_sets_work, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
