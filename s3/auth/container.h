/* Keys of a container's role: ECS, EKS Pod Identity, and agents of one's own.
 *
 * What:    one GET to the agent that the environment names; the authorization token is read from
 *          its file anew each time.
 * Owner:   embedded in s3_credentials; s3_container_cancel ends what is under way.
 * Threads: the transport's (blocking read of one small file).
 * Fails:   on_end's `reason` says in words why there are no keys. Plain http goes to loopback and to
 *          AWS's own agents only, so that nobody else is given the token.
 * Sources: AWS SDKs and Tools Reference Guide, "Container credential provider".
 */
#ifndef S3_AUTH_CONTAINER_H
#define S3_AUTH_CONTAINER_H

#include "s3/auth/credential_request.h"
#include "s3/config/profile.h"
#include "s3/auth/temporary_credentials.h"

typedef struct s3_container {
    s3_role_keys_end on_end;
    void *ctx;
    s3_ask ask;
    char *url, *token;
    http_header headers[2];
} s3_container;

void s3_container_init(s3_container *k, transport *t, s3_role_keys_end on_end, void *ctx);
/* Does the environment name an agent? */
bool s3_container_is_set(s3_getenv getenv_fn);
/* What is wrong with an environment that names no agent, but speaks of one; static, or NULL. */
const char *s3_container_half(s3_getenv getenv_fn);
void s3_container_start(s3_container *k, s3_getenv getenv_fn);
void s3_container_cancel(s3_container *k); /* without on_end; releases what it holds */

/* May the token go there: https, or http to loopback and AWS's own agents. */
bool s3_container_url_allowed(const char *url);

#endif
