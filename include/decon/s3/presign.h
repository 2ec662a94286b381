/* Presigned URLs: they permit one request, without credentials, until they expire.
 *
 * What:    s3_presign_url, a pure function of request, keys and time (SigV4 in the query string);
 *          s3_presign, which takes keys, endpoint and region from a client. Nothing is sent.
 * Owner:   everything is borrowed; the URL goes into the caller's buffer, or is borrowed by `done`.
 * Threads: s3_presign_url any; s3_presign the transport's.
 * Fails:   DECON_ERR_USAGE for a lifetime that S3 does not allow, DECON_ERR_S3_CREDENTIALS without
 *          credentials.
 * Sources: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".
 *
 * A presigned URL is a secret until it expires: it is never logged.
 */
#ifndef DECON_S3_PRESIGN_H
#define DECON_S3_PRESIGN_H

#include "decon/s3/s3.h"
#include "decon/s3/sign.h"

#ifdef __cplusplus
extern "C" {
#endif

#define S3_PRESIGN_MAX_S 604800 /* a week */

typedef struct s3_presign_request {
    const char *method; /* "GET", "PUT" .. */
    const char *url;    /* scheme://host/path, percent-encoded; no query */
    const char *query;  /* of the request, percent-encoded; or NULL */
    const char *host;   /* as in the URL, with the port */
    decon_slice path;   /* in the URL */
    const char *region;
    const char *amz_date; /* of s3_sign_date */
    unsigned expires_s;   /* 1 to S3_PRESIGN_MAX_S */
} s3_presign_request;

bool s3_presign_url(const s3_presign_request *request, const s3_keys *keys, decon_buf *out,
                    decon_err *e) DECON_MUST_USE;

/* `keys_expire_s`: when the credentials expire (seconds since 1970 UTC; 0: never). The URL expires
 * no later. */
typedef void (*s3_presign_done)(void *ctx, const char *url, int64_t keys_expire_s,
                                const decon_err *error);
s3_op *s3_presign(s3_client *c, const char *method, const char *bucket, const char *key,
                  unsigned expires_s, s3_presign_done done, void *ctx);
/* The same for one version of the object; version_id NULL: the current one. */
s3_op *s3_presign_version(s3_client *c, const char *method, const char *bucket, const char *key,
                          const char *version_id, unsigned expires_s, s3_presign_done done,
                          void *ctx);

#ifdef __cplusplus
}
#endif

#endif
