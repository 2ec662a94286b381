#include "s3/auth/credentials.h"

#include "decon/base/log.h"

#define RENEW_AHEAD_S     300 /* before the end of the keys */
#define RENEW_AGAIN_S     60  /* after a renewal that failed or brought nothing longer-lived */
#define REASONS_MAX_BYTES ((size_t)2048)
#define PROVIDER_COUNT    5

/* --- what the providers call --- */

static void next_provider(s3_credentials *c);
static const char *provider_name(const s3_credentials *c);

static void set_string(char **to, const char *from)
{
    char *copy = from && *from ? xstrdup(from) : NULL;
    free(*to);
    *to = copy;
}

static void load_ended(s3_credentials *c)
{
    c->loading = false;
    c->rejected = false;
    if (c->on_change)
        c->on_change(c->ctx);
}

typedef struct found_keys {
    const char *id, *secret, *token;
    int64_t expires_s;
} found_keys;

static void found(s3_credentials *c, const char *provider, const found_keys *keys)
{
    int64_t now_s = clock_wall_s(c->t);
    set_string(&c->access_key_id, keys->id);
    set_string(&c->secret_access_key, keys->secret);
    set_string(&c->session_token, keys->token);
    log_secret_add(keys->secret);
    if (c->session_token)
        log_secret_add(c->session_token);
    c->have = true;
    c->failed = false;
    c->generation++;
    c->came_from = provider;
    set_string(&c->passed_over, buf_str(&c->reasons));
    c->expires_s = keys->expires_s;
    c->refresh_at_s = 0;
    bool expired = keys->expires_s && keys->expires_s <= now_s;
    if (keys->expires_s)
        c->refresh_at_s = MAX(keys->expires_s - RENEW_AHEAD_S, now_s + RENEW_AGAIN_S);
    if (keys->expires_s && !expired)
        c->refresh_at_s = MIN(c->refresh_at_s, keys->expires_s);
    if (expired)
        log_warn("credentials: %s gave keys that have expired already: using them, asking again "
                 "in %d s",
                 provider, RENEW_AGAIN_S);
    else
        log_debug("credentials: from %s%s%s%s", provider, c->detail ? " (" : "",
                  c->detail ? c->detail : "", c->detail ? ")" : "");
    load_ended(c);
}

static void missing(s3_credentials *c, const char *provider, const char *reason)
{
    log_debug("credentials: %s: %s", provider, reason);
    buf_printf(&c->reasons, "%s%s: %s", c->reasons.len ? "; " : "", provider, reason);
    c->provider++;
    next_provider(c);
}

/* What was set up on purpose and does not work ends the chain: the keys of a provider further down
 * would be those of somebody else (a pod's work done as its node). */
static void broken(s3_credentials *c, const char *provider, const char *reason)
{
    c->provider = PROVIDER_COUNT;
    buf_clear(&c->reasons); /* that the others had nothing is beside the point */
    missing(c, provider, reason);
}

/* --- the providers --- */

static bool holds_break(const char *text)
{
    return text && strpbrk(text, "\r\n");
}

