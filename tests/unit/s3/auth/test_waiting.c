/* Unavailable credential sources: at the start, and when keys have to be renewed. */
#include "tests/unit/s3/auth/keys_site.h"

#include "decon/base/digest.h"
#include "base/util.h"

#define TOKEN_URL "http://169.254.169.254/latest/api/token"
#define ROLE_URL  "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
#define ECS       "http://169.254.170.2/v2/x"
#define STS       "https://sts.us-east-1.amazonaws.com/"
#define PORTAL    "https://portal.sso.us-east-1.amazonaws.com/federation/credentials"
#define OIDC      "https://oidc.us-east-1.amazonaws.com/token"
#define THROTTLED "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"
#define EXPIRED   "<Error><Code>ExpiredToken</Code></Error>"
#define LATER     "2013-05-24T06:00:00Z" /* the fake clock starts at 00:00 */
#define SOON      "2013-05-24T00:10:00Z"
#define AT_LAST   "2013-05-24T09:00:00Z"

typedef enum kind { INSTANCE, CONTAINER, WEB_IDENTITY, ROLE, SSO, SSO_TOKEN, PROGRAM } kind;

typedef struct source {
    kind kind;
    const char *url; /* of the unavailable source */
    char *env[12];
} source;

static void set(source *s, const char *name, const char *value)
{
    size_t i = 0;
    while (s->env[i])
        i++;
    s->env[i] = xstrdup(name);
    s->env[i + 1] = xstrdup(value);
}

static void set_file(source *s, const char *variable, const char *name, const char *text)
{
    AUTO_FREE char *path = write_file(name, text);
    set(s, variable, path);
}

static void write_sso_token(const char *expires, const char *more)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    sha1(SLICE_LIT("https://x"), hash);
    hex_encode(hash, sizeof hash, hex);
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    AUTO_FREE char *name = xasprintf(".aws/sso/cache/%s.json", hex);
    AUTO_FREE char *text =
        xasprintf("{\"accessToken\":\"T\",\"expiresAt\":\"%s\"%s}", expires, more);
    assert_true(fs_make_dirs(cache, NULL));
    AUTO_FREE char *path = write_file(name, text);
    assert_non_null(path);
}

