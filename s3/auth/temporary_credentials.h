/* Temporary credentials, issued by a service or a program.
 *
 * What:    three strings and their expiration; parsed from the JSON of services and programs.
 * Owner:   s3_role_keys_deinit frees the strings.
 * Threads: any.
 * Fails:   s3_role_keys_take returns the fault of the answer, malloc'ed.
 * Sources: Amazon EC2 User Guide, "Retrieve security credentials from instance metadata"; AWS SDKs
 *          and Tools Reference Guide, "Container credential provider", "Process credential provider".
 */
#ifndef S3_AUTH_TEMPORARY_CREDENTIALS_H
#define S3_AUTH_TEMPORARY_CREDENTIALS_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct s3_role_keys {
    char *access_key_id, *secret_access_key;
    char *session_token; /* or NULL */
    int64_t expires_s;   /* 0: never */
} s3_role_keys;

void s3_role_keys_deinit(s3_role_keys *keys);
DEFINE_AUTO(s3_role_keys, s3_role_keys_deinit)

/* Why a source gave no credentials. */
typedef enum s3_key_trouble {
    S3_KEYS_REFUSED,     /* permanent: waiting does not help */
    S3_KEYS_BUSY,        /* it replied: 429, 5xx, throttled */
    S3_KEYS_UNREACHABLE, /* no reply */
    S3_KEYS_FAILED       /* a program failed, or the user must sign in: retried only if it had
                            given credentials before */
} s3_key_trouble;

/* How a provider ends: with keys, or with a reason and its kind; all borrowed. */
typedef void (*s3_role_keys_end)(void *ctx, const s3_role_keys *keys, const char *reason,
                                 s3_key_trouble trouble);

typedef struct s3_role_key_names { /* members of the JSON object */
    const char *id, *secret, *token;
    const char *expiration; /* a date; NULL: it is parsed elsewhere */
} s3_role_key_names;

struct json_t;
/* Parses the JSON object of an "answer" or "output"; NULL with *fault set (malloc'ed) if it is not
 * an object, or a member occurs twice. */
struct json_t *s3_role_keys_parse(slice text, const char *what, char **fault) MUST_USE;
/* The keys of the object; NULL: they are complete. */
char *s3_role_keys_take(const struct json_t *object, const s3_role_key_names *names,
                        s3_role_keys *out) MUST_USE;
/* The same for a text in the format of IMDS and the container agents. */
char *s3_role_keys_read_json(slice json, s3_role_keys *out) MUST_USE;
/* Why the strings cannot be keys: missing, or not allowed in a header; NULL if they can. */
char *s3_role_keys_fault(const s3_role_keys *keys, const s3_role_key_names *names) MUST_USE;

#endif