static void environment_start(s3_credentials *c, const char *name)
{
    found_keys keys = {.id = s3_env(c->getenv_fn, "AWS_ACCESS_KEY_ID"),
                       .secret = s3_env(c->getenv_fn, "AWS_SECRET_ACCESS_KEY"),
                       .token = s3_env(c->getenv_fn, "AWS_SESSION_TOKEN")};
    if (c->profile)
        missing(c, name, "left out, a profile was asked for");
    else if (!keys.id)
        missing(c, name, "AWS_ACCESS_KEY_ID is not set");
    else if (!keys.secret)
        broken(c, name, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
    else if (holds_break(keys.id) || holds_break(keys.secret) || holds_break(keys.token))
        broken(c, name,
               "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN holds a line break "
               "(of the file that it was read from?)");
    else
        found(c, name, &keys);
}

static void files_start(s3_credentials *c, const char *name)
{
    AUTO(s3_profile) p = {0};
    err e = ERR_INIT;
    if (!s3_profile_load(c->getenv_fn, c->profile, &p, &e)) {
        missing(c, name, e.message);
        return;
    }
    bool by_role = s3_profile_get(&p, "role_arn") || s3_profile_get(&p, "web_identity_token_file");
    found_keys keys = {.id = s3_profile_get(&p, "aws_access_key_id"),
                       .secret = s3_profile_get(&p, "aws_secret_access_key"),
                       .token = s3_profile_get(&p, "aws_session_token")};
    AUTO_FREE char *detail = xasprintf("profile '%s'", p.name);
    if (!by_role && keys.id && keys.secret) {
        set_string(&c->detail, detail);
        found(c, name, &keys);
        return;
    }
    if (s3_role_is_set(&p)) {
        set_string(&c->detail, detail);
        s3_role_start(&c->role, c->getenv_fn, c->at, p.name);
        return;
    }
    if (keys.id) {
        AUTO_FREE char *half =
            xasprintf("%s has an aws_access_key_id, but no aws_secret_access_key", detail);
        broken(c, name, half);
        return;
    }
    AUTO_FREE char *reason =
        xasprintf("profile '%s' of %s has no keys", p.name,
                  p.credentials_path ? p.credentials_path : "~/.aws/credentials (HOME is not set)");
    missing(c, name, reason);
}

static void role_found(s3_credentials *c, const s3_role_keys *keys)
{
    found(c, provider_name(c),
          &(found_keys){keys->access_key_id, keys->secret_access_key, keys->session_token,
                        keys->expires_s});
}

static void service_end(void *ctx, const s3_role_keys *keys, const char *reason)
{
    s3_credentials *c = ctx;
    if (keys)
        role_found(c, keys);
    else
        broken(c, provider_name(c), reason);
}

/* Of the profile that was named: by what it has come to its keys. */
static void profile_end(void *ctx, const s3_role_keys *keys, const char *reason)
{
    s3_credentials *c = ctx;
    AUTO_FREE char *detail = xasprintf("%s, by %s%s", c->detail ? c->detail : "",
                                       c->role.base ? c->role.base : "its role",
                                       c->role.assumed ? " and AssumeRole" : "");
    set_string(&c->detail, detail);
    service_end(ctx, keys, reason);
}

/* Nothing has set IMDS up: that it does not answer is mostly a machine that is no instance. */
static void imds_end(void *ctx, const s3_role_keys *keys, const char *reason)
{
    s3_credentials *c = ctx;
    if (keys)
        role_found(c, keys);
    else
        missing(c, provider_name(c), reason);
}

static void web_identity_start(s3_credentials *c, const char *name)
{
    s3_sts_call call = {.at = c->at,
                        .role_arn = s3_env(c->getenv_fn, "AWS_ROLE_ARN"),
                        .session_name = s3_env(c->getenv_fn, "AWS_ROLE_SESSION_NAME"),
                        .token_path = s3_env(c->getenv_fn, "AWS_WEB_IDENTITY_TOKEN_FILE")};
    if (c->profile)
        missing(c, name, "left out, a profile was asked for");
    else if (!call.token_path)
        missing(c, name, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    else if (!call.role_arn)
        broken(c, name, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
    else
        s3_sts_start(&c->web_identity, c->getenv_fn, &call);
}

static void container_start(s3_credentials *c, const char *name)
{
    if (s3_container_is_set(c->getenv_fn))
        s3_container_start(&c->container, c->getenv_fn);
    else
        missing(c, name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
}

static void imds_start(s3_credentials *c, const char *name)
{
    UNUSED(name);
    s3_imds_start(&c->imds, c->getenv_fn);
}

/* In the order in which they are asked. Each start ends, at once or later, in exactly one call of
 * found, missing or broken. */
static const struct {
    const char *name;
    void (*start)(s3_credentials *c, const char *name);
} providers[PROVIDER_COUNT] = {
    {"environment", environment_start}, {"web identity", web_identity_start},
    {"shared files", files_start},      {"container", container_start},
    {"instance role", imds_start},
};

static const char *provider_name(const s3_credentials *c)
{
    return providers[c->provider].name;
}

static void next_provider(s3_credentials *c)
{
    if (c->provider < PROVIDER_COUNT) {
        providers[c->provider].start(c, providers[c->provider].name);
        return;
    }
    c->failed = true;
    if (c->have) {
        c->refresh_at_s = clock_wall_s(c->t) + RENEW_AGAIN_S;
        log_warn("credentials: cannot be renewed (%s): using the old ones, asking again in %d s",
                 buf_str(&c->reasons), RENEW_AGAIN_S);
    }
    load_ended(c);
}

static void load(s3_credentials *c)
{
    c->loading = true;
    c->failed = false;
    c->provider = 0;
    set_string(&c->detail, NULL);
    buf_clear(&c->reasons);
    next_provider(c);
}

/* --- what the client calls --- */

void s3_credentials_init(s3_credentials *c, transport *t, const s3_endpoint *at,
                         s3_getenv getenv_fn, const char *profile, void (*on_change)(void *ctx),
                         void *ctx)
{
    *c = (s3_credentials){
        .t = t, .at = at, .getenv_fn = getenv_fn, .on_change = on_change, .ctx = ctx};
    set_string(&c->profile, profile);
    buf_init(&c->reasons, REASONS_MAX_BYTES);
    s3_sts_init(&c->web_identity, t, service_end, c);
    s3_role_init(&c->role, t, profile_end, c);
    s3_container_init(&c->container, t, service_end, c);
    s3_imds_init(&c->imds, t, imds_end, c);
}

void s3_credentials_deinit(s3_credentials *c)
{
    s3_sts_cancel(&c->web_identity);
    s3_role_cancel(&c->role);
    s3_container_cancel(&c->container);
    s3_imds_cancel(&c->imds);
    buf_deinit(&c->reasons);
    free(c->profile);
    free(c->passed_over);
    free(c->detail);
    free(c->access_key_id);
    free(c->secret_access_key);
    free(c->session_token);
    *c = (s3_credentials){0};
}

static s3_credentials_state give_keys(const s3_credentials *c, s3_keys *keys)
{
    *keys = (s3_keys){c->access_key_id, c->secret_access_key, c->session_token};
    return S3_CREDENTIALS_READY;
}

s3_credentials_state s3_credentials_get(s3_credentials *c, s3_keys *keys, err *e)
{
    int64_t now_s = clock_wall_s(c->t);
    bool fresh = c->have && (!c->refresh_at_s || now_s < c->refresh_at_s);
    bool untold = c->failed && !c->have; /* a load that ended meanwhile: its error comes first */
    if (!c->loading && !fresh && !untold)
        load(c);
    bool usable = c->have && !c->rejected && (!c->expires_s || now_s < c->expires_s);
    if (usable || (c->have && !c->loading))
        return give_keys(c, keys);
    if (c->loading)
        return S3_CREDENTIALS_PENDING;
    c->failed = false;
    err_set(e, ERR_S3_CREDENTIALS,
            "no credentials: %s; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or "
            "give the instance a role",
            buf_str(&c->reasons));
    return S3_CREDENTIALS_FAILED;
}

void s3_credentials_reject(s3_credentials *c, unsigned generation)
{
    if (c->loading || generation != c->generation)
        return;
    log_info("credentials: the store refuses the keys of %s: asking anew", c->came_from);
    c->rejected = true;
    load(c);
}
