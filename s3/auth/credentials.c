#include "s3/auth/credentials.h"

#include "decon/base/log.h"
#include "base/util.h"

#define RENEW_AHEAD_S 300 /* before the credentials expire */
#define RENEW_AGAIN_S                                                                              \
    60 /* after a renewal that failed or gave credentials that expire no
                                 later */
#define REASONS_MAX_BYTES ((size_t)2048)
#define PROVIDER_COUNT    5
#define PAUSE_FIRST_MS    ((uint64_t)1000) /* full jitter: a random part of it; doubled each time */
#define PAUSE_MAX_MS      ((uint64_t)20000)

static void load(s3_credentials *c);
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

/* --- waiting for a provider --- */

static void next_try(void *ctx)
{
    s3_credentials *c = ctx;
    c->next_try = NULL;
    load(c);
}

static uint64_t wait_limit_ms(const s3_credentials *c)
{
    return c->trouble == S3_KEYS_BUSY || c->have ? c->outage_wait_ms : c->start_wait_ms;
}

static void say_waiting(const s3_credentials *c, uint64_t limit_ms)
{
    if (c->waits == 1)
        log_warn("credentials: %s; retrying for at most %llu s", buf_str(&c->reasons),
                 (unsigned long long)((limit_ms + 999) / 1000));
    else
        log_warn("credentials: attempt %u: %s", c->waits, buf_str(&c->reasons));
}

/* Schedules another attempt; false if it cannot help or the time limit is reached. */
static bool wait_for_provider(s3_credentials *c)
{
    bool usable = c->have && !c->rejected;
    bool hopeless =
        c->gave_up || c->trouble == S3_KEYS_REFUSED || (c->trouble == S3_KEYS_FAILED && !c->have);
    if (usable || hopeless)
        return false;
    uint64_t now_ms = clock_now_ms(c->t), limit_ms = wait_limit_ms(c), bound_ms = PAUSE_FIRST_MS;
    if (!c->waiting)
        c->waiting_since_ms = now_ms;
    uint64_t spent_ms = now_ms - c->waiting_since_ms;
    c->gave_up = spent_ms >= limit_ms;
    if (c->gave_up)
        return false;
    for (unsigned i = 0; i < c->waits && bound_ms < PAUSE_MAX_MS; i++)
        bound_ms *= 2;
    c->waiting = true;
    c->waits++;
    say_waiting(c, limit_ms);
    uint64_t pause_ms = transport_random(c->t) % (MIN(bound_ms, PAUSE_MAX_MS) + 1);
    c->next_try = timer_start(c->t, MIN(pause_ms, limit_ms - spent_ms), next_try, c);
    return true;
}

static void end_waiting(s3_credentials *c, bool found)
{
    if (c->waiting && found)
        log_info("credentials: available after %llu s",
                 (unsigned long long)((clock_now_ms(c->t) - c->waiting_since_ms) / 1000));
    c->gave_up = c->gave_up && !found;
    c->waiting = false;
    c->waits = 0;
}

/* --- called by the providers --- */

typedef struct found_keys {
    const char *id, *secret, *token;
    int64_t expires_s;
} found_keys;

static void broken(s3_credentials *c, const char *provider, const char *reason,
                   s3_key_trouble trouble);

/* The store refused these credentials before, and they have expired: the provider has a problem. */
static bool is_refused_again(const s3_credentials *c, const found_keys *keys, bool expired)
{
    return expired && c->rejected && str_equal(c->access_key_id, keys->id) &&
           str_equal(c->secret_access_key, keys->secret) &&
           str_equal(c->session_token, keys->token);
}

