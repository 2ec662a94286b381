/* A small request to a credential service.
 *
 * What:    sends it, buffers the reply, and makes up to three attempts, with jitter, for an
 *          incomplete reply, 429, 5xx, and refusals that `may_pass` declares temporary.
 * Owner:   embedded in a provider. The request's strings belong to the provider until the end.
 * Threads: the transport's.
 * Fails:   on_end's `error` if there was no complete reply; a reply with any status is not an error.
 * Sources: AWS SDKs and Tools Reference Guide, "Retry behavior".
 */
#ifndef S3_AUTH_CREDENTIAL_REQUEST_H
#define S3_AUTH_CREDENTIAL_REQUEST_H

#include "decon/base/transport.h"
#include "s3/auth/temporary_credentials.h"

typedef struct s3_answer { /* borrowed */
    int status;
    slice body;
    int64_t date_s;         /* the service's clock; 0: unknown */
    const char *error;      /* or NULL: status and body are valid */
    s3_key_trouble trouble; /* unless it succeeded */
} s3_answer;

typedef struct s3_ask {
    transport *t;
    void (*on_end)(void *ctx, const s3_answer *answer);
    bool (*may_pass)(const s3_answer *answer); /* whether a refusal is temporary; or NULL */
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
/* Uses method, URL, headers, body and no_proxy of `request`; sets limits and callbacks itself. */
void s3_ask_start(s3_ask *a, const http_request *request);
void s3_ask_cancel(s3_ask *a); /* without on_end; releases its memory */

#endif
