/* Replies of credential sources that are wrong in one property: STS, IAM Identity Center (SSO),
 * the metadata service (IMDS), the container's agent. The table: docs/store-replies.md. */
#include "decon/s3/whoami.h"
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"
#include "tests/unit/s3/client/replies_site.h"

#define ROLES   "/latest/meta-data/iam/security-credentials/"
#define EXPIRES "2013-05-24T06:00:00Z"
#define STS_KEYS(id)                                                                               \
    "<Credentials><AccessKeyId>" id "</AccessKeyId><SecretAccessKey>SECRET-1</SecretAccessKey>"    \
    "<SessionToken>TOKEN-1</SessionToken><Expiration>" EXPIRES "</Expiration></Credentials>"
#define STS(action, inner)                                                                         \
    "<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action             \
    "Result>" inner "</" action "Result></" action "Response>"
#define JSON_KEYS                                                                                  \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ID-1\",\"SecretAccessKey\":\"SECRET-1\","             \
    "\"Token\":\"TOKEN-1\",\"Expiration\":\"" EXPIRES "\",\"Type\":\"AWS-HMAC\"}"
#define SSO_KEYS                                                                                   \
    "{\"roleCredentials\":{\"accessKeyId\":\"ID-1\",\"secretAccessKey\":\"SECRET-1\","             \
    "\"sessionToken\":\"TOKEN-1\",\"expiration\":1369375200000,\"x\":0}}"
#define SSO_TOKEN                                                                                  \
    "{\"accessToken\":\"SECRET-NEW\",\"tokenType\":\"Bearer\",\"expiresIn\":3600,\"x\":0}"
#define WEB     STS("AssumeRoleWithWebIdentity", STS_KEYS("ID-1"))
#define ASSUMED STS("AssumeRole", STS_KEYS("ID-1"))
#define CALLER                                                                                     \
    STS("GetCallerIdentity", "<Arn>arn:aws:iam::1:user/me</Arn><UserId>U1</UserId>"                \
                             "<Account>123456789012</Account>")

static const char *web_env[] = {"AWS_WEB_IDENTITY_TOKEN_FILE", NULL, "AWS_ROLE_ARN",
                                "arn:aws:iam::1:role/r", NULL};
static const char *role_env[] = {"AWS_CONFIG_FILE", NULL, "AWS_PROFILE", "p", "HOME", NULL, NULL};
static const char *sso_env[] = {"AWS_CONFIG_FILE", NULL, "AWS_PROFILE", "s", "HOME", NULL, NULL};
static const char *imds_env[] = {"HOME", NULL, NULL};
static const char *container_env[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                      "http://127.0.0.1:9/agent", "HOME", NULL, NULL};
static char *paths[3];

static int set_up(void **state)
{
    make_dir(state);
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    assert_true(fs_make_dirs(cache, NULL));
    web_env[1] = paths[0] = write_file("web-token", "WEB-TOKEN");
    role_env[1] = sso_env[1] = paths[1] = write_file(
        "config", "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
                  "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = SECRET-BASE\n"
                  "[profile s]\nsso_start_url = https://d-1.awsapps.com/start\n"
                  "sso_region = eu-north-1\nsso_account_id = 1\nsso_role_name = Reader\n");
    role_env[5] = sso_env[5] = imds_env[1] = container_env[3] = dir;
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        free(move(paths[i]));
    return remove_dir(state);
}

/* The token of the start URL is about to expire, and may be renewed. */
static void write_sso_token(void)
{
    AUTO_FREE char *path =
        write_file(".aws/sso/cache/0c54b6c27e90660baa89eaad85ac1d5dae26cb7d.json",
                   "{\"accessToken\":\"SECRET-OLD\",\"expiresAt\":\"2013-05-23T00:00:00Z\","
                   "\"clientId\":\"C\",\"clientSecret\":\"SECRET-CLIENT\",\"refreshToken\":"
                   "\"SECRET-REFRESH\",\"registrationExpiresAt\":\"2013-06-24T00:00:00Z\"}");
    assert_non_null(path);
}

/* --- all of them: one DELETE, signed with the keys --- */

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

static void remove_start(replies_site *p)
{
    s3_delete(p->s.c, "b", "k", done, p);
}

static void sso_start(replies_site *p)
{
    write_sso_token();
    remove_start(p);
}

