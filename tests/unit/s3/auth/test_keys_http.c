/* Each credential provider over real HTTP: a server on this host implements the protocols of the
 * metadata service, the container's agent, STS and SSO, and refuses requests that violate them. */
#include "base/httpd/httpd.h"
#include "decon/base/loop.h"
#include "decon/s3/whoami.h"
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define ROLES   "/latest/meta-data/iam/security-credentials/"
#define EXPIRES "2100-01-01T00:00:00Z"

/* --- the server --- */

typedef struct visit {
    buf body;
} visit;

static bool header_is(httpd_request *r, const char *name, const char *value)
{
    return str_equal(httpd_header(r, name), value);
}

static void answer(httpd_request *r, int status, const char *text)
{
    httpd_reply(r, status, NULL, 0, slice_from(text));
}

static const char keys_of_role[] = "{\"Code\":\"Success\",\"AccessKeyId\":\"ID-ROLE\","
                                   "\"SecretAccessKey\":\"SECRET-ROLE\",\"Token\":\"TOKEN-ROLE\","
                                   "\"Expiration\":\"" EXPIRES "\"}";

static void metadata(httpd_request *r, const char *target)
{
    bool is_put = str_equal(httpd_method(r), "PUT");
    if (str_equal(target, "/latest/api/token"))
        answer(r,
               !is_put                                                         ? 405
               : header_is(r, "X-aws-ec2-metadata-token-ttl-seconds", "21600") ? 200
                                                                               : 400,
               "TOK");
    else if (!header_is(r, "X-aws-ec2-metadata-token", "TOK"))
        answer(r, 401, "");
    else
        answer(r, 200, str_equal(target, ROLES) ? "my-role" : keys_of_role);
}

/* STS accepts a web identity without a signature, other requests with one. */
static void sts(httpd_request *r, slice body)
{
    bool has_signature = httpd_header(r, "Authorization") != NULL;
    AUTO_FREE char *text = slice_dup(body);
    bool by_token = strstr(text, "Action=AssumeRoleWithWebIdentity&") != NULL;
    const char *action = by_token ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    bool asked = by_token ? strstr(text, "&WebIdentityToken=WEB-TOKEN") != NULL
                          : strstr(text, "&ExternalId=ext") != NULL;
    AUTO_FREE char *xml = xasprintf(
        "<%sResponse><%sResult><Credentials><AccessKeyId>ID-%s</AccessKeyId><SecretAccessKey>"
        "SECRET-STS</SecretAccessKey><SessionToken>TOKEN-STS</SessionToken><Expiration>" EXPIRES
        "</Expiration></Credentials></%sResult></%sResponse>",
        action, action, by_token ? "WEB" : "ASSUMED", action, action);
    answer(r, asked && has_signature != by_token ? 200 : 403, xml);
}

static void portal(httpd_request *r)
{
    bool ok = header_is(r, "x-amz-sso_bearer_token", "SECRET-NEW");
    answer(r, ok ? 200 : 401,
           "{\"roleCredentials\":{\"accessKeyId\":\"ID-SSO\",\"secretAccessKey\":\"SECRET-SSO\","
           "\"sessionToken\":\"TOKEN-SSO\",\"expiration\":4102444800000}}");
}

static void on_begin(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx), UNUSED(r);
    visit *v = xcalloc(1, sizeof *v);
    buf_init(&v->body, 65536);
    *user = v;
}

static void on_body(void *ctx, httpd_request *r, void **user, slice data)
{
    UNUSED(ctx), UNUSED(r);
    buf_append_slice(&((visit *)*user)->body, data);
}

static void on_end(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx);
    slice body = buf_slice(&((visit *)*user)->body);
    const char *target = httpd_raw_target(r);
    if (str_starts_with(target, "/latest/"))
        metadata(r, target);
    else if (str_equal(target, "/agent"))
        answer(r, header_is(r, "Authorization", "AGENT-TOKEN") ? 200 : 401, keys_of_role);
    else if (str_equal(target, "/token")) /* of OIDC */
        answer(r, body.len && memmem(body.data, body.len, "refresh_token", 13) ? 200 : 400,
               "{\"accessToken\":\"SECRET-NEW\",\"expiresIn\":3600}");
    else if (str_equal(target, "/federation/credentials?role_name=Reader&account_id=1"))
        portal(r);
    else if (str_equal(target, "/") && str_equal(httpd_method(r), "POST"))
        sts(r, body);
    else
        answer(r, 404, "");
}

static void on_release(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx), UNUSED(r);
    visit *v = *user;
    buf_deinit(&v->body);
    free(v);
}

/* --- the resulting identity --- */

typedef struct outcome {
    bool done;
    char provider[64], detail[128], access_key_id[64];
    bool has_session_token;
    int64_t expires_s;
    err error;
} outcome;

static void on_identity(void *ctx, const s3_identity *i, const err *e)
{
    outcome *o = ctx;
    o->done = true;
    if (e) {
        o->error = *e;
        return;
    }
    snprintf(o->provider, sizeof o->provider, "%s", i->provider);
    snprintf(o->detail, sizeof o->detail, "%s", i->detail ? i->detail : "");
    snprintf(o->access_key_id, sizeof o->access_key_id, "%s", i->access_key_id);
    o->has_session_token = i->has_session_token;
    o->expires_s = i->expires_s;
}

