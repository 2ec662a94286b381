#include "s3/auth/sso.h"

#include <jansson.h>

#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"

/* step    action                                              next
 * TOKEN   reads the cache; POST /token if it expires soon     KEYS
 * KEYS    GET /federation/credentials                         end */

#define RENEW_AHEAD_S 300
#define URL_MAX_BYTES ((size_t)4096)

static void release(s3_sso *s)
{
    char **strings[] = {&s->profile, &s->region, &s->account_id, &s->role_name, &s->url, &s->body};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(move(*strings[i]));
    s3_sso_token_deinit(&s->token);
}

void s3_sso_cancel(s3_sso *s)
{
    s3_ask_cancel(&s->ask);
    release(s);
}

static void failed(s3_sso *s, const char *reason, s3_key_trouble trouble)
{
    AUTO_FREE char *whole = xasprintf("SSO: %s", reason);
    release(s);
    s->on_end(s->ctx, NULL, whole, trouble);
}

static void login_needed(s3_sso *s, const char *why)
{
    AUTO_FREE char *reason = xasprintf("%s: run `aws sso login --profile %s`", why, s->profile);
    failed(s, reason, S3_KEYS_FAILED);
}

/* --- KEYS --- */

/* Returns the fault of the answer, or NULL. */
static char *read_keys(slice body, s3_role_keys *keys)
{
    static const s3_role_key_names names = {"accessKeyId", "secretAccessKey", "sessionToken", NULL};
    char *fault;
    json_t *json = s3_role_keys_parse(body, "answer", &fault);
    const json_t *inner = json_object_get(json, "roleCredentials");
    if (!fault)
        fault = s3_role_keys_take(inner, &names, keys);
    if (!fault && !keys->session_token)
        fault = xstrdup("its answer has keys without a sessionToken");
    keys->expires_s =
        (int64_t)json_integer_value(json_object_get(inner, "expiration")) / 1000; /* in ms */
    if (!fault && keys->expires_s <= 0)
        fault = xstrdup("its answer has keys without an expiration in ms");
    json_decref(json);
    return fault;
}

static void keys_came(s3_sso *s, const s3_answer *answer)
{
    AUTO(s3_role_keys) keys = {0};
    AUTO_FREE char *reason = NULL;
    AUTO_FREE char *wrong = NULL;
    if (!answer->error && answer->status == 401) {
        login_needed(s, "the token of AWS SSO is no longer valid");
        return;
    }
    size_t shown = strcspn(s->url, "?");
    if (answer->error)
        reason = xasprintf("%.*s: %s", (int)shown, s->url, answer->error);
    else if (answer->status == 403 || answer->status == 404)
        reason = xasprintf("role %s of account %s is refused (%d): check sso_role_name and "
                           "sso_account_id, and that the role is assigned to you",
                           s->role_name, s->account_id, answer->status);
    else if (answer->status != 200)
        reason = xasprintf("%.*s answered %d", (int)shown, s->url, answer->status);
    else
        wrong = read_keys(answer->body, &keys);
    if (wrong)
        reason = xasprintf("%.*s: %s", (int)shown, s->url, wrong);
    if (reason) {
        failed(s, reason, answer->trouble);
        return;
    }
    release(s);
    s->on_end(s->ctx, &keys, NULL, S3_KEYS_REFUSED);
}

static void take_url(s3_sso *s, s3_service service, const char *path)
{
    AUTO_FREE char *base = s3_endpoint_service_url(s->at, service, s->region);
    free(s->url);
    s->url = xasprintf("%s%s", base, path);
}

static void ask_keys(s3_sso *s)
{
    AUTO(buf) path = BUF(URL_MAX_BYTES);
    buf_append_str(&path, "/federation/credentials?role_name=");
    s3_uri_encode(slice_from(s->role_name), false, &path);
    buf_append_str(&path, "&account_id=");
    s3_uri_encode(slice_from(s->account_id), false, &path);
    s->renewing = false;
    take_url(s, S3_SERVICE_SSO, buf_str(&path));
    s->header = (http_header){"x-amz-sso_bearer_token", s->token.access_token};
    s3_ask_start(
        &s->ask,
        &(http_request){.method = "GET", .url = s->url, .headers = &s->header, .header_count = 1});
}

/* --- TOKEN --- */

static void token_expired(s3_sso *s)
{
    char when[S3_WHEN_SIZE];
    s3_when_format_iso(s->token.expires_s, when);
    AUTO_FREE char *why = xasprintf("the token of AWS SSO has expired (%.19sZ)", when);
    login_needed(s, why);
}

