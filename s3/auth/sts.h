/* Credentials of a role from STS: AssumeRole (signed) and AssumeRoleWithWebIdentity (by a token);
 * also GetCallerIdentity.
 *
 * What:    one POST to STS in the client's region, or to the endpoint of the environment.
 * Owner:   embedded in a provider; s3_sts_cancel ends a pending request. The call is read at once.
 * Threads: the transport's (blocking read of one small file).
 * Fails:   on_end's `reason` has the cause and STS's error code.
 * Sources: AWS Security Token Service API Reference (2011-06-15); AWS SDKs and Tools Reference
 *          Guide, "Assume role credential provider", "Service-specific endpoints".
 */
#ifndef S3_AUTH_STS_H
#define S3_AUTH_STS_H

#include "s3/auth/credential_request.h"
#include "s3/config/endpoint.h"
#include "s3/config/profile.h"
#include "s3/auth/temporary_credentials.h"
#include "decon/s3/sign.h"

typedef struct s3_sts_call {
    const s3_endpoint *at;    /* region, kind of endpoint; must live until the end */
    const char *role_arn;     /* NULL: GetCallerIdentity, which calls on_identity */
    const char *session_name; /* NULL: a generated name */
    const char *external_id;  /* or NULL */
    const char *duration_s;   /* as configured; NULL: STS's default, one hour */
    const char *token_path;   /* file of the web identity's token, read at once; NULL: AssumeRole */
    const s3_keys *keys;      /* sign all requests except those with a web identity */
} s3_sts_call;

typedef struct s3_sts_identity { /* borrowed */
    const char *account, *arn, *user_id;
} s3_sts_identity;

typedef struct s3_sts {
    s3_role_keys_end on_end;
    void (*on_identity)(void *ctx, const s3_sts_identity *identity, const char *reason);
    void *ctx;
    s3_ask ask;
    char *url, *host, *role_arn;
    char *security_token; /* or NULL */
    buf body, authorization;
    char date[S3_DATE_SIZE];
    const char *action; /* static */
    http_header headers[5];
    size_t header_count;
    char *access_key_id, *secret_access_key, *region; /* for the signature; NULL: unsigned */
    int64_t clock_offset_s;                           /* STS's clock minus ours */
    bool clock_set;
} s3_sts;

void s3_sts_init(s3_sts *s, transport *t, s3_role_keys_end on_end, void *ctx);
void s3_sts_start(s3_sts *s, const s3_sts_call *call);
void s3_sts_cancel(s3_sts *s); /* without on_end; releases its memory */

#endif
