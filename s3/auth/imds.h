/* Credentials of the instance's role, or another text, from the EC2 metadata service by IMDSv2.
 *
 * What:    three small requests (token, role name, credentials), or two (token, `document`), each with
 *          two attempts. IMDSv1,
 *          without a token, is used only if the service does not support tokens (404, 405): never
 *          after a refusal, throttling or a timeout, nor after it has issued a token.
 * Owner:   embedded in s3_credentials; s3_imds_cancel ends a pending request.
 * Threads: the transport's.
 * Fails:   on_end's `reason` is the cause.
 * Sources: Amazon EC2 User Guide, "Use the Instance Metadata Service".
 */
#ifndef S3_AUTH_IMDS_H
#define S3_AUTH_IMDS_H

#include "decon/base/transport.h"
#include "s3/config/profile.h"
#include "s3/auth/temporary_credentials.h"

typedef enum s3_imds_step {
    S3_IMDS_TOKEN,
    S3_IMDS_ROLE,
    S3_IMDS_KEYS,
    S3_IMDS_DOCUMENT
} s3_imds_step;

typedef struct s3_imds {
    transport *t;
    s3_role_keys_end on_end;
    void *ctx;
    /* A path to read instead of credentials; NULL: credentials. `on_document` gets its text,
     * which is empty if the service does not know the path; on_end gets failures. */
    const char *document;
    void (*on_document)(void *ctx, slice text);
    char *base; /* http://169.254.169.254 */
    char *token, *role, *url;
    s3_imds_step step;
    s3_getenv getenv_fn;
    const s3_profile *profile; /* in use; borrowed */
    bool set_up;               /* its address is configured */
    unsigned tries_max;        /* per step */
    int connect_timeout_ms, total_timeout_ms;
    unsigned tries;  /* of this step */
    bool had_token;  /* at any time */
    bool v1_allowed; /* by the environment */
    http_call *call;
    http_request request;
    http_header header;
    int status;
    buf body;
} s3_imds;

void s3_imds_init(s3_imds *m, transport *t, s3_role_keys_end on_end, void *ctx);
/* Ends in on_end, usually later (at once if the environment disables IMDS). Settings come from the
 * environment and the current profile. */
void s3_imds_start(s3_imds *m, s3_getenv getenv_fn, const s3_profile *profile);
void s3_imds_cancel(s3_imds *m); /* without on_end; releases its memory */

#endif
