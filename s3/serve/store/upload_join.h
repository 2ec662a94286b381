/* Joins the parts of a multipart upload.
 *
 * What:    the bytes of the listed parts, their common ETag, and the object's checksum.
 * Owner:   everything is borrowed.
 * Threads: any.
 * Fails:   s3_refuse (InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest, InvalidRequest),
 *          ERR_IO.
 */
#ifndef S3_SERVE_STORE_UPLOAD_JOIN_H
#define S3_SERVE_STORE_UPLOAD_JOIN_H

#include "base/util.h"
#include "s3/serve/store/uploads.h"

/* *meta is the upload's on entry and the object's on return. */
bool upload_join(const upload_ref *u, const upload_ending *ending, incoming *whole,
                 object_meta *meta, err *e) MUST_USE;

#endif
