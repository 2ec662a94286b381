/* The token of `aws sso login`, a JSON file in ~/.aws/sso/cache.
 *
 * What:    finds, reads and writes the file, named by a digest of the session's name (or the start
 *          URL of profiles without one).
 * Owner:   s3_sso_token_deinit frees everything.
 * Threads: any (blocking reads and writes of a small file).
 * Fails:   the functions return false and do not change the file.
 * Sources: AWS SDKs and Tools Reference Guide, "SSO token provider configuration".
 */
#ifndef S3_AUTH_SSO_TOKEN_H
#define S3_AUTH_SSO_TOKEN_H

#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/config/profile.h"

typedef struct s3_sso_token {
    char *path;
    struct json_t *json; /* the members of the file; unknown ones are kept */
    const char *access_token;
    int64_t expires_s;
} s3_sso_token;

/* `name`: of the session, or the start URL. False if there is no such file or it has no token. */
bool s3_sso_token_load(s3_sso_token *token, s3_getenv getenv_fn, const char *name) MUST_USE;
void s3_sso_token_deinit(s3_sso_token *token);

/* The body of the renewal request; NULL if the token cannot be renewed. */
char *s3_sso_token_renewal(const s3_sso_token *token, int64_t now_s) MUST_USE;
/* Reads the reply to it and writes the file (mode 0600). False if the reply has no token. */
bool s3_sso_token_take(s3_sso_token *token, slice reply, int64_t now_s) MUST_USE;

#endif