static source make(kind k)
{
    static const char *const urls[] = {TOKEN_URL, ECS, STS, STS, PORTAL, OIDC, NULL};
    source s = {.kind = k, .url = urls[k]};
    set(&s, "HOME", dir);
    if (k == CONTAINER)
        set(&s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x");
    if (k == WEB_IDENTITY) {
        set(&s, "AWS_ROLE_ARN", "r");
        set_file(&s, "AWS_WEB_IDENTITY_TOKEN_FILE", "web", "WEB");
    }
    if (k == ROLE)
        set_file(&s, "AWS_CONFIG_FILE", "config",
                 "[default]\nrole_arn = r\nsource_profile = x\n[profile x]\n"
                 "aws_access_key_id = ID-X\naws_secret_access_key = SECRET\n");
    if (k == SSO || k == SSO_TOKEN)
        set_file(&s, "AWS_CONFIG_FILE", "config",
                 "[default]\nsso_start_url = https://x\nsso_region = us-east-1\n"
                 "sso_account_id = 1\nsso_role_name = R\n");
    if (k == SSO)
        write_sso_token("2100-01-01T00:00:00Z", "");
    if (k == SSO_TOKEN)
        write_sso_token("2013-05-23T00:00:00Z",
                        ",\"clientId\":\"C\",\"clientSecret\":\"SECRET\",\"refreshToken\":\"R\","
                        "\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\"");
    if (k == PROGRAM)
        set_file(&s, "AWS_CONFIG_FILE", "config", "[default]\ncredential_process = keys\n");
    return s;
}

static void discard(source *s)
{
    for (size_t i = 0; s->env[i]; i++)
        free(s->env[i]);
}

static char *answer(const source *s, const char *id, const char *expires)
{
    const char *action = s->kind == ROLE ? "AssumeRole" : "AssumeRoleWithWebIdentity";
    if (s->kind == WEB_IDENTITY || s->kind == ROLE)
        return xasprintf("<%sResponse><%sResult><Credentials><AccessKeyId>%s</AccessKeyId>"
                         "<SecretAccessKey>SECRET</SecretAccessKey><SessionToken>T</SessionToken>"
                         "<Expiration>%s</Expiration></Credentials></%sResult></%sResponse>",
                         action, action, id, expires, action, action);
    if (s->kind == SSO || s->kind == SSO_TOKEN)
        return xasprintf("{\"roleCredentials\":{\"accessKeyId\":\"%s\",\"secretAccessKey\":"
                         "\"SECRET\",\"sessionToken\":\"T\",\"expiration\":%s}}",
                         id, strcmp(expires, SOON) == 0 ? "1369354200000" : "1369386000000");
    return xasprintf("{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"SECRET\","
                     "\"Token\":\"T\",\"Expiration\":\"%s\"}",
                     id, expires);
}

/* From now on the source returns the keys. */
static void recovers(site *s, const source *from, const char *id, const char *expires)
{
    AUTO_FREE char *body = answer(from, id, expires);
    fake_reply reply = {.body = slice_from(body)};
    switch (from->kind) {
    case INSTANCE:
        fake_when(s->f,
                  &(fake_rule){.url = TOKEN_URL, .times = 1, .reply = {.body = SLICE_LIT("T")}});
        fake_when(s->f,
                  &(fake_rule){.url = ROLE_URL, .times = 1, .reply = {.body = SLICE_LIT("r")}});
        fake_when(s->f, &(fake_rule){.url = ROLE_URL "r", .times = 1, .reply = reply});
        return;
    case SSO_TOKEN:
        fake_when(s->f, &(fake_rule){.url = OIDC,
                                     .times = 1,
                                     .reply = {.body = SLICE_LIT("{\"accessToken\":\"T2\","
                                                                 "\"expiresIn\":3600}")}});
        fake_when(s->f, &(fake_rule){.url_has = PORTAL, .times = 1, .reply = reply});
        return;
    case PROGRAM:
        fake_expect_process(s->f, &(fake_process_rule){.command = "keys", .output = body});
        return;
    case CONTAINER:
    case WEB_IDENTITY:
    case ROLE:
    case SSO:
        fake_when(s->f, &(fake_rule){.url_has = from->url, .times = 1, .reply = reply});
    }
}

static void is_in_trouble(site *s, const source *from, unsigned times, fake_reply reply)
{
    fake_when(s->f, &(fake_rule){.url_has = from->url, .times = times, .reply = reply});
}

static void begin(site *s, const source *from, s3_config config)
{
    site_env = (const char *const *)from->env;
    site_open(s, config);
}

static void store_takes(site *s, const char *id)
{
    size_t last = fake_request_count(s->f) - 1;
    assert_string_equal(fake_request_at(s->f, last)->url, URL);
    assert_true(signed_with(s, last, id));
}

/* --- at the start --- */

static void each_busy_source_is_waited_for(void **state)
{
    static const fake_reply troubles[] = {{.status = 429},
                                          {.status = 503},
                                          {.status = 500},
                                          {.status = 400, .body = {THROTTLED, 70}}};
    (void)state;
    for (kind k = INSTANCE; k < PROGRAM; k++)
        for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
            bool is_sts = k == WEB_IDENTITY || k == ROLE;
            if (troubles[i].status == 400 && !is_sts)
                continue;
            fake_reply trouble = troubles[i];
            trouble.body = trouble.body.len ? SLICE_LIT(THROTTLED) : (slice){0};
            site s;
            source from = make(k);
            begin(&s, &from, (s3_config){0});
            is_in_trouble(&s, &from, 60, trouble);
            recovers(&s, &from, "ID-OK", LATER);
            site_expect(&s, "DELETE", URL, 204, "");
            remove_key(&s);
            if (site_end(&s) != ERR_NONE)
                fail_msg("kind %d, trouble %zu: %s", (int)k, i, s.error.message);
            store_takes(&s, "ID-OK");
            size_t last = fake_request_count(s.f) - 1;
            assert_in_range(fake_request_at(s.f, last)->sent_ms - fake_request_at(s.f, 0)->sent_ms,
                            60000, 600000);
            site_close(&s);
            discard(&from);
        }
}