static void token_came(s3_sso *s, const s3_answer *answer)
{
    int64_t now_s = clock_wall_s(s->ask.t);
    bool ok = !answer->error && answer->status == 200 &&
              s3_sso_token_take(&s->token, answer->body, now_s);
    if (!ok)
        log_debug("credentials: sso: token renewal failed: %s (%d)",
                  answer->error ? answer->error : "refused", answer->status);
    if (ok || s->token.expires_s > now_s) {
        ask_keys(s);
    } else if (answer->trouble != S3_KEYS_REFUSED) {
        AUTO_FREE char *reason =
            xasprintf("the token cannot be renewed: %s%s", s->url, answer->error ? ": " : "");
        AUTO_FREE char *whole = answer->error ? xasprintf("%s%s", reason, answer->error)
                                              : xasprintf("%s answered %d", reason, answer->status);
        failed(s, whole, answer->trouble);
    } else {
        token_expired(s);
    }
}

static void ask_token(s3_sso *s)
{
    int64_t now_s = clock_wall_s(s->ask.t);
    s->body =
        s->token.expires_s - RENEW_AHEAD_S <= now_s ? s3_sso_token_renewal(&s->token, now_s) : NULL;
    if (!s->body && s->token.expires_s <= now_s) {
        token_expired(s);
    } else if (!s->body) {
        ask_keys(s);
    } else {
        take_url(s, S3_SERVICE_SSO_OIDC, "/token");
        s->renewing = true;
        s->header = (http_header){"Content-Type", "application/json"};
        s3_ask_start(&s->ask, &(http_request){.method = "POST",
                                              .url = s->url,
                                              .headers = &s->header,
                                              .header_count = 1,
                                              .body = slice_from(s->body)});
    }
}

static void asked(void *ctx, const s3_answer *answer)
{
    s3_sso *s = ctx;
    if (s->renewing)
        token_came(s, answer);
    else
        keys_came(s, answer);
}

/* --- start --- */

void s3_sso_init(s3_sso *s, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *s = (s3_sso){.on_end = on_end, .ctx = ctx};
    s3_ask_init(&s->ask, t, asked, s);
}

bool s3_sso_is_set(const s3_profile *p)
{
    static const char *const keys[] = {"sso_session", "sso_start_url", "sso_account_id",
                                       "sso_role_name", "sso_region"};
    size_t i = 0;
    while (i < ARRAY_LEN(keys) && !s3_profile_find(p, keys[i]))
        i++;
    return i < ARRAY_LEN(keys);
}

/* The first missing setting, or NULL. */
static const char *missing(const s3_sso *s, const char *start_url)
{
    if (!start_url)
        return "sso_start_url";
    if (!s->region)
        return "sso_region";
    if (!s->account_id)
        return "sso_account_id";
    return s->role_name ? NULL : "sso_role_name";
}

static char *copy_of(const s3_profile *p, const char *name)
{
    const char *text = s3_profile_get(p, name);
    return text && *text ? xstrdup(text) : NULL;
}

/* Returns the fault of the settings, or NULL. */
static char *check_settings(const s3_sso *s, const s3_profile *p, const s3_profile *section)
{
    static const char *const keys[] = {"sso_start_url", "sso_region"};
    const char *key = missing(s, s3_profile_get(section, keys[0]));
    if (key)
        return xasprintf("%s is missing", key);
    if (!s3_region_is_name(s->region))
        return xasprintf("sso_region '%.40s' is not a region name such as us-east-1", s->region);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const s3_profile_pair *own = s3_profile_find(p, keys[i]);
        if (own && strcmp(own->value, s3_profile_get(section, keys[i])) != 0)
            return xasprintf("%s of %s:%u differs from that of its sso-session; keep one of them",
                             keys[i], own->path, own->line);
    }
    return NULL;
}

void s3_sso_start(s3_sso *s, s3_getenv getenv_fn, const s3_endpoint *at, const s3_profile *p)
{
    AUTO(s3_profile) section = {0};
    err e = ERR_INIT;
    const char *session = s3_profile_get(p, "sso_session");
    s->getenv_fn = getenv_fn;
    s->at = at;
    s->profile = xstrdup(p->name);
    s->account_id = copy_of(p, "sso_account_id");
    s->role_name = copy_of(p, "sso_role_name");
    if (session && !s3_profile_load_section(getenv_fn, "sso-session", session, &section, &e)) {
        failed(s, e.message, S3_KEYS_REFUSED);
        return;
    }
    const s3_profile *of = session ? &section : p;
    const char *start_url = s3_profile_get(of, "sso_start_url");
    s->region = copy_of(of, "sso_region");
    AUTO_FREE char *fault = check_settings(s, p, of);
    if (fault) {
        failed(s, fault, S3_KEYS_REFUSED);
    } else if (!s3_sso_token_load(&s->token, getenv_fn, session ? session : start_url)) {
        login_needed(s, "there is no token of AWS SSO");
    } else {
        ask_token(s);
    }
}
