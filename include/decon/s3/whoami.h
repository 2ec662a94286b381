/* Whose keys requests are signed with: the outcome of the chain of credentials, without secrets.
 *
 * What:    asks the chain as a request would; on demand asks STS for account and ARN
 *          (GetCallerIdentity, which needs no permission). Part of the library's public face.
 * Owner:   the identity is lent to on_done.
 * Threads: the transport's.
 * Fails:   on_done's error, as that of a request whose keys are not to be had.
 */
#ifndef DECON_S3_WHOAMI_H
#define DECON_S3_WHOAMI_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_identity {
    bool anonymous;            /* requests are not signed; the keys' members are NULL then */
    const char *provider;      /* "shared files" */
    const char *detail;        /* "profile 'x', by SSO"; or NULL */
    const char *access_key_id; /* is no secret */
    bool has_session_token;
    int64_t expires_s;       /* 0: never */
    const char *passed_over; /* why the providers before it had nothing; "" */
    const char *region, *region_from, *endpoint;
    const char *account, *arn, *user_id; /* NULL where STS was not asked */
} s3_identity;

typedef void (*s3_whoami_done)(void *ctx, const s3_identity *identity, const decon_err *error);

s3_op *s3_whoami(s3_client *c, bool ask_sts, s3_whoami_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
