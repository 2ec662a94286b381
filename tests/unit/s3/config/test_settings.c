/* Each AWS variable and profile setting in the table of s3/config/settings.c: the client's requests
 * with it are compared with those without it. A supported setting changes them, an ignored one does
 * not, a refused one is an error that names it. */
#include "decon/base/digest.h"
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define SSO_ACCOUNT "sso_account_id = 1\nsso_role_name = R\n"
#define SSO_START   "sso_start_url = https://x\n"
#define SSO_REGION  "sso_region = us-east-1\n"
#define KEYS_OF(id) "aws_access_key_id = " id "\naws_secret_access_key = SECRET\n"
#define SECTION_X   "[profile x]\n" KEYS_OF("ID-X")
#define SOURCE      "source_profile = x\n"
#define SOURCE_X    SOURCE "@end" SECTION_X
#define ENV_KEYS    "AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "SECRET"
#define WEB         "AWS_WEB_IDENTITY_TOKEN_FILE", "@web"
#define SERVICES    "[services x]\ns3 =\n  endpoint_url = http://of-services\n"

typedef enum flags {
    AT_AWS = 1 << 0,      /* no endpoint is given */
    PUT = 1 << 1,         /* an upload instead of a removal */
    GET = 1 << 2,         /* a download */
    STORE_FAILS = 1 << 3, /* it answers 500 */
    IMDS_DEAD = 1 << 4,
    IMDS_V1 = 1 << 5, /* it does not support tokens */
    PROGRAM = 1 << 6, /* with the setting, a program runs */
    AS_IS = 1 << 7,   /* the value requests the default behaviour */
} flags;

/* How to test a row: a value, and the required surroundings. */
typedef struct sample {
    const char *name; /* key of the row, else its variable */
    const char *value;
    const char *config;      /* lines of [default]; after "@end" other sections */
    const char *key_config;  /* the same, when the setting is tested */
    const char *env[7];      /* variables */
    const char *more_env[7]; /* the same, when the variable is tested */
    unsigned flags;
} sample;

