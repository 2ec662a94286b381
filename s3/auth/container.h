/* Credentials of a container's role: ECS, EKS Pod Identity, custom agents.
 *
 * What:    one GET to the agent that the environment names; the authorization token is read from
 *          its file for each request.
 * Owner:   embedded in s3_credentials; s3_container_cancel ends a pending request.
 * Threads: the transport's (blocking read of one small file).
 * Fails:   on_end's `reason` is the cause. Plain http is allowed to loopback and the agents of AWS
 *          only, since the token would be readable by others.
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
/* Whether the environment names an agent. */
bool s3_container_is_set(s3_getenv getenv_fn);
/* The error if the environment has a part of the agent's settings only; static, or NULL. */
const char *s3_container_half(s3_getenv getenv_fn);
void s3_container_start(s3_container *k, s3_getenv getenv_fn);
void s3_container_cancel(s3_container *k); /* without on_end; releases its memory */

/* Whether the token may be sent to `url`: https, or http to loopback and the agents of AWS. */
bool s3_container_url_allowed(const char *url);

#endif
