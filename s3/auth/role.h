/* The keys that a profile leads to, where it does not hold them itself: by a role, a web identity,
 * SSO or a program.
 *
 * What:    follows source_profile to keys that are there, or to a credential_source, a web
 *          identity's token, SSO or a credential_process; then assumes the roles on the way back,
 *          one after the other.
 * Owner:   embedded in s3_credentials; s3_role_cancel ends what is under way.
 * Threads: the transport's (blocking reads of small files).
 * Fails:   on_end's `reason` names the profile and says in words why there are no keys.
 * Sources: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
 */
#ifndef S3_AUTH_ROLE_H
#define S3_AUTH_ROLE_H

#include "s3/auth/container.h"
#include "s3/auth/imds.h"
#include "s3/auth/credential_process.h"
#include "s3/auth/sso.h"
#include "s3/auth/static_credentials.h"
#include "s3/auth/sts.h"

#define S3_ROLE_CHAIN_MAX 8 /* profiles */

typedef struct s3_role {
    s3_role_keys_end on_end;
    void *ctx;
    s3_getenv getenv_fn;
    const s3_endpoint *at; /* lent */
    s3_profile chain[S3_ROLE_CHAIN_MAX];
    size_t profile_count;
    size_t roles_left; /* chain[roles_left - 1] is assumed next, chain[0] last */
    s3_role_keys keys; /* at hand: to sign the next AssumeRole with */
    s3_sts sts;
    s3_container container;
    s3_imds imds;
    s3_sso sso;
    s3_process process;
    const char *base; /* where the first keys come from, for people; static */
    bool assumed;     /* and a role was assumed with them */
} s3_role;

void s3_role_init(s3_role *r, transport *t, s3_role_keys_end on_end, void *ctx);
/* Does the profile speak of a role? */
bool s3_role_is_assumed(const s3_profile *p);
/* Does the profile lead to keys in one of these ways? */
bool s3_role_is_set(const s3_profile *p);
void s3_role_start(s3_role *r, s3_getenv getenv_fn, const s3_endpoint *at, const char *profile);
void s3_role_cancel(s3_role *r); /* without on_end; releases what it holds */

#endif
