/* Keys of the instance's role, from EC2's metadata service by IMDSv2.
 *
 * What:    token, role name, role's keys: three small requests, each tried twice. Without a token
 *          (IMDSv1) only where the service does not know of tokens (404, 405): never behind a
 *          refusal, a throttle or silence, nor once it has given one.
 * Owner:   embedded in s3_credentials; s3_imds_cancel ends what is under way.
 * Threads: the transport's.
 * Fails:   on_end's `reason` says in words why there are no keys.
 * Sources: Amazon EC2 User Guide, "Use the Instance Metadata Service".
 */
#ifndef S3_AUTH_IMDS_H
#define S3_AUTH_IMDS_H

#include "decon/base/transport.h"
#include "s3/config/profile.h"
#include "s3/auth/temporary_credentials.h"

typedef enum s3_imds_step { S3_IMDS_TOKEN, S3_IMDS_ROLE, S3_IMDS_KEYS } s3_imds_step;

typedef struct s3_imds {
    transport *t;
    s3_role_keys_end on_end;
    void *ctx;
    char *base; /* http://169.254.169.254 */
    char *token, *role, *url;
    s3_imds_step step;
    s3_getenv getenv_fn;
    const s3_profile *profile; /* in use; borrowed */
    bool set_up;               /* its address was configured */
    unsigned tries_max;        /* of a step */
    int connect_timeout_ms, total_timeout_ms;
    unsigned tries;  /* of this step */
    bool had_token;  /* ever */
    bool v1_allowed; /* by the environment */
    http_call *call;
    http_request request;
    http_header header;
    int status;
    buf body;
} s3_imds;

void s3_imds_init(s3_imds *m, transport *t, s3_role_keys_end on_end, void *ctx);
/* Ends in on_end, mostly later (at once where the environment forbids it). Settings come from the
 * environment and the profile in use. */
void s3_imds_start(s3_imds *m, s3_getenv getenv_fn, const s3_profile *profile);
void s3_imds_cancel(s3_imds *m); /* without on_end; releases what it holds */

#endif