static bool is_signed_right(replies_site *p)
{
    size_t last = fake_request_count(p->s.f) - 1;
    const char *token = site_sent_header(&p->s, last, "x-amz-security-token");
    return signed_with(&p->s, last, "ID-1") && token && strcmp(token, "TOKEN-1") == 0;
}

static void caller_done(void *ctx, const s3_identity *identity, const err *e)
{
    replies_site *p = ctx;
    if (identity)
        buf_printf(&p->result, "%s %s", identity->account ? identity->account : "-",
                   identity->arn ? identity->arn : "-");
    site_done(&p->s, e);
}

static void caller_start(replies_site *p)
{
    s3_whoami(p->s.c, true, caller_done, p);
}

static bool is_caller_right(replies_site *p)
{
    return slice_equal_str(buf_slice(&p->result), "123456789012 arn:aws:iam::1:user/me");
}

static bool is_sts(const fake_request *r)
{
    return url_has(r, "POST", "://sts.");
}

static bool is_sso_token(const fake_request *r)
{
    return url_has(r, "POST", "://oidc.");
}

static bool is_sso_keys(const fake_request *r)
{
    return url_has(r, "GET", "://portal.sso.");
}

static bool is_imds_token(const fake_request *r)
{
    return url_has(r, "PUT", "/latest/api/token");
}

static bool is_imds_role(const fake_request *r)
{
    return url_has(r, "GET", ROLES) && r->url[strlen(r->url) - 1] == '/';
}

static bool is_imds_keys(const fake_request *r)
{
    return url_has(r, "GET", ROLES "my-role");
}

static bool is_agent(const fake_request *r)
{
    return url_has(r, "GET", "/agent");
}

static void others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    UNUSED(p);
    const char *text = is_imds_token(r)  ? "TOK"
                       : is_imds_role(r) ? "my-role"
                       : is_imds_keys(r) ? JSON_KEYS
                       : is_sso_token(r) ? SSO_TOKEN
                       : is_sso_keys(r)  ? SSO_KEYS
                                         : "";
    bool is_delete = strcmp(r->method, "DELETE") == 0;
    if (!*text && !is_delete)
        reply->status = 404; /* by a request that a wrong reply has caused */
    else
        *reply = (fake_reply){.status = is_delete ? 204 : 200, .body = slice_from(text)};
}

/* clang-format off */
#define BODY(text) {.body = { text, sizeof text - 1 }}
/* clang-format on */

static const operation operations[] = {
    {"AssumeRoleWithWebIdentity", BODY(WEB), is_sts, remove_start, is_signed_right, others,
     web_env},
    {"AssumeRole", BODY(ASSUMED), is_sts, remove_start, is_signed_right, others, role_env},
    {"GetCallerIdentity", BODY(CALLER), is_sts, caller_start, is_caller_right, others, NULL},
    {"SSO CreateToken", BODY(SSO_TOKEN), is_sso_token, sso_start, is_signed_right, others, sso_env},
    {"SSO GetRoleCredentials", BODY(SSO_KEYS), is_sso_keys, sso_start, is_signed_right, others,
     sso_env},
    {"IMDS token", BODY("TOK"), is_imds_token, remove_start, is_signed_right, others, imds_env},
    {"IMDS role", BODY("my-role"), is_imds_role, remove_start, is_signed_right, others, imds_env},
    {"IMDS credentials", BODY(JSON_KEYS), is_imds_keys, remove_start, is_signed_right, others,
     imds_env},
    {"Container credentials", BODY(JSON_KEYS), is_agent, remove_start, is_signed_right, others,
     container_env},
};

#define ID         "AccessKeyId"
#define SECRET_KEY "SecretAccessKey"

