#include "s3/auth/role.h"

#include "decon/base/log.h"
#include "base/util.h"

/* step     action                                                   next
 * CLIMB    reads profiles along source_profile; roles_left grows    BASE
 * BASE     credentials of the last profile: static, from the        ASSUME
 *          environment, the container, the instance, a web
 *          identity, SSO or a program
 * ASSUME   AssumeRole of chain[roles_left - 1]; roles_left shrinks  ASSUME, at 0 the end */

static void release(s3_role *r)
{
    for (size_t i = 0; i < r->profile_count; i++)
        s3_profile_deinit(&r->chain[i]);
    r->profile_count = r->roles_left = 0;
    s3_role_keys_deinit(&r->keys);
}

void s3_role_cancel(s3_role *r)
{
    s3_sts_cancel(&r->sts);
    s3_container_cancel(&r->container);
    s3_imds_cancel(&r->imds);
    s3_sso_cancel(&r->sso);
    s3_process_cancel(&r->process);
    release(r);
}

static void ended_by(s3_role *r, const char *profile, const char *reason, s3_key_trouble trouble)
{
    AUTO_FREE char *whole = xasprintf("profile '%s': %s", profile, reason);
    release(r);
    r->on_end(r->ctx, NULL, whole, trouble);
}

static void failed(s3_role *r, const char *profile, const char *reason)
{
    ended_by(r, profile, reason, S3_KEYS_REFUSED);
}

static void assume_next(s3_role *r)
{
    if (r->roles_left == 0) {
        AUTO(s3_role_keys) keys = r->keys;
        r->keys = (s3_role_keys){0};
        release(r);
        r->on_end(r->ctx, &keys, NULL, S3_KEYS_REFUSED);
        return;
    }
    const s3_profile *p = &r->chain[--r->roles_left];
    s3_keys keys = {r->keys.access_key_id, r->keys.secret_access_key, r->keys.session_token};
    log_debug("credentials: profile '%s': assuming its role", p->name);
    r->assumed = true;
    s3_sts_start(&r->sts, &(s3_sts_call){.at = r->at,
                                         .role_arn = s3_profile_get(p, "role_arn"),
                                         .session_name = s3_profile_get(p, "role_session_name"),
                                         .external_id = s3_profile_get(p, "external_id"),
                                         .duration_s = s3_profile_get(p, "duration_seconds"),
                                         .keys = &keys});
}

/* --- credentials at the start of the chain --- */

static void take_keys(s3_role *r, const char *id, const char *secret, const char *token,
                      int64_t expires_s)
{
    s3_role_keys_deinit(&r->keys);
    r->keys = (s3_role_keys){.access_key_id = xstrdup(id),
                             .secret_access_key = xstrdup(secret),
                             .session_token = token ? xstrdup(token) : NULL,
                             .expires_s = expires_s};
    log_secret_add(secret);
    if (token)
        log_secret_add(token);
    assume_next(r);
}

/* End of STS, container, IMDS, SSO and process. */
static void step_end(void *ctx, const s3_role_keys *keys, const char *reason,
                     s3_key_trouble trouble)
{
    s3_role *r = ctx;
    if (!keys) {
        /* Of the requested role, or of the profile with the credential_source. */
        size_t at = MIN(r->roles_left, r->profile_count - 1);
        AUTO_FREE char *name = xstrdup(r->chain[at].name);
        ended_by(r, name, reason, trouble);
        return;
    }
    take_keys(r, keys->access_key_id, keys->secret_access_key, keys->session_token,
              keys->expires_s);
}

static void base_environment(s3_role *r, const char *profile)
{
    s3_static_keys keys;
    AUTO_FREE char *fault = s3_environment_keys(r->getenv_fn, &keys);
    if (fault)
        failed(r, profile, fault);
    else if (keys.id)
        take_keys(r, keys.id, keys.secret, keys.token, 0);
    else
        failed(r, profile,
               "credential_source = Environment, but AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY "
               "is not set");
}

static void base_source(s3_role *r, const s3_profile *p, const char *source)
{
    AUTO_FREE char *name = xstrdup(p->name);
    r->base = "credential_source";
    if (str_equal(source, "Environment")) {
        base_environment(r, name);
    } else if (str_equal(source, "Ec2InstanceMetadata")) {
        s3_imds_start(&r->imds, r->getenv_fn, &r->chain[0]);
    } else if (!str_equal(source, "EcsContainer")) {
        failed(r, name,
               "credential_source is not one of Environment, Ec2InstanceMetadata, EcsContainer");
    } else if (!s3_container_is_set(r->getenv_fn)) {
        failed(r, name,
               "credential_source = EcsContainer, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
               "_FULL_URI are not set");
    } else {
        s3_container_start(&r->container, r->getenv_fn);
    }
}

static void base_web_identity(s3_role *r, const s3_profile *p)
{
    r->base = "web identity";
    s3_sts_start(&r->sts,
                 &(s3_sts_call){.at = r->at,
                                .role_arn = s3_profile_get(p, "role_arn"),
                                .session_name = s3_profile_get(p, "role_session_name"),
                                .duration_s = s3_profile_get(p, "duration_seconds"),
                                .token_path = s3_profile_get(p, "web_identity_token_file")});
}

