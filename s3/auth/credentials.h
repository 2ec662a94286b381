/* The credentials that sign requests: their source and their renewal.
 *
 * What:    asks the providers in order (environment, web identity, shared files, container,
 *          instance role) and keeps the first result; renews it 5 minutes before it expires, in the
 *          background. A configured provider that fails ends the search: credentials of a later one
 *          would belong to another identity. While no usable credentials exist, a provider that may
 *          recover is asked again with full jitter: for outage_wait if it replied or gave
 *          credentials before, else for start_wait.
 * Owner:   embedded in the client. Keys are borrowed until the next call.
 * Threads: the transport's.
 * Fails:   ERR_S3_CREDENTIALS with each provider's reason. Credentials that cannot be renewed
 *          remain in use: the store decides whether they are valid.
 * Sources: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
 */
#ifndef S3_AUTH_CREDENTIALS_H
#define S3_AUTH_CREDENTIALS_H

#include "s3/auth/role.h"

typedef struct s3_credentials {
    /* immutable */
    transport *t;
    s3_getenv getenv_fn;
    const s3_endpoint *at; /* for STS and SSO; borrowed */
    char *profile;         /* selected by name, or NULL */
    uint64_t start_wait_ms, outage_wait_ms;
    void (*on_change)(void *ctx);
    void *ctx;

    /* current credentials */
    bool have;
    char *access_key_id, *secret_access_key, *session_token;
    int64_t expires_s;     /* 0: never */
    int64_t refresh_at_s;  /* 0: never */
    unsigned generation;   /* counts loads that found credentials */
    const char *came_from; /* the provider's name */
    char *passed_over;     /* why earlier providers gave none; or NULL */
    char *detail;          /* profile and method; or NULL */

    /* loading */
    bool loading, rejected, failed;
    bool ended_early;       /* by a configured provider that failed */
    s3_key_trouble trouble; /* of that provider */
    bool waiting;           /* for that provider */
    bool gave_up;           /* waiting timed out; reset when credentials are found */
    uint64_t waiting_since_ms;
    unsigned waits;
    timer *next_try;
    s3_profile in_use; /* as last read */
    size_t provider;   /* row of the table */
    buf reasons;       /* why earlier providers gave none */
    s3_sts web_identity;
    s3_role role; /* of a profile */
    s3_container container;
    s3_imds imds;
} s3_credentials;

typedef enum s3_credentials_state {
    S3_CREDENTIALS_READY,
    S3_CREDENTIALS_PENDING, /* on_change is called at the end */
    S3_CREDENTIALS_FAILED   /* retried at the next call */
} s3_credentials_state;

/* `profile` is the configured one, not AWS_PROFILE: it disables keys in the environment. on_change
 * may be called from inside the other functions. */
void s3_credentials_init(s3_credentials *c, transport *t, const s3_endpoint *at,
                         s3_getenv getenv_fn, const char *profile, void (*on_change)(void *ctx),
                         void *ctx);
void s3_credentials_deinit(s3_credentials *c);

s3_credentials_state s3_credentials_get(s3_credentials *c, s3_keys *keys, err *e);

/* The store refuses the credentials of this generation: renews them, unless that has been done. */
void s3_credentials_reject(s3_credentials *c, unsigned generation);

#endif
