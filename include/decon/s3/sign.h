/* AWS Signature Version 4 in the Authorization header: pure functions of request, keys and time.
 *
 * What:    canonical request, string to sign, signature and Authorization header, for the client,
 *          which signs, and for a server, which verifies.
 * Owner:   everything is borrowed; results go into the caller's buffers.
 * Threads: any.
 * Fails:   DECON_ERR_PARSE for an invalid %XX in path or query, DECON_ERR_LIMIT for a request above the
 *          limits of size.
 * Sources: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
 *
 * A server verifies a request as follows: s3_authorization_parse on the header; look up the secret of
 * access_key_id; collect the headers in signed_headers; fill an s3_sign_request with them,
 * x-amz-date, x-amz-content-sha256, raw path and raw query; s3_sign_signature; s3_signature_equal.
 */
#ifndef DECON_S3_SIGN_H
#define DECON_S3_SIGN_H

#include "decon/base/digest.h"
#include "decon/base/err.h"
#include "decon/base/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

#define S3_DATE_SIZE      17 /* "20130524T000000Z" and NUL */
#define S3_HASH_SIZE      (2 * DECON_SHA256_BYTES + 1)
#define S3_UNSIGNED       "UNSIGNED-PAYLOAD"
#define S3_EMPTY_SHA256   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_SIGN_ALGORITHM "AWS4-HMAC-SHA256"

typedef struct s3_keys {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* or NULL */
} s3_keys;

typedef struct s3_sign_request {
    const char *method;
    decon_slice path;  /* as in the request line, percent-encoded; no query */
    decon_slice query; /* as in the request line, after the '?'; or empty */
    const decon_http_header *headers;
    size_t header_count;      /* all are signed */
    const char *payload_hash; /* value of x-amz-content-sha256 */
    const char *amz_date;     /* value of x-amz-date */
    const char *region;
    const char *service; /* "s3" */
    const uint8_t *key;  /* of s3_sign_key for these keys, date, region and service; NULL: it is
                            derived from the secret */
} s3_sign_request;

/* Writes the time in the format of x-amz-date; the first 8 characters are the date of the
 * credential scope. */
void s3_sign_date(int64_t time_s, char out[S3_DATE_SIZE]);
/* Parses the format of x-amz-date; false if `text` is not valid. */
bool s3_sign_date_parse(const char *text, int64_t *time_s) DECON_MUST_USE;

/* Lower-case hex of the payload's SHA-256. */
void s3_sign_payload_hash(decon_slice payload, char out[S3_HASH_SIZE]);

/* The canonical request, for debug messages and tests. Its only secret is the session token's
 * header. */
bool s3_sign_canonical(const s3_sign_request *request, decon_buf *out, decon_err *e) DECON_MUST_USE;

/* The signature, lower-case hex. */
bool s3_sign_signature(const s3_sign_request *request, const char *secret_access_key,
                       char out[S3_HASH_SIZE], decon_err *e) DECON_MUST_USE;

/* The signing key of a day, region and service; only the first 8 characters of `date` are used. */
void s3_sign_key(const char *secret_access_key, const char *date, const char *region,
                 const char *service, uint8_t key[DECON_SHA256_BYTES]);

/* Appends the value of the Authorization header. */
bool s3_sign(const s3_sign_request *request, const s3_keys *keys, decon_buf *out, decon_err *e)
    DECON_MUST_USE;

/* --- verification by a server --- */
typedef struct s3_authorization { /* slices into the header's value */
    decon_slice access_key_id;
    decon_slice date; /* 20130524 */
    decon_slice region;
    decon_slice service;
    decon_slice signed_headers; /* "host;x-amz-date" */
    decon_slice signature;
} s3_authorization;

/* Parses the value of an Authorization header; false if it is not a complete SigV4 one. */
bool s3_authorization_parse(const char *value, s3_authorization *out) DECON_MUST_USE;
/* Removes the first name from a list such as "host;x-amz-date"; false if the list is empty. */
bool s3_signed_header_next(decon_slice *list, decon_slice *name);
/* Compares in constant time. */
bool s3_signature_equal(decon_slice a, const char *b);

#ifdef __cplusplus
}
#endif

#endif