/* False: the profile names neither. If it ends at once, the profile is released. */
static bool base_sso_or_process(s3_role *r, const s3_profile *p)
{
    const char *command = s3_profile_get(p, "credential_process");
    if (s3_sso_is_set(p)) {
        r->base = "SSO";
        s3_sso_start(&r->sso, r->getenv_fn, r->at, p);
        return true;
    }
    if (!command)
        return false;
    r->base = "credential_process";
    s3_process_start(&r->process, command);
    return true;
}

/* --- the chain of source_profile --- */

/* Keys of a source_profile; false if it has none. */
static bool base_profile(s3_role *r, const s3_profile *p)
{
    s3_static_keys keys;
    AUTO_FREE char *fault = s3_profile_keys(p, &keys);
    if (fault) {
        AUTO_FREE char *of = xstrdup(p->name);
        failed(r, of, fault);
        return true;
    }
    if (!keys.id)
        return false;
    r->base = "keys of a profile";
    take_keys(r, keys.id, keys.secret, keys.token, 0);
    return true;
}

/* Whether the last profile occurs earlier in the chain. */
static bool is_loop(const s3_role *r)
{
    size_t last = r->profile_count - 1;
    for (size_t i = 0; i < last; i++)
        if (strcmp(r->chain[i].name, r->chain[last].name) == 0)
            return true;
    return false;
}

/* The fault of the last profile; NULL if the chain continues. */
static const char *dead_end(const s3_role *r, const s3_profile *p)
{
    if (is_loop(r))
        return "the chain of source_profile is a loop";
    if (!s3_profile_get(p, "role_arn"))
        return s3_profile_get(p, "web_identity_token_file")
                   ? "has a web_identity_token_file, but no role_arn"
               : s3_profile_get(p, "source_profile") || s3_profile_get(p, "credential_source")
                   ? "has a source_profile or credential_source, but no role_arn"
                   : "is a source_profile, but has neither keys nor role_arn, SSO or "
                     "credential_process";
    if (s3_profile_get(p, "source_profile") && s3_profile_get(p, "credential_source"))
        return "has both source_profile and credential_source; keep one of them";
    if (s3_profile_get(p, "mfa_serial"))
        return "mfa_serial requires a code, which cannot be entered here: use `aws sts "
               "assume-role` "
               "and AWS_SESSION_TOKEN";
    return NULL;
}

/* Reads the next profile; false at the end of the chain. */
static bool climb(s3_role *r, const char *name, const char **next)
{
    s3_profile *p = &r->chain[r->profile_count];
    err e = ERR_INIT;
    if (!s3_profile_load(r->getenv_fn, name, p, &e)) {
        AUTO_FREE char *of = xstrdup(name);
        failed(r, of, e.message);
        return false;
    }
    r->profile_count++;
    if (r->profile_count > 1 && base_profile(r, p)) /* a profile may be its own source */
        return false;
    bool needs_role = s3_role_is_assumed(p);
    if (!needs_role && !is_loop(r) && base_sso_or_process(r, p))
        return false;
    const char *source = s3_profile_get(p, "credential_source");
    const char *reason = dead_end(r, p);
    *next = s3_profile_get(p, "source_profile");
    if (!reason && s3_profile_get(p, "web_identity_token_file")) {
        base_web_identity(r, p);
        return false;
    }
    if (!reason && !*next && !source)
        reason = "role_arn needs source_profile, credential_source or web_identity_token_file";
    if (reason) {
        AUTO_FREE char *of = xstrdup(p->name);
        failed(r, of, reason);
        return false;
    }
    r->roles_left++;
    if (!*next)
        base_source(r, p, source);
    return *next != NULL;
}

void s3_role_init(s3_role *r, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *r = (s3_role){.on_end = on_end, .ctx = ctx};
    s3_sts_init(&r->sts, t, step_end, r);
    s3_container_init(&r->container, t, step_end, r);
    s3_imds_init(&r->imds, t, step_end, r);
    s3_sso_init(&r->sso, t, step_end, r);
    s3_process_init(&r->process, t, step_end, r);
}

bool s3_role_is_assumed(const s3_profile *p)
{
    return s3_profile_get(p, "role_arn") || s3_profile_get(p, "web_identity_token_file") ||
           s3_profile_get(p, "source_profile") || s3_profile_get(p, "credential_source");
}

bool s3_role_is_set(const s3_profile *p)
{
    return s3_role_is_assumed(p) || s3_sso_is_set(p) || s3_profile_get(p, "credential_process");
}

void s3_role_start(s3_role *r, s3_getenv getenv_fn, const s3_endpoint *at, const char *profile)
{
    r->getenv_fn = getenv_fn;
    r->at = at;
    r->base = NULL;
    r->assumed = false;
    const char *name = profile;
    while (climb(r, name, &name))
        if (r->profile_count == S3_ROLE_CHAIN_MAX) {
            failed(r, profile, "the chain of source_profile is too long");
            return;
        }
}