/* `env` may hold "@" in its values: the server's URL. */
static void who_am_i(const char *const *env, const char *provider, const char *detail,
                     const char *id)
{
    const httpd_handler handler = {
        .begin = on_begin, .body = on_body, .end = on_end, .release = on_release};
    err e = ERR_INIT;
    outcome o = {0};
    const char *filled[32] = {NULL};
    char *owned[32] = {NULL};
    AUTO_PTR(httpd) server = httpd_start(&(httpd_options){.thread_count = 1}, &handler, &e);
    assert_non_null(server);
    for (size_t i = 0; env[i]; i++) {
        size_t at = strcspn(env[i], "@");
        if (env[i][at])
            owned[i] = xasprintf("%.*shttp://127.0.0.1:%u%s", (int)at, env[i], httpd_port(server),
                                 env[i] + at + 1);
        filled[i] = owned[i] ? owned[i] : env[i];
    }
    site_env = filled;
    AUTO_PTR(loop) l = loop_new(&(loop_options){.verify_tls = true}, &e);
    s3_client *c =
        s3_client_new(loop_transport(l),
                      &(s3_config){.endpoint = "http://127.0.0.1:1", .getenv_fn = site_getenv}, &e);
    assert_non_null(c);
    s3_whoami(c, false, on_identity, &o);
    loop_run(l, &o.done);
    if (err_is_set(&o.error))
        fail_msg("%s", o.error.message);
    assert_string_equal(o.provider, provider);
    assert_string_equal(o.detail, detail);
    assert_string_equal(o.access_key_id, id);
    assert_true(o.has_session_token);
    assert_int_equal(o.expires_s, 4102444800);
    s3_client_free(c);
    for (size_t i = 0; env[i]; i++)
        free(owned[i]);
    site_env = NULL;
}

/* --- the providers; requests that must bypass the proxy would fail at an unreachable one --- */

static void with_dead_proxy(void)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
}

static void the_metadata_service_past_the_proxy(void **state)
{
    const char *env[] = {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "@/", NULL};
    (void)state;
    with_dead_proxy();
    who_am_i(env, "instance role", "", "ID-ROLE");
}

static void the_containers_agent_past_the_proxy(void **state)
{
    const char *env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "@/agent",
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AGENT-TOKEN", NULL};
    (void)state;
    with_dead_proxy();
    who_am_i(env, "container", "", "ID-ROLE");
}

static void a_web_identity(void **state)
{
    (void)state;
    AUTO_FREE char *token = write_file("web-token", "WEB-TOKEN\n");
    const char *env[] = {"AWS_WEB_IDENTITY_TOKEN_FILE",
                         token,
                         "AWS_ROLE_ARN",
                         "R",
                         "AWS_ENDPOINT_URL_STS",
                         "@",
                         NULL};
    who_am_i(env, "web identity", "", "ID-WEB");
}

static void a_role_by_the_metadata_service(void **state)
{
    (void)state;
    AUTO_FREE char *config = write_file("config", "[profile p]\nrole_arn=R\nexternal_id=ext\n"
                                                  "credential_source=Ec2InstanceMetadata\n");
    const char *env[] = {"AWS_CONFIG_FILE",
                         config,
                         "AWS_PROFILE",
                         "p",
                         "AWS_ENDPOINT_URL_STS",
                         "@",
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                         "@",
                         NULL};
    who_am_i(env, "shared files", "profile 'p', by credential_source and AssumeRole", "ID-ASSUMED");
}

static void single_sign_on_with_a_token_that_is_renewed(void **state)
{
    (void)state;
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    assert_true(fs_make_dirs(cache, NULL));
    AUTO_FREE char *config = write_file(
        "config", "[profile p]\nsso_session=lab\nsso_account_id=1\nsso_role_name=Reader\n"
                  "[sso-session lab]\nsso_region=r\nsso_start_url=https://lab/start\n");
    AUTO_FREE char *token =
        write_file(/* SHA-1 of "lab" */
                   ".aws/sso/cache/3953f9ddf975ab5097ee468d99555c5b441169bf.json",
                   "{\"accessToken\":\"SECRET-OLD\",\"expiresAt\":\"2013-01-01T00:00:00Z\","
                   "\"clientId\":\"c\",\"clientSecret\":\"SECRET-C\",\"refreshToken\":\"SECRET-R\","
                   "\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\"}");
    assert_non_null(token);
    const char *env[] = {"HOME",
                         dir,
                         "AWS_CONFIG_FILE",
                         config,
                         "AWS_PROFILE",
                         "p",
                         "AWS_ENDPOINT_URL_SSO",
                         "@",
                         "AWS_ENDPOINT_URL_SSO_OIDC",
                         "@",
                         NULL};
    who_am_i(env, "shared files", "profile 'p', by SSO", "ID-SSO");
}

static int clear(void **state)
{
    unsetenv("http_proxy");
    return make_dir(state);
}

int main(void)
{
    static const char *const names[] = {"all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_metadata_service_past_the_proxy, clear, remove_dir),
        cmocka_unit_test_setup_teardown(the_containers_agent_past_the_proxy, clear, remove_dir),
        cmocka_unit_test_setup_teardown(a_web_identity, clear, remove_dir),
        cmocka_unit_test_setup_teardown(a_role_by_the_metadata_service, clear, remove_dir),
        cmocka_unit_test_setup_teardown(single_sign_on_with_a_token_that_is_renewed, clear,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
