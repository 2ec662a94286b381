/* Authenticates requests: SigV4 in a header, or in the query (presigned URLs).
 *
 * What:    a pure function of the raw request line (path and query), its headers, the keys and the
 *          time. The payload's hash is taken from x-amz-content-sha256; it is compared with the
 *          body when that is complete (auth_payload_hash).
 * Owner:   everything is borrowed.
 * Threads: any.
 * Fails:   by s3_refuse: AccessDenied (no signature, unsigned x-amz- headers, an expired URL),
 *          InvalidAccessKeyId, RequestTimeTooSkewed (over 15 minutes), SignatureDoesNotMatch,
 *          AuthorizationHeaderMalformed (another region too),
 *          AuthorizationQueryParametersError, NotImplemented (chunks signed by SigV4A).
 * Source:  Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
 */
#ifndef S3_SERVE_PROTOCOL_AUTH_H
#define S3_SERVE_PROTOCOL_AUTH_H

#include "decon/base/transport.h"
#include "base/util.h"
#include "s3/serve/protocol/chunks.h"
#include "s3/serve/protocol/target.h"

#define AUTH_SKEW_MAX_S (15 * 60)

typedef enum auth_anonymous {
    AUTH_ANONYMOUS_NONE,
    AUTH_ANONYMOUS_READ,
    AUTH_ANONYMOUS_ALL
} auth_anonymous;

typedef struct auth_keys {
    const char *access_key_id, *secret_access_key;
    const char *region;       /* the only accepted region; NULL: any */
    auth_anonymous anonymous; /* which requests need no signature: GET and HEAD, or all */
} auth_keys;

typedef struct auth_request {
    const char *method;
    slice path, query;    /* raw; the query without its `?` */
    const target *target; /* the same, parsed */
    const http_header *headers;
    size_t header_count;
    int64_t now_s;
} auth_request;

bool auth_check(const auth_request *request, const auth_keys *keys, err *e) MUST_USE;

/* The lower-case hex SHA-256 that the body must have; NULL for UNSIGNED-PAYLOAD. */
const char *auth_payload_hash(const auth_request *request);

/* The signer of the body's chunks, starting from the signature of an authenticated request. */
bool auth_chunk_signer(const auth_request *request, const auth_keys *keys, chunk_signer *out,
                       err *e) MUST_USE;

const char *auth_header(const auth_request *request, const char *name); /* or NULL */

#endif
