/* Comparison of entity tags.
 *
 * What:    stores and proxies write the ETag of one version with or without quotes, and as weak
 *          (`W/"..."`) if a proxy compresses. All of these forms are equal here. The ETag of a
 *          multipart upload ("...-3") or of an object under SSE-KMS is not an MD5 but identifies a
 *          version as well.
 * Owner:   borrows; the caller frees the result of s3_etag_bare.
 * Threads: any.
 * Fails:   never.
 * Sources: RFC 9110, section 8.8.3.
 */
#ifndef DECON_S3_ETAG_H
#define DECON_S3_ETAG_H

#include "decon/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compares the opaque parts; W/, quotes and blanks are ignored. False if either is missing. */
bool s3_etag_equal(const char *a, const char *b);
/* Without W/ and quotes; "" for NULL. */
char *s3_etag_bare(const char *etag) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
