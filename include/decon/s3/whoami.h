/* The identity that signs requests: result of the credential chain, without secrets.
 *
 * What:    runs the credential chain as a request would; with ask_sts also calls STS
 *          GetCallerIdentity (needs no permission) for account and ARN.
 * Owner:   the identity is borrowed by on_done.
 * Threads: the transport's.
 * Fails:   by on_done's error, as for a request without credentials.
 */
#ifndef DECON_S3_WHOAMI_H
#define DECON_S3_WHOAMI_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_identity {
    bool anonymous;            /* requests are not signed; access_key_id is NULL */
    const char *provider;      /* "shared files" */
    const char *detail;        /* "profile 'x', by SSO"; or NULL */
    const char *access_key_id; /* not a secret */
    bool has_session_token;
    int64_t expires_s;       /* 0: never */
    const char *passed_over; /* why earlier providers gave no credentials; "" */
    const char *region, *region_from, *endpoint;
    const char *account, *arn, *user_id; /* NULL if STS was not called */
} s3_identity;

typedef void (*s3_whoami_done)(void *ctx, const s3_identity *identity, const decon_err *error);

s3_op *s3_whoami(s3_client *c, bool ask_sts, s3_whoami_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
