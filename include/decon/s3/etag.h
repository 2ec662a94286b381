/* Entity tags: comparison and the bare form.
 *
 * What:    stores and proxies write the ETag of one version in several ways: with or without quotes,
 *          and weak (`W/"..."`) where a proxy compresses. All of these name the same version here.
 *          The ETag of a multipart upload ("...-3") and that of an object under SSE-KMS are no MD5,
 *          but identify a version just as well.
 * Owner:   borrows; s3_etag_bare's result is the caller's.
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

/* The same opaque part; W/, quotes and blanks do not count. False where either is not present. */
bool s3_etag_equal(const char *a, const char *b);
/* Without weakness and quotes; "" for NULL. */
char *s3_etag_bare(const char *etag) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