static const cell cells[] = {
    {"AssumeRole", MISSING, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRole", MISSING, FAILS, "/" SECRET_KEY, "STS", NULL, NULL},
    {"AssumeRole", MISSING, FAILS, "/SessionToken", "STS", NULL, NULL},
    {"AssumeRole", EMPTY, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRole", EMPTY, FAILS, "/" SECRET_KEY, "STS", NULL, NULL},
    {"AssumeRole", EMPTY, FAILS, "/SessionToken", "STS", NULL, NULL},
    {"AssumeRole", DOUBLED, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRole", DOUBLED, FAILS, "/" SECRET_KEY, "STS", NULL, NULL},
    {"AssumeRole", DOUBLED, FAILS, "/SessionToken", "STS", NULL, NULL},
    {"AssumeRole", RECASED, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRole", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"AssumeRole", ROOT, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", HTML, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", TEXT, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", NOTHING, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", TRUNCATED, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"AssumeRole", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"AssumeRole", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"AssumeRole", ERROR, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRole", REPLACED, FAILS, NULL, "Expiration|STS", EXPIRES, "tomorrow"},

    {"AssumeRoleWithWebIdentity", MISSING, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", DOUBLED, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", EMPTY, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", RECASED, FAILS, "/" ID, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", ROOT, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", TEXT, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", ERROR, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"AssumeRoleWithWebIdentity", REPLACED, FAILS, NULL, "Expiration|STS", EXPIRES, "tomorrow"},
    {"AssumeRoleWithWebIdentity", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"AssumeRoleWithWebIdentity", HTML, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", NOTHING, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", TRUNCATED, FAILS, NULL, "STS", NULL, NULL},
    {"AssumeRoleWithWebIdentity", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"AssumeRoleWithWebIdentity", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"GetCallerIdentity", MISSING, FAILS, "/Account", "STS|Account", NULL, NULL},
    {"GetCallerIdentity", MISSING, FAILS, "/Arn", "STS|Arn", NULL, NULL},
    {"GetCallerIdentity", EMPTY, FAILS, "/Account", "STS|Account", NULL, NULL},
    {"GetCallerIdentity", DOUBLED, FAILS, "/Account", "STS|Account", NULL, NULL},
    {"GetCallerIdentity", RECASED, FAILS, "/Account", "STS|Account", NULL, NULL},
    {"GetCallerIdentity", ROOT, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", TEXT, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", ERROR, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", NOTHING, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"GetCallerIdentity", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"GetCallerIdentity", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"GetCallerIdentity", HTML, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", TRUNCATED, FAILS, NULL, "STS", NULL, NULL},
    {"GetCallerIdentity", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"SSO CreateToken", MISSING, FAILS, "/accessToken", "sso login", NULL, NULL},
    {"SSO CreateToken", MISSING, FAILS, "/expiresIn", "sso login", NULL, NULL},
    {"SSO CreateToken", EMPTY, FAILS, "/accessToken", "sso login", NULL, NULL},
    {"SSO CreateToken", EMPTY, FAILS, "/expiresIn", "sso login", NULL, NULL},
    {"SSO CreateToken", DOUBLED, FAILS, "/accessToken", "sso login", NULL, NULL},
    {"SSO CreateToken", RECASED, FAILS, "/accessToken", "sso login", NULL, NULL},
    {"SSO CreateToken", HTML, FAILS, NULL, "sso login", NULL, NULL},
    {"SSO CreateToken", TEXT, FAILS, NULL, "sso login", NULL, NULL},
    {"SSO CreateToken", ERROR, FAILS, NULL, "sso login", NULL, NULL},
    {"SSO CreateToken", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"SSO CreateToken", NOTHING, FAILS, NULL, "sso login", NULL, NULL},
    {"SSO CreateToken", TRUNCATED, FAILS, NULL, "sso login", NULL, NULL},
    {"SSO CreateToken", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"SSO CreateToken", STATUS, FAILS, NULL, "sso login", NULL, NULL},

    {"SSO GetRoleCredentials", MISSING, FAILS, "/accessKeyId", "accessKeyId", NULL, NULL},
    {"SSO GetRoleCredentials", MISSING, FAILS, "/secretAccessKey", "secretAccessKey", NULL, NULL},
    {"SSO GetRoleCredentials", MISSING, FAILS, "/sessionToken", "sessionToken", NULL, NULL},
    {"SSO GetRoleCredentials", EMPTY, FAILS, "/accessKeyId", "accessKeyId", NULL, NULL},
    {"SSO GetRoleCredentials", EMPTY, FAILS, "/sessionToken", "sessionToken", NULL, NULL},
    {"SSO GetRoleCredentials", DOUBLED, FAILS, "/accessKeyId", "twice", NULL, NULL},
    {"SSO GetRoleCredentials", RECASED, FAILS, "/accessKeyId", "accessKeyId", NULL, NULL},
    {"SSO GetRoleCredentials", HTML, FAILS, NULL, "JSON", NULL, NULL},
    {"SSO GetRoleCredentials", TEXT, FAILS, NULL, "JSON", NULL, NULL},
    {"SSO GetRoleCredentials", ERROR, FAILS, NULL, "JSON", NULL, NULL},
    {"SSO GetRoleCredentials", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"SSO GetRoleCredentials", REPLACED, FAILS, NULL, "expiration", "1369375200000", "\"soon\""},
    {"SSO GetRoleCredentials", NOTHING, FAILS, NULL, "JSON", NULL, NULL},
    {"SSO GetRoleCredentials", TRUNCATED, FAILS, NULL, "JSON", NULL, NULL},
    {"SSO GetRoleCredentials", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"SSO GetRoleCredentials", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"IMDS token", HTML, FAILS, NULL, "token", NULL, NULL},
    {"IMDS token", TEXT, FAILS, NULL, "token", NULL, NULL},
    {"IMDS token", ERROR, FAILS, NULL, "token", NULL, NULL},
    {"IMDS token", NOTHING, FAILS, NULL, "token", NULL, NULL},
    {"IMDS token", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"IMDS token", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"IMDS token", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"IMDS role", HTML, FAILS, NULL, "role", NULL, NULL},
    {"IMDS role", TEXT, FAILS, NULL, "role", NULL, NULL},
    {"IMDS role", ERROR, FAILS, NULL, "role", NULL, NULL},
    {"IMDS role", NOTHING, FAILS, NULL, "role", NULL, NULL},
    {"IMDS role", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"IMDS role", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"IMDS role", LENGTH, FAILS, NULL, "ended early", NULL, NULL},

    {"IMDS credentials", MISSING, FAILS, "/" ID, ID, NULL, NULL},
    {"IMDS credentials", MISSING, FAILS, "/" SECRET_KEY, SECRET_KEY, NULL, NULL},
    {"IMDS credentials", MISSING, FAILS, "/Token", "Token", NULL, NULL},
    {"IMDS credentials", MISSING, RIGHT, "/Expiration", NULL, NULL, NULL},
    {"IMDS credentials", EMPTY, FAILS, "/" ID, ID, NULL, NULL},
    {"IMDS credentials", EMPTY, FAILS, "/Token", "Token", NULL, NULL},
    {"IMDS credentials", DOUBLED, FAILS, "/" ID, "twice", NULL, NULL},
    {"IMDS credentials", DOUBLED, FAILS, "/Token", "twice", NULL, NULL},
    {"IMDS credentials", RECASED, FAILS, "/" ID, ID, NULL, NULL},
    {"IMDS credentials", HTML, FAILS, NULL, "JSON", NULL, NULL},
    {"IMDS credentials", TEXT, FAILS, NULL, "JSON", NULL, NULL},
    {"IMDS credentials", ERROR, FAILS, NULL, "JSON", NULL, NULL},
    {"IMDS credentials", NOTHING, FAILS, NULL, "JSON", NULL, NULL},
    {"IMDS credentials", TRUNCATED, FAILS, NULL, "JSON", NULL, NULL},
    {"IMDS credentials", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"IMDS credentials", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"IMDS credentials", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"IMDS credentials", REPLACED, FAILS, NULL, "Expiration", EXPIRES, "tomorrow"},

    {"Container credentials", MISSING, FAILS, "/" ID, ID, NULL, NULL},
    {"Container credentials", EMPTY, FAILS, "/" SECRET_KEY, SECRET_KEY, NULL, NULL},
    {"Container credentials", DOUBLED, FAILS, "/" SECRET_KEY, "twice", NULL, NULL},
    {"Container credentials", RECASED, FAILS, "/" ID, ID, NULL, NULL},
    {"Container credentials", HTML, FAILS, NULL, "JSON", NULL, NULL},
    {"Container credentials", TEXT, FAILS, NULL, "JSON", NULL, NULL},
    {"Container credentials", ERROR, FAILS, NULL, "JSON", NULL, NULL},
    {"Container credentials", REPLACED, FAILS, NULL, "Expiration", EXPIRES, "tomorrow"},
    {"Container credentials", NOTHING, FAILS, NULL, "JSON", NULL, NULL},
    {"Container credentials", TRUNCATED, FAILS, NULL, "JSON", NULL, NULL},
    {"Container credentials", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"Container credentials", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"Container credentials", STATUS, FAILS, NULL, "202", NULL, NULL},
};

static void false_replies_of_sources_of_credentials(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(false_replies_of_sources_of_credentials, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
