/* Keys of the instance's role, from EC2's metadata service by IMDSv2.
 *
 * What:    token, role name, role's keys: three small requests, each tried twice.
 * Owner:   embedded in s3_credentials; s3_imds_cancel ends what is under way.
 * Threads: the transport's.
 * Fails:   on_end's `reason` says in words why there are no keys.
 * Sources: Amazon EC2 User Guide, "Use the Instance Metadata Service".
 */
#ifndef S3_IMDS_H
#define S3_IMDS_H

#include "base/transport.h"
#include "s3/profile.h"

typedef struct s3_imds_keys { /* lent */
    const char *access_key_id, *secret_access_key, *session_token;
    int64_t expires_s; /* 0: never */
} s3_imds_keys;

typedef enum s3_imds_step { S3_IMDS_TOKEN, S3_IMDS_ROLE, S3_IMDS_KEYS } s3_imds_step;

typedef struct s3_imds {
    transport *t;
    void (*on_end)(void *ctx, const s3_imds_keys *keys, const char *reason); /* one is NULL */
    void *ctx;
    char *base; /* http://169.254.169.254 */
    char *token, *role, *url;
    s3_imds_step step;
    unsigned tries; /* of this step */
    http_call *call;
    http_request request;
    http_header header;
    int status;
    buf body;
} s3_imds;

void s3_imds_init(s3_imds *m, transport *t,
                  void (*on_end)(void *ctx, const s3_imds_keys *keys, const char *reason),
                  void *ctx);
/* Ends in on_end, mostly later (at once where the environment forbids it). */
void s3_imds_start(s3_imds *m, s3_getenv getenv_fn);
void s3_imds_cancel(s3_imds *m); /* without on_end; releases what it holds */

#endif
