/* The keys that requests are signed with: where they come from, and when they are renewed.
 *
 * What:    asks an ordered table of providers (environment, web identity, shared files, container,
 *          instance role); keeps what the first one found; renews it 5 minutes before it expires, in
 *          the background. A provider that was set up and does not work ends the search: keys of a
 *          later one would belong to another identity. One that may recover is asked again with
 *          full jitter while no usable keys are at hand: for outage_wait where a reply proves that
 *          it is there or it had given keys before, else for start_wait.
 * Owner:   embedded in the client. Keys are lent until the next call.
 * Threads: the transport's.
 * Fails:   ERR_S3_CREDENTIALS with each provider's reason. Keys that cannot be renewed are used on:
 *          the store decides whether they still serve.
 * Sources: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
 */
#ifndef S3_AUTH_CREDENTIALS_H
#define S3_AUTH_CREDENTIALS_H

#include "s3/auth/role.h"

typedef struct s3_credentials {
    /* immutable */
    transport *t;
    s3_getenv getenv_fn;
    const s3_endpoint *at; /* where STS and SSO are asked; lent */
    char *profile;         /* asked for by name, or NULL */
    uint64_t start_wait_ms, outage_wait_ms;
    void (*on_change)(void *ctx);
    void *ctx;

    /* keys at hand */
    bool have;
    char *access_key_id, *secret_access_key, *session_token;
    int64_t expires_s;     /* 0: never */
    int64_t refresh_at_s;  /* 0: never */
    unsigned generation;   /* counts loads that found something */
    const char *came_from; /* the provider's name */
    char *passed_over;     /* why the providers before it had nothing; or NULL */
    char *detail;          /* which profile, by what; or NULL */

    /* loading */
    bool loading, rejected, failed;
    bool ended_early;       /* by a provider that was set up and gave no keys */
    s3_key_trouble trouble; /* of that provider */
    bool waiting;           /* for it */
    bool gave_up;           /* waiting, until keys are found */
    uint64_t waiting_since_ms;
    unsigned waits;
    timer *next_try;
    s3_profile in_use; /* as last read */
    size_t provider;   /* row of the table */
    buf reasons;       /* why the providers before had nothing */
    s3_sts web_identity;
    s3_role role; /* of a profile */
    s3_container container;
    s3_imds imds;
} s3_credentials;

typedef enum s3_credentials_state {
    S3_CREDENTIALS_READY,
    S3_CREDENTIALS_PENDING, /* on_change is called when that is over */
    S3_CREDENTIALS_FAILED   /* asked anew at the next call */
} s3_credentials_state;

/* `profile` is the one of the configuration, not AWS_PROFILE: keys of the environment do not count
 * then. on_change may be called from inside the other functions. */
void s3_credentials_init(s3_credentials *c, transport *t, const s3_endpoint *at,
                         s3_getenv getenv_fn, const char *profile, void (*on_change)(void *ctx),
                         void *ctx);
void s3_credentials_deinit(s3_credentials *c);

s3_credentials_state s3_credentials_get(s3_credentials *c, s3_keys *keys, err *e);

/* The store refuses the keys of this generation: load anew, unless that was done meanwhile. */
void s3_credentials_reject(s3_credentials *c, unsigned generation);

#endif
