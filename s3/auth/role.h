/* Credentials of a profile without static keys: by a role, a web identity, SSO or a program.
 *
 * What:    follows source_profile to static keys, a credential_source, a web identity token, SSO or
 *          a credential_process; then assumes the roles of the chain in reverse order.
 * Owner:   embedded in s3_credentials; s3_role_cancel ends a pending request.
 * Threads: the transport's (blocking reads of small files).
 * Fails:   on_end's `reason` names the profile and the cause.
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
    const s3_endpoint *at; /* borrowed */
    s3_profile chain[S3_ROLE_CHAIN_MAX];
    size_t profile_count;
    size_t roles_left; /* chain[roles_left - 1] is assumed next, chain[0] last */
    s3_role_keys keys; /* current: signs the next AssumeRole */
    s3_sts sts;
    s3_container container;
    s3_imds imds;
    s3_sso sso;
    s3_process process;
    const char *base; /* source of the first credentials, for messages; static */
    bool assumed;     /* a role was assumed with them */
} s3_role;

void s3_role_init(s3_role *r, transport *t, s3_role_keys_end on_end, void *ctx);
/* Whether the profile has settings of a role. */
bool s3_role_is_assumed(const s3_profile *p);
/* Whether the profile uses one of these methods. */
bool s3_role_is_set(const s3_profile *p);
void s3_role_start(s3_role *r, s3_getenv getenv_fn, const s3_endpoint *at, const char *profile);
void s3_role_cancel(s3_role *r); /* without on_end; releases its memory */

#endif
