/* Keys of the role that a profile names (role_arn): from where, and through which other roles.
 *
 * What:    follows source_profile to keys that are there, or credential_source, or a web
 *          identity's token; then assumes the roles on the way back, one after the other.
 * Owner:   embedded in s3_credentials; s3_role_cancel ends what is under way.
 * Threads: the transport's (blocking reads of small files).
 * Fails:   on_end's `reason` names the profile and says in words why there are no keys.
 * Sources: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
 */
#ifndef S3_ROLE_H
#define S3_ROLE_H

#include "s3/container.h"
#include "s3/imds.h"
#include "s3/sts.h"

#define S3_ROLE_CHAIN_MAX 8 /* profiles */

typedef struct s3_role {
    s3_role_keys_end on_end;
    void *ctx;
    s3_getenv getenv_fn;
    const char *region; /* lent; NULL: us-east-1 */
    s3_profile chain[S3_ROLE_CHAIN_MAX];
    size_t profile_count;
    size_t roles_left; /* chain[roles_left - 1] is assumed next, chain[0] last */
    s3_role_keys keys; /* at hand: to sign the next AssumeRole with */
    s3_sts sts;
    s3_container container;
    s3_imds imds;
} s3_role;

void s3_role_init(s3_role *r, transport *t, s3_role_keys_end on_end, void *ctx);
void s3_role_start(s3_role *r, s3_getenv getenv_fn, const char *region, const char *profile);
void s3_role_cancel(s3_role *r); /* without on_end; releases what it holds */

#endif
