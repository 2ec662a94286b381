/* Credentials of a role of AWS IAM Identity Center (SSO), by the cached token of `aws sso login`.
 *
 * What:    reads the cached token; renews it if it expires soon and writes it back, as all clients
 *          of the cache do; calls GetRoleCredentials.
 * Owner:   embedded in s3_role; s3_sso_cancel ends a pending request.
 * Threads: the transport's (blocking reads of small files).
 * Fails:   on_end's `reason` has the cause and the command to run.
 * Sources: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider"; IAM
 *          Identity Center Portal API and OIDC API References.
 */
#ifndef S3_AUTH_SSO_H
#define S3_AUTH_SSO_H

#include "s3/auth/credential_request.h"
#include "s3/config/endpoint.h"
#include "s3/auth/temporary_credentials.h"
#include "s3/auth/sso_token.h"

typedef struct s3_sso {
    s3_role_keys_end on_end;
    void *ctx;
    s3_getenv getenv_fn;
    const s3_endpoint *at;
    s3_ask ask;
    char *profile, *region, *account_id, *role_name;
    s3_sso_token token;
    bool renewing; /* the token is being renewed */
    char *url, *body;
    http_header header;
} s3_sso;

void s3_sso_init(s3_sso *s, transport *t, s3_role_keys_end on_end, void *ctx);
/* Whether the profile has settings of SSO. */
bool s3_sso_is_set(const s3_profile *p);
void s3_sso_start(s3_sso *s, s3_getenv getenv_fn, const s3_endpoint *at, const s3_profile *p);
void s3_sso_cancel(s3_sso *s); /* without on_end; releases its memory */

#endif
