/* The keys of a role: short-lived, handed out by a service of AWS.
 *
 * What:    three strings and their end; read from the JSON that IMDS and container agents answer.
 * Owner:   s3_role_keys_deinit frees the strings.
 * Threads: any.
 * Fails:   *reason says in words what is wrong with the answer; it is static.
 * Sources: Amazon EC2 User Guide, "Retrieve security credentials from instance metadata"; AWS SDKs
 *          and Tools Reference Guide, "Container credential provider".
 */
#ifndef S3_AUTH_TEMPORARY_CREDENTIALS_H
#define S3_AUTH_TEMPORARY_CREDENTIALS_H

#include "decon/base/buf.h"

typedef struct s3_role_keys {
    char *access_key_id, *secret_access_key;
    char *session_token; /* or NULL */
    int64_t expires_s;   /* 0: never */
} s3_role_keys;

void s3_role_keys_deinit(s3_role_keys *keys);
DEFINE_AUTO(s3_role_keys, s3_role_keys_deinit)

/* How a provider ends: exactly one of the two is given; both are lent. */
typedef void (*s3_role_keys_end)(void *ctx, const s3_role_keys *keys, const char *reason);

/* A copy of a JSON object's member, or NULL where it is absent, no string, or empty. */
struct json_t;
char *s3_role_keys_text(const struct json_t *object, const char *name) MUST_USE;

bool s3_role_keys_read_json(slice json, s3_role_keys *out, const char **reason) MUST_USE;

#endif