static const sample samples[] = {
    {.name = "AWS_CONFIG_FILE", .value = "@other", .flags = AT_AWS},
    {.name = "AWS_SHARED_CREDENTIALS_FILE", .value = "@other"},
    {.name = "AWS_CREDENTIAL_PROFILES_FILE", .value = "@other"},
    {.name = "AWS_PROFILE", .value = "x", .config = "@end" SECTION_X},
    {.name = "AWS_DEFAULT_PROFILE", .value = "x", .config = "@end" SECTION_X},
    {.name = "AWS_SDK_LOAD_CONFIG", .value = "false"},
    {.name = "aws_access_key_id",
     .value = "ID-K",
     .key_config = "aws_secret_access_key = SECRET\n",
     .more_env = {"AWS_SECRET_ACCESS_KEY", "SECRET"}},
    {.name = "aws_secret_access_key",
     .value = "SECRET",
     .key_config = "aws_access_key_id = ID-K\n",
     .more_env = {"AWS_ACCESS_KEY_ID", "ID-K"}},
    {.name = "aws_session_token",
     .value = "TOKEN",
     .key_config = KEYS_OF("ID-K"),
     .more_env = {ENV_KEYS}},
    {.name = "aws_security_token",
     .value = "TOKEN",
     .key_config = KEYS_OF("ID-K"),
     .more_env = {ENV_KEYS}},
    {.name = "AWS_CREDENTIAL_EXPIRATION", .value = "2001-01-01T00:00:00Z"},
    {.name = "AWS_ACCESS_KEY", .value = "ID-K"},
    {.name = "AWS_SECRET_KEY", .value = "SECRET"},
    {.name = "aws_account_id", .value = "123456789012"},
    {.name = "account_id_endpoint_mode", .value = "required"},
    {.name = "disable_host_prefix_injection", .value = "true"},
    {.name = "role_arn", .value = "arn:r", .key_config = SOURCE_X, .more_env = {WEB}},
    {.name = "role_session_name",
     .value = "name",
     .key_config = "role_arn = r\n" SOURCE_X,
     .more_env = {WEB, "AWS_ROLE_ARN", "r"}},
    {.name = "web_identity_token_file",
     .value = "@web",
     .key_config = "role_arn = r\n",
     .more_env = {"AWS_ROLE_ARN", "r"}},
    {.name = "source_profile", .value = "x", .config = "role_arn = r\n@end" SECTION_X},
    {.name = "credential_source", .value = "Ec2InstanceMetadata", .config = "role_arn = r\n"},
    {.name = "external_id", .value = "e", .config = "role_arn = r\n" SOURCE_X},
    {.name = "duration_seconds", .value = "1800", .config = "role_arn = r\n" SOURCE_X},
    {.name = "mfa_serial", .value = "arn:mfa", .config = "role_arn = r\n" SOURCE_X},
    {.name = "credential_process", .value = "keys", .flags = PROGRAM},
    {.name = "sso_session",
     .value = "x",
     .config = SSO_ACCOUNT "@end[sso-session x]\n" SSO_START SSO_REGION},
    {.name = "sso_start_url", .value = "https://x", .config = SSO_ACCOUNT SSO_REGION},
    {.name = "sso_region", .value = "us-east-1", .config = SSO_ACCOUNT SSO_START},
    {.name = "sso_account_id", .value = "1", .config = "sso_role_name = R\n" SSO_START SSO_REGION},
    {.name = "sso_role_name", .value = "R", .config = "sso_account_id = 1\n" SSO_START SSO_REGION},
    {.name = "sso_registration_scopes",
     .value = "sso:account:access",
     .config = SSO_ACCOUNT SSO_START SSO_REGION},
    {.name = "login_session", .value = "arn:aws:iam::1:user/x"},
    {.name = "AWS_LOGIN_CACHE_DIRECTORY", .value = "/nowhere"},
    {.name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", .value = "/v2/x"},
    {.name = "AWS_CONTAINER_CREDENTIALS_FULL_URI", .value = "http://127.0.0.1:1/x"},
    {.name = "AWS_CONTAINER_AUTHORIZATION_TOKEN",
     .value = "TOKEN",
     .env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"}},
    {.name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
     .value = "@web",
     .env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"}},
    {.name = "AWS_EC2_METADATA_DISABLED", .value = "true"},
    {.name = "ec2_metadata_v1_disabled", .value = "true", .flags = IMDS_V1},
    {.name = "ec2_metadata_service_endpoint", .value = "http://127.0.0.1:2"},
    {.name = "ec2_metadata_service_endpoint_mode", .value = "IPv6"},
    {.name = "ec2_instance_profile_name", .value = "another"},
    {.name = "metadata_service_timeout", .value = "7"},
    {.name = "metadata_service_num_attempts", .value = "5", .flags = IMDS_DEAD},
    {.name = "region", .value = "eu-west-9", .flags = AT_AWS},
    {.name = "AWS_DEFAULT_REGION", .value = "eu-west-9", .flags = AT_AWS},
    {.name = "endpoint_url", .value = "http://of-all", .flags = AT_AWS},
    {.name = "AWS_ENDPOINT_URL_S3", .value = "http://of-s3", .flags = AT_AWS},
    {.name = "AWS_ENDPOINT_URL_STS", .value = "http://of-sts", .config = "role_arn = r\n" SOURCE_X},
    {.name = "AWS_ENDPOINT_URL_SSO",
     .value = "http://of-sso",
     .config = SSO_ACCOUNT SSO_START SSO_REGION},
    {.name = "AWS_ENDPOINT_URL_SSO_OIDC",
     .value = "http://of-oidc",
     .config = SSO_ACCOUNT "sso_session = y\n@end[sso-session y]\n" SSO_START SSO_REGION},
    {.name = "services", .value = "x", .config = "@end" SERVICES, .flags = AT_AWS},
    {.name = "ignore_configured_endpoint_urls",
     .value = "true",
     .config = "endpoint_url = http://p\n",
     .flags = AT_AWS},
    {.name = "s3.endpoint_url", .value = "http://plugin"},
    {.name = "use_fips_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "use_dualstack_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "s3.use_dualstack_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "s3.addressing_style", .value = "path", .flags = AT_AWS},
    {.name = "s3.use_accelerate_endpoint", .value = "true"},
    {.name = "s3_us_east_1_regional_endpoint", .value = "legacy", .flags = AT_AWS},
    {.name = "s3.us_east_1_regional_endpoint", .value = "legacy", .flags = AT_AWS},
    {.name = "s3_use_arn_region", .value = "true", .flags = AT_AWS},
    {.name = "s3.use_arn_region", .value = "true", .flags = AT_AWS},
    {.name = "s3_disable_multiregion_access_points", .value = "true", .flags = AT_AWS},
    {.name = "s3_disable_express_session_auth", .value = "true", .flags = AT_AWS},
    {.name = "sts_regional_endpoints", .value = "legacy", .config = "role_arn = r\n" SOURCE_X},
    {.name = "endpoint_discovery_enabled", .value = "true", .flags = AT_AWS},
    {.name = "s3.signature_version", .value = "s3"},
    {.name = "s3.payload_signing_enabled", .value = "true", .flags = AT_AWS | PUT},
    {.name = "sigv4a_signing_region_set", .value = "*", .flags = AT_AWS},
    {.name = "auth_scheme_preference", .value = "sigv4a", .flags = AT_AWS},
    {.name = "request_checksum_calculation", .value = "when_required", .flags = PUT},
    {.name = "response_checksum_validation", .value = "when_required", .flags = GET},
    {.name = "disable_request_compression", .value = "true", .flags = PUT},
    {.name = "request_min_compression_size_bytes", .value = "1", .flags = PUT},
    {.name = "max_attempts", .value = "2", .flags = STORE_FAILS},
    {.name = "retry_mode", .value = "adaptive", .flags = STORE_FAILS | AS_IS},
    {.name = "defaults_mode", .value = "legacy"},
    {.name = "ca_bundle", .value = "/bundle"},
    {.name = "tcp_keepalive", .value = "true"},
    {.name = "sdk_ua_app_id", .value = "app"},
    {.name = "s3.max_concurrent_requests", .value = "1"},
    {.name = "s3.max_queue_size", .value = "1"},
    {.name = "s3.multipart_threshold", .value = "1", .flags = PUT},
    {.name = "s3.multipart_chunksize", .value = "1", .flags = PUT},
    {.name = "s3.io_chunksize", .value = "1"},
    {.name = "s3.max_bandwidth", .value = "1B/s"},
    {.name = "s3.preferred_transfer_client", .value = "crt"},
    {.name = "s3.target_bandwidth", .value = "1B/s"},
    {.name = "output", .value = "text"},
    {.name = "parameter_validation", .value = "false"},
    {.name = "api_versions", .value = "x"},
};

/* --- the world --- */

static const http_header etag = {"ETag", "\"e\""};

#define ROLE_JSON                                                                                  \
    "{\"Version\":1,\"AccessKeyId\":\"ID-R\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"T\","      \
    "\"Expiration\":\"2100-01-01T00:00:00Z\"}"
#define STS_XML(action)                                                                            \
    "<" action "Response><" action "Result><Credentials><AccessKeyId>ID-A</AccessKeyId>"           \
    "<SecretAccessKey>SECRET</SecretAccessKey><SessionToken>T</SessionToken>"                      \
    "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></" action "Result></" action      \
    "Response>"

static bool asks(const fake_request *r, const char *word)
{
    return strstr(r->url, word) != NULL;
}

static void answer_imds(const fake_request *r, unsigned mode, fake_reply *reply)
{
    if (mode & IMDS_DEAD)
        reply->error = ERR_TIMEOUT;
    else if (asks(r, "/api/token") && (mode & IMDS_V1))
        reply->status = 404;
    else
        reply->body = asks(r, "/api/token")                             ? SLICE_LIT("TOKEN")
                      : str_ends_with(r->url, "/security-credentials/") ? SLICE_LIT("role")
                                                                        : SLICE_LIT(ROLE_JSON);
}

static void answer_store(const fake_request *r, unsigned mode, fake_reply *reply)
{
    reply->status = mode & STORE_FAILS              ? 500
                    : strcmp(r->method, "GET") == 0 ? 404
                    : strcmp(r->method, "PUT") == 0 ? 200
                                                    : 204;
    reply->headers = &etag;
    reply->header_count = strcmp(r->method, "PUT") == 0 ? 1 : 0;
}

static void answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    unsigned mode = *(unsigned *)ctx;
    bool is_sts = r->body.len && memmem(r->body.data, r->body.len, "Action=", 7);
    if (asks(r, "/latest/"))
        answer_imds(r, mode, reply);
    else if (is_sts && memmem(r->body.data, r->body.len, "WebIdentity", 11))
        reply->body = SLICE_LIT(STS_XML("AssumeRoleWithWebIdentity"));
    else if (is_sts)
        reply->body = SLICE_LIT(STS_XML("AssumeRole"));
    else if (asks(r, "/federation/"))
        reply->body =
            SLICE_LIT("{\"roleCredentials\":{\"accessKeyId\":\"ID-S\",\"secretAccessKey\":"
                      "\"SECRET\",\"sessionToken\":\"T\",\"expiration\":4102444800000}}");
    else if (str_ends_with(r->url, "/token"))
        reply->body = SLICE_LIT("{\"accessToken\":\"T2\",\"expiresIn\":3600}");
    else if (asks(r, "169.254.170.2") || asks(r, "127.0.0.1:1/"))
        reply->body = SLICE_LIT(ROLE_JSON);
    else
        answer_store(r, mode, reply);
}

static void write_sso_token(const char *name, const char *expires)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    sha1(slice_from(name), hash);
    hex_encode(hash, sizeof hash, hex);
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    AUTO_FREE char *path = xasprintf(".aws/sso/cache/%s.json", hex);
    AUTO_FREE char *text =
        xasprintf("{\"accessToken\":\"T\",\"expiresAt\":\"%s\",\"clientId\":\"C\","
                  "\"clientSecret\":\"SECRET\",\"refreshToken\":\"R\","
                  "\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\"}",
                  expires);
    assert_true(fs_make_dirs(cache, NULL));
    free(write_file(path, text));
}

/* --- one run --- */

#define TRACE_MAX ((size_t)1 << 20)
#define ENV_MAX   40

typedef struct trial {
    const sample *sample;
    const char *key, *variable; /* the tested setting, in a profile or in the environment */
    const char *value;          /* NULL: it is not set */
} trial;

static const char *env[ENV_MAX];
static size_t env_count;
static char *paths[3]; /* other, web, config */

static void set(const char *name, const char *value)
{
    assert_true(env_count + 2 < ENV_MAX);
    env[env_count++] = name;
    env[env_count++] = strcmp(value, "@other") == 0 ? paths[0]
                       : strcmp(value, "@web") == 0 ? paths[1]
                                                    : value;
    env[env_count] = NULL;
}

static void set_all(const char *const *pairs)
{
    for (size_t i = 0; pairs[i]; i += 2)
        set(pairs[i], pairs[i + 1]);
}

static void add_lines(buf *lines, buf *sections, const char *text)
{
    const char *end = text ? strstr(text, "@end") : NULL;
    size_t len = text ? (end ? (size_t)(end - text) : strlen(text)) : 0;
    buf_append(lines, text ? text : "", len);
    buf_append_str(sections, end ? end + strlen("@end") : "");
}

static void add_setting(buf *lines, const char *key, const char *value)
{
    const char *dot = strchr(key, '.');
    const char *text = strcmp(value, "@web") == 0 ? paths[1] : value;
    if (dot)
        buf_printf(lines, "%.*s =\n  %s = %s\n", (int)(dot - key), key, dot + 1, text);
    else
        buf_printf(lines, "%s = %s\n", key, text);
}

static void write_files(const trial *t)
{
    AUTO(buf) lines = BUF(65536);
    AUTO(buf) sections = BUF(65536);
    paths[0] = write_file("other", "[default]\nregion = eu-other-1\n" KEYS_OF("ID-OTHER"));
    paths[1] = write_file("web", "WEB");
    buf_append_str(&lines, "[default]\n");
    add_lines(&lines, &sections, t->sample->config);
    if (t->key)
        add_lines(&lines, &sections, t->sample->key_config);
    if (t->key && t->value)
        add_setting(&lines, t->key, t->value);
    buf_append_slice(&lines, buf_slice(&sections));
    paths[2] = write_file("config", buf_str(&lines));
    write_sso_token("https://x", "2100-01-01T00:00:00Z");
    write_sso_token("x", "2100-01-01T00:00:00Z");
    write_sso_token("y", "2013-05-23T00:00:00Z"); /* has expired: it is renewed */
}

static void set_environment(const trial *t)
{
    env_count = 0;
    if (t->variable && t->value)
        set(t->variable, t->value);
    if (t->variable)
        set_all(t->sample->more_env);
    set_all(t->sample->env);
    set("HOME", dir);
    set("AWS_CONFIG_FILE", paths[2]);
    site_env = env;
}

static void on_put(void *ctx, const s3_put_result *result, const err *e)
{
    UNUSED(result);
    site_done(ctx, e);
}

static void on_got(void *ctx, const s3_get_result *result, const err *e)
{
    UNUSED(result);
    site_done(ctx, e);
}

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    UNUSED(data);
    UNUSED(e);
    return true;
}

static void operate(site *s, unsigned mode, FILE *file)
{
    if (mode & PUT)
        s3_put(s->c, &(s3_put_options){.bucket = "bucket",
                                       .key = "k",
                                       .fd = fileno(file),
                                       .size_bytes = 9,
                                       .on_done = on_put,
                                       .ctx = s});
    else if (mode & GET)
        s3_get(s->c, &(s3_get_options){.bucket = "bucket",
                                       .key = "k",
                                       .fd = -1,
                                       .on_data = on_data,
                                       .on_done = on_got,
                                       .ctx = s});
    else
        s3_delete(s->c, "bucket", "k", site_done, s);
    (void)site_end(s);
}

static void write_request(buf *out, const fake_request *r)
{
    buf_printf(out, "%s %s (%d %d)\n", r->method, r->url, r->connect_timeout_ms,
               r->total_timeout_ms);
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(out, "  %s: %s\n", r->headers[i].name, r->headers[i].value);
    buf_append_slice(out, r->body);
    buf_append_str(out, "\n");
}

/* All requests and the result. */
static char *run(const trial *t)
{
    AUTO(buf) out = BUF(TRACE_MAX);
    unsigned mode = t->sample->flags;
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    FILE *file = tmpfile();
    assert_true(file && fputs("123456789", file) >= 0 && fflush(file) == 0);
    write_files(t);
    set_environment(t);
    s3_config config = {.endpoint = mode & AT_AWS ? NULL : "http://store",
                        .getenv_fn = site_getenv,
                        .start_wait_ms = 1,
                        .outage_wait_ms = 1};
    fake_handle(s.f, answer, &mode);
    if ((mode & PROGRAM) && t->value)
        fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .output = ROLE_JSON});
    AUTO_FREE char *bundle = s3_config_ca_bundle(&config);
    buf_printf(&out, "bundle %s\n", bundle ? bundle : "-");
    s.c = s3_client_new(fake_transport_base(s.f), &config, &e);
    if (s.c) {
        operate(&s, mode, file);
        e = s.error;
    }
    for (size_t i = 0; i < fake_request_count(s.f); i++)
        write_request(&out, fake_request_at(s.f, i));
    buf_printf(&out, "error: %s\n", err_is_set(&e) ? e.message : "none");
    s3_client_free(s.c);
    fake_free(s.f);
    (void)fclose(file);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        free(paths[i]);
    site_env = NULL;
    return buf_give(&out);
}

