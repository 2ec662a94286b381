/* Static keys, from the environment or a profile.
 *
 * What:    finds them and refuses incomplete pairs, empty values, and values that cannot be keys:
 *          with another source instead, requests would run under another identity.
 * Owner:   keys are borrowed from the environment or the profile; faults are malloc'ed.
 * Threads: any.
 * Fails:   the functions return the fault and the advice, with the variable, or path and line;
 *          NULL: no fault.
 * Sources: AWS SDKs and Tools Reference Guide, "AWS access keys".
 */
#ifndef S3_AUTH_STATIC_CREDENTIALS_H
#define S3_AUTH_STATIC_CREDENTIALS_H

#include "base/util.h"
#include "s3/config/profile.h"

typedef struct s3_static_keys {
    const char *id, *secret; /* both NULL: no keys */
    const char *token;       /* or NULL */
} s3_static_keys;

char *s3_environment_keys(s3_getenv getenv_fn, s3_static_keys *out) MUST_USE;
/* All three come from one file: the credentials file, else the config file. */
char *s3_profile_keys(const s3_profile *p, s3_static_keys *out) MUST_USE;

typedef enum s3_key_kind { S3_KEY_ID, S3_KEY_SECRET, S3_KEY_TOKEN } s3_key_kind;
/* Why the value cannot be such a key; NULL if it can. Static. */
const char *s3_key_fault(s3_key_kind kind, const char *value);

#endif
