/* One small request to a service that hands out keys.
 *
 * What:    sends it, gathers the reply, tries again (three times in all, with jitter) what may pass:
 *          no whole reply, 429, 5xx, and what the caller knows to pass.
 * Owner:   embedded in a provider. The request's strings are the provider's and live until the end.
 * Threads: the transport's.
 * Fails:   on_end's `error` says why no whole reply came; a reply of any status is none.
 * Sources: AWS SDKs and Tools Reference Guide, "Retry behavior".
 */
#ifndef S3_AUTH_CREDENTIAL_REQUEST_H
#define S3_AUTH_CREDENTIAL_REQUEST_H

#include "decon/base/transport.h"
#include "s3/auth/temporary_credentials.h"

typedef struct s3_answer { /* lent */
    int status;
    slice body;
    int64_t date_s;         /* the service's clock; 0: it does not tell */
    const char *error;      /* or NULL: status and body hold */
    s3_key_trouble trouble; /* where it is no success */
} s3_answer;

typedef struct s3_ask {
    transport *t;
    void (*on_end)(void *ctx, const s3_answer *answer);
    bool (*may_pass)(const s3_answer *answer); /* a refusal that is no refusal for good; or NULL */
    void *ctx;
    http_request request;
    http_call *call;
    timer *pause;
    unsigned tries;
    int64_t date_s;
    buf body;
} s3_ask;

void s3_ask_init(s3_ask *a, transport *t, void (*on_end)(void *ctx, const s3_answer *answer),
                 void *ctx);
/* Method, URL, headers, body and no_proxy count; limits and callbacks are set here. */
void s3_ask_start(s3_ask *a, const http_request *request);
void s3_ask_cancel(s3_ask *a); /* without on_end; releases what it holds */

#endif