/* --- the comparison --- */

static const sample *sample_of(const s3_setting *row)
{
    const char *name = row->key ? row->key : row->variable;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    fail_msg("no sample of %s", name);
    return NULL;
}

/* In messages the key of a nested setting is named in full. */
static void compare(const s3_setting *row, trial t)
{
    const char *name = t.key ? t.key : t.variable;
    t.value = NULL;
    AUTO_FREE char *without = run(&t);
    t.value = t.sample->value;
    AUTO_FREE char *with = run(&t);
    bool same = strcmp(without, with) == 0, is_refused = row->use == S3_SETTING_REFUSED;
    const char *error = strstr(with, "error: ");
    if (is_refused && !strstr(error, name))
        fail_msg("%s is not refused: %s", name, with);
    if (row->use == S3_SETTING_IGNORED && !same)
        fail_msg("%s is not ignored:\n%s\nbut without it:\n%s", name, with, without);
    if (row->use == S3_SETTING_IGNORED && strcmp(error, "error: none\n") != 0)
        fail_msg("%s: %s", name, error);
    if (row->use == S3_SETTING_SUPPORTED && same != !!(t.sample->flags & AS_IS))
        fail_msg("%s has %s effect:\n%s", name, same ? "no" : "an", with);
    if (!row->values)
        return;
    t.value = "nonsense";
    AUTO_FREE char *wrong = run(&t);
    if (!strstr(wrong, "error: ") || !strstr(strstr(wrong, "error: "), name) ||
        !strstr(wrong, "nonsense"))
        fail_msg("%s takes any value: %s", name, wrong);
}