static void a_busy_source_is_given_up_after_outage_wait(void **state)
{
    (void)state;
    for (kind k = INSTANCE; k < PROGRAM; k++) {
        site s;
        source from = make(k);
        begin(&s, &from, (s3_config){.outage_wait_ms = 120000});
        is_in_trouble(&s, &from, 0, (fake_reply){.status = 503});
        REMOVE(&s, ERR_S3_CREDENTIALS);
        assert_non_null(strstr(s.error.message, "503"));
        size_t last = fake_request_count(s.f) - 1;
        assert_in_range(fake_request_at(s.f, last)->sent_ms - fake_request_at(s.f, 0)->sent_ms,
                        110000, 125000);
        remove_key(&s); /* the wait is over */
        assert_int_equal(site_end(&s), ERR_S3_CREDENTIALS);
        size_t then = fake_request_count(s.f) - 1;
        assert_true(fake_request_at(s.f, then)->sent_ms - fake_request_at(s.f, last)->sent_ms <
                    10000);
        site_close(&s);
        discard(&from);
    }
}

static void an_unreachable_source_is_tried_for_start_wait(void **state)
{
    static const err_code errors[] = {ERR_NET_DNS, ERR_NET_TLS, ERR_TIMEOUT};
    (void)state;
    for (kind k = CONTAINER; k < PROGRAM; k++)
        for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
            site s;
            source from = make(k);
            begin(&s, &from, (s3_config){0});
            is_in_trouble(&s, &from, 0, (fake_reply){.error = errors[i]});
            REMOVE(&s, ERR_S3_CREDENTIALS);
            size_t last = fake_request_count(s.f) - 1;
            assert_in_range(fake_request_at(s.f, last)->sent_ms - fake_request_at(s.f, 0)->sent_ms,
                            50000, 70000);
            site_close(&s);
            begin(&s, &from, (s3_config){0});
            is_in_trouble(&s, &from, 9, (fake_reply){.error = errors[i]});
            recovers(&s, &from, "ID-OK", LATER);
            site_expect(&s, "DELETE", URL, 204, "");
            REMOVE(&s, ERR_NONE);
            site_close(&s);
            discard(&from);
        }
}

/* Most hosts are not instances: there is no wait for a missing metadata service. */
static void failures_that_end_at_once(void **state)
{
    (void)state;
    site s;
    source from = make(INSTANCE);
    begin(&s, &from, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.url = TOKEN_URL, .times = 2, .reply = {.error = ERR_NET_DNS}});
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
    discard(&from);
    from = make(CONTAINER);
    begin(&s, &from, (s3_config){0});
    site_expect(&s, "GET", ECS, 403, ""); /* its last reply */
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
    discard(&from);
    from = make(PROGRAM);
    begin(&s, &from, (s3_config){0});
    fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .exit_status = 1});
    REMOVE(&s, ERR_S3_CREDENTIALS);
    site_close(&s);
    discard(&from);
}

/* --- renewal --- */

/* Keys for ten minutes, from a source that is unavailable afterwards; the store refuses the
 * keys. */
