/* Request headers of objects: payer, encryption, storage class.
 *
 * What:    one table defines which operation sends which of them; request.c adds them when it sends
 *          a request.
 * Owner:   s3_headers owns its strings: s3_headers_free; a request borrows one until its end.
 * Threads: any; constant after creation.
 * Fails:   ERR_CONFIG for a key that is not base64 of 32 bytes, for settings that exclude each
 *          other, and for a customer's key over plain http.
 * Sources: Amazon S3 API Reference; Amazon S3 User Guide, "Using server-side encryption with
 *          customer-provided keys (SSE-C)", "Using Requester Pays buckets".
 */
#ifndef S3_CLIENT_OBJECT_OPTIONS_H
#define S3_CLIENT_OBJECT_OPTIONS_H

#include "decon/base/transport.h"
#include "decon/s3/s3.h"
#include "base/util.h"

#define S3_HEADERS_MAX 12 /* upper bound per request */

struct s3_headers {
    bool request_payer;
    char *sse, *sse_kms_key_id, *storage_class;
    char *customer_key, *customer_md5; /* of the object, base64 */
    char *source_key, *source_md5;     /* of the source of a copy */
    char *bucket_owner, *source_owner; /* account ids */
};

/* Adds the headers of the operation; values are borrowed from `h`. `url` must be https for
 * a customer's key. */
bool s3_headers_add(const s3_headers *h, const char *operation, const char *url, http_header *to,
                    size_t *count, err *e) MUST_USE;

/* Completes the error of a refused request where its bucket may belong to another account. */
void s3_headers_explain(const s3_headers *h, const char *operation, err *e);

#endif