static void each_use(s3_setting_use use)
{
    unsigned tried = 0;
    for (size_t i = 0; i < s3_setting_count; i++) {
        const s3_setting *row = &s3_settings[i];
        if (row->use != use)
            continue;
        const sample *of = sample_of(row);
        if (row->key)
            compare(row, (trial){.sample = of, .key = row->key});
        if (row->variable)
            compare(row, (trial){.sample = of, .variable = row->variable});
        tried++;
    }
    assert_true(tried > 5);
}

static void supported_settings_change_what_is_asked(void **state)
{
    (void)state;
    each_use(S3_SETTING_SUPPORTED);
}

static void ignored_settings_change_nothing(void **state)
{
    (void)state;
    each_use(S3_SETTING_IGNORED);
}

static void refused_settings_are_errors_that_name_them(void **state)
{
    (void)state;
    each_use(S3_SETTING_REFUSED);
}

static void the_table_names_each_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < s3_setting_count; i++)
        for (size_t j = 0; j < i; j++) {
            const s3_setting *a = &s3_settings[i], *b = &s3_settings[j];
            assert_false(a->key && b->key && strcmp(a->key, b->key) == 0);
            assert_false(a->variable && b->variable && strcmp(a->variable, b->variable) == 0);
        }
    assert_int_equal(ARRAY_LEN(samples), s3_setting_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(supported_settings_change_what_is_asked, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(ignored_settings_change_nothing, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(refused_settings_are_errors_that_name_them, make_dir,
                                        remove_dir),
        cmocka_unit_test(the_table_names_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