static void begin_with_keys(site *s, const source *from, s3_config config)
{
    begin(s, from, config);
    recovers(s, from, "ID-OLD", SOON);
    site_expect(s, "DELETE", URL, 204, "");
    REMOVE(s, ERR_NONE);
    store_takes(s, "ID-OLD");
    if (from->kind == SSO_TOKEN) /* renewed and stored at the start */
        write_sso_token("2013-05-23T00:00:00Z",
                        ",\"clientId\":\"C\",\"clientSecret\":\"SECRET\",\"refreshToken\":\"R\","
                        "\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\"");
    fake_advance(s->f, 11 * 60 * 1000);
    fake_when(
        s->f,
        &(fake_rule){.url = URL, .times = 1, .reply = {.status = 400, .body = SLICE_LIT(EXPIRED)}});
}

static void keys_that_expire_in_an_outage_do_not_end_the_run(void **state)
{
    static const fake_reply troubles[] = {
        {.status = 503}, {.error = ERR_NET_DNS}, {.error = ERR_TIMEOUT}};
    (void)state;
    for (kind k = INSTANCE; k < PROGRAM; k++)
        for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
            site s;
            source from = make(k);
            begin_with_keys(&s, &from, (s3_config){0});
            is_in_trouble(&s, &from, 40, troubles[i]);
            recovers(&s, &from, "ID-NEW", AT_LAST);
            uint64_t begin_ms = clock_now_ms(fake_transport_base(s.f));
            accept_removals(&s);
            remove_key(&s);
            if (site_end(&s) != ERR_NONE)
                fail_msg("kind %d, trouble %zu: %s", (int)k, i, s.error.message);
            store_takes(&s, "ID-NEW");
            assert_in_range(clock_now_ms(fake_transport_base(s.f)) - begin_ms, 30000, 600000);
            site_close(&s);
            discard(&from);
        }
}

static void a_program_that_fails_is_run_again_where_it_had_given_keys(void **state)
{
    (void)state;
    site s;
    source from = make(PROGRAM);
    begin_with_keys(&s, &from, (s3_config){0});
    for (int i = 0; i < 5; i++)
        fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .exit_status = 1});
    recovers(&s, &from, "ID-NEW", AT_LAST);
    accept_removals(&s);
    REMOVE(&s, ERR_NONE);
    store_takes(&s, "ID-NEW");
    site_close(&s);
    discard(&from);
}

/* During its own outage IMDS returns the last keys, with an expiration in the past. */
static void the_same_expired_keys_again_are_an_outage(void **state)
{
    (void)state;
    site s;
    source from = make(CONTAINER);
    begin_with_keys(&s, &from, (s3_config){0});
    for (int i = 0; i < 4; i++)
        recovers(&s, &from, "ID-OLD", SOON);
    recovers(&s, &from, "ID-NEW", AT_LAST);
    accept_removals(&s);
    REMOVE(&s, ERR_NONE);
    store_takes(&s, "ID-NEW");
    site_close(&s);
    discard(&from);
}

static void an_outage_of_the_source_has_its_limit(void **state)
{
    (void)state;
    site s;
    source from = make(CONTAINER);
    begin_with_keys(&s, &from, (s3_config){.outage_wait_ms = 300000});
    uint64_t begin_ms = clock_now_ms(fake_transport_base(s.f));
    is_in_trouble(&s, &from, 0, (fake_reply){.error = ERR_NET_DNS});
    fake_when(s.f, &(fake_rule){.url = URL, .reply = {.status = 400, .body = SLICE_LIT(EXPIRED)}});
    REMOVE(&s, ERR_S3_CREDENTIALS);
    assert_in_range(clock_now_ms(fake_transport_base(s.f)) - begin_ms, 299000, 340000);
    site_close(&s);
    discard(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_busy_source_is_waited_for, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_busy_source_is_given_up_after_outage_wait, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(an_unreachable_source_is_tried_for_start_wait, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(failures_that_end_at_once, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(keys_that_expire_in_an_outage_do_not_end_the_run, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_program_that_fails_is_run_again_where_it_had_given_keys,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_same_expired_keys_again_are_an_outage, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(an_outage_of_the_source_has_its_limit, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
