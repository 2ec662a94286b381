/* s3:// URIs and percent-encoding.
 *
 * What:    parses `s3://bucket/key`; encodes as SigV4 wants it (A-Z a-z 0-9 - . _ ~ stay).
 * Owner:   s3_uri's strings are malloc'ed; s3_uri_deinit frees them.
 * Threads: any.
 * Fails:   DECON_ERR_CONFIG with the URI and what a right one looks like; DECON_ERR_PARSE for a bad %XX.
 * Sources: RFC 3986, section 2; AWS General Reference, "UriEncode".
 *
 * A key is taken to the letter: nothing in an s3:// URI is percent-decoded.
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
    char *key; /* "" for the bucket itself; else any bytes but NUL */
} s3_uri;

bool s3_uri_parse(const char *text, s3_uri *out, decon_err *e) DECON_MUST_USE;
void s3_uri_deinit(s3_uri *uri);
DECON_DEFINE_AUTO(s3_uri, s3_uri_deinit)

/* Usable as options' `check`: an s3:// URI with a bucket. */
bool s3_uri_check(const char *text, decon_err *e);

/* Appends the percent-encoding; `/` stays only with keep_slash. */
bool s3_uri_encode(decon_slice text, bool keep_slash, decon_buf *out);
/* Decodes %XX; with plus_is_space also `+` (keys of an encoding-type=url listing). */
bool s3_uri_decode(decon_slice text, bool plus_is_space, decon_buf *out, decon_err *e)
    DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
