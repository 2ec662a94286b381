/* s3:// URIs and percent-encoding.
 *
 * What:    parses `s3://bucket/key`; encodes as SigV4 requires (A-Z a-z 0-9 - . _ ~ are kept).
 * Owner:   s3_uri's strings are malloc'ed; s3_uri_deinit frees them.
 * Threads: any.
 * Fails:   DECON_ERR_CONFIG with the URI and an example; DECON_ERR_PARSE for an invalid %XX.
 * Sources: RFC 3986, section 2; AWS General Reference, "UriEncode".
 *
 * Keys in s3:// URIs are literal: nothing is percent-decoded.
 */
#ifndef DECON_S3_URI_H
#define DECON_S3_URI_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_uri {
    char *bucket;
    char *key; /* "" for the bucket itself; any bytes except NUL */
} s3_uri;

bool s3_uri_parse(const char *text, s3_uri *out, decon_err *e) DECON_MUST_USE;
void s3_uri_deinit(s3_uri *uri);
DECON_DEFINE_AUTO(s3_uri, s3_uri_deinit)

/* For the `check` of an option: an s3:// URI with a bucket. */
bool s3_uri_check(const char *text, decon_err *e);

/* Appends the percent-encoded text; `/` is kept only with keep_slash. */
bool s3_uri_encode(decon_slice text, bool keep_slash, decon_buf *out);
/* Decodes %XX, and `+` if plus_is_space (keys in a listing with encoding-type=url). */
bool s3_uri_decode(decon_slice text, bool plus_is_space, decon_buf *out, decon_err *e)
    DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