static void found(s3_credentials *c, const char *provider, const found_keys *keys)
{
    int64_t now_s = clock_wall_s(c->t);
    bool expired = keys->expires_s && keys->expires_s <= now_s;
    if (is_refused_again(c, keys, expired)) {
        broken(c, provider, "it returned the same expired keys, which the store refuses",
               S3_KEYS_BUSY);
        return;
    }
    end_waiting(c, true);
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
    if (keys->expires_s)
        c->refresh_at_s = MAX(keys->expires_s - RENEW_AHEAD_S, now_s + RENEW_AGAIN_S);
    if (keys->expires_s && !expired)
        c->refresh_at_s = MIN(c->refresh_at_s, keys->expires_s);
    if (expired)
        log_warn("credentials: %s returned expired keys; using them, renewing again "
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

/* A configured provider that fails ends the chain: credentials of a later provider would belong to
 * another identity (for example the node's role instead of the pod's). */
static void broken(s3_credentials *c, const char *provider, const char *reason,
                   s3_key_trouble trouble)
{
    c->trouble = trouble;
    c->ended_early = true;
    c->provider = PROVIDER_COUNT;
    buf_clear(&c->reasons); /* reasons of earlier providers are irrelevant now */
    missing(c, provider, reason);
}

/* --- the providers --- */

static void environment_start(s3_credentials *c, const char *name)
{
    s3_static_keys keys = {0};
    AUTO_FREE char *fault = c->profile ? NULL : s3_environment_keys(c->getenv_fn, &keys);
    if (c->profile)
        missing(c, name, "skipped, a profile was selected");
    else if (fault)
        broken(c, name, fault, S3_KEYS_REFUSED);
    else if (!keys.id)
        missing(c, name, "AWS_ACCESS_KEY_ID is not set");
    else
        found(c, name, &(found_keys){.id = keys.id, .secret = keys.secret, .token = keys.token});
}

/* The profile has no credentials. Returns why this is an error, or NULL. */
static char *dead_end(const s3_profile *p)
{
    if (s3_profile_find(p, "login_session"))
        return xasprintf("profile '%s' has a login_session, which is not supported; set "
                         "credential_process = aws configure export-credentials --profile %s "
                         "--format process",
                         p->name, p->name);
    return p->unseen ? xasprintf("%s; correct it", p->unseen) : NULL;
}

static void no_keys_in(s3_credentials *c, const char *name, const s3_profile *p)
{
    AUTO_FREE char *fault = dead_end(p);
    AUTO_FREE char *reason = xasprintf(
        "profile '%s' of %s has no credentials", p->name,
        p->credentials_path ? p->credentials_path : "~/.aws/credentials (HOME is not set)");
    if (fault)
        broken(c, name, fault, S3_KEYS_REFUSED);
    else
        missing(c, name, reason);
}

static void files_start(s3_credentials *c, const char *name)
{
    s3_profile *p = &c->in_use;
    s3_static_keys keys;
    err e = ERR_INIT;
    s3_profile_deinit(p);
    if (!s3_profile_load(c->getenv_fn, c->profile, p, &e)) {
        broken(c, name, e.message, S3_KEYS_REFUSED);
        return;
    }
    AUTO_FREE char *detail = xasprintf("profile '%s'", p->name);
    AUTO_FREE char *fault = s3_profile_keys(p, &keys);
    set_string(&c->detail, detail);
    if (fault) {
        AUTO_FREE char *reason = xasprintf("%s: %s", detail, fault);
        broken(c, name, reason, S3_KEYS_REFUSED);
    } else if (keys.id && !s3_role_is_assumed(p)) {
        found(c, name, &(found_keys){.id = keys.id, .secret = keys.secret, .token = keys.token});
    } else if (s3_role_is_set(p)) {
        s3_role_start(&c->role, c->getenv_fn, c->at, p->name);
    } else {
        set_string(&c->detail, NULL);
        no_keys_in(c, name, p);
    }
}

static void role_found(s3_credentials *c, const s3_role_keys *keys)
{
    found(c, provider_name(c),
          &(found_keys){keys->access_key_id, keys->secret_access_key, keys->session_token,
                        keys->expires_s});
}

static void service_end(void *ctx, const s3_role_keys *keys, const char *reason,
                        s3_key_trouble trouble)
{
    s3_credentials *c = ctx;
    if (keys)
        role_found(c, keys);
    else
        broken(c, provider_name(c), reason, trouble);
}

/* End of the profile's role, SSO or program. */
static void profile_end(void *ctx, const s3_role_keys *keys, const char *reason,
                        s3_key_trouble trouble)
{
    s3_credentials *c = ctx;
    AUTO_FREE char *detail = xasprintf("%s, by %s%s", c->detail ? c->detail : "",
                                       c->role.base ? c->role.base : "its role",
                                       c->role.assumed ? " and AssumeRole" : "");
    set_string(&c->detail, detail);
    service_end(ctx, keys, reason, trouble);
}

/* Usually IMDS was not configured: no answer means that the machine is not an EC2 instance. */
static void imds_end(void *ctx, const s3_role_keys *keys, const char *reason,
                     s3_key_trouble trouble)
{
    s3_credentials *c = ctx;
    bool gave_keys = c->have && str_equal(c->came_from, provider_name(c));
    bool is_there = trouble == S3_KEYS_BUSY ||
                    (trouble == S3_KEYS_UNREACHABLE && (gave_keys || c->imds.set_up));
    if (keys)
        role_found(c, keys);
    else if (is_there)
        broken(c, provider_name(c), reason, trouble);
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
        missing(c, name, "skipped, a profile was selected");
    else if (!call.token_path && !call.role_arn)
        missing(c, name, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    else if (!call.role_arn)
        broken(c, name, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not; set both",
               S3_KEYS_REFUSED);
    else if (!call.token_path)
        broken(c, name,
               "AWS_ROLE_ARN is set, AWS_WEB_IDENTITY_TOKEN_FILE is not; set both, or unset it",
               S3_KEYS_REFUSED);
    else
        s3_sts_start(&c->web_identity, &call);
}

static void container_start(s3_credentials *c, const char *name)
{
    const char *half = s3_container_half(c->getenv_fn);
    if (half)
        broken(c, name, half, S3_KEYS_REFUSED);
    else if (s3_container_is_set(c->getenv_fn))
        s3_container_start(&c->container, c->getenv_fn);
    else
        missing(c, name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
}

static void imds_start(s3_credentials *c, const char *name)
{
    UNUSED(name);
    s3_imds_start(&c->imds, c->getenv_fn, &c->in_use);
}

/* In the order of the chain. Each start function ends, at once or later, in exactly one call of
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
    if (wait_for_provider(c))
        return;
    end_waiting(c, false);
    c->failed = true;
    if (c->have) {
        c->refresh_at_s = clock_wall_s(c->t) + RENEW_AGAIN_S;
        log_warn("credentials: renewal failed (%s); using the old ones, retrying in %d s",
                 buf_str(&c->reasons), RENEW_AGAIN_S);
    }
    load_ended(c);
}

static void load(s3_credentials *c)
{
    c->loading = true;
    c->failed = false;
    c->trouble = S3_KEYS_REFUSED;
    c->ended_early = false;
    c->provider = 0;
    set_string(&c->detail, NULL);
    buf_clear(&c->reasons);
    next_provider(c);
}

/* --- called by the client --- */

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
    timer_stop(c->t, c->next_try);
    s3_profile_deinit(&c->in_use);
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
    bool untold = c->failed && !c->have; /* a load has just failed: its error comes first */
    if (!c->loading && !fresh && !untold)
        load(c);
    bool usable = c->have && !c->rejected && (!c->expires_s || now_s < c->expires_s);
    if (usable || (c->have && !c->loading))
        return give_keys(c, keys);
    if (c->loading)
        return S3_CREDENTIALS_PENDING;
    c->failed = false;
    err_set(e, ERR_S3_CREDENTIALS, "no credentials: %s%s", buf_str(&c->reasons),
            c->ended_early ? ""
                           : "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or "
                             "give the instance a role");
    return S3_CREDENTIALS_FAILED;
}

void s3_credentials_reject(s3_credentials *c, unsigned generation)
{
    if (c->loading || generation != c->generation)
        return;
    log_info("credentials: the store refused the keys of %s; renewing", c->came_from);
    c->rejected = true;
    load(c);
}
