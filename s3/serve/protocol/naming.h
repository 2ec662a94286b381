/* Names of buckets and keys that the server accepts.
 *
 * What:    the rules of Amazon S3 for bucket names and object keys.
 * Owner:   nothing. Threads: any.
 * Fails:   by s3_refuse (InvalidURI, KeyTooLongError, InvalidBucketName).
 * Source:  Amazon S3 User Guide, "Naming objects", "Bucket naming rules".
 */
#ifndef S3_SERVE_PROTOCOL_NAMING_H
#define S3_SERVE_PROTOCOL_NAMING_H

#include "base/util.h"
#include "s3/serve/protocol/error.h"

#define LAYOUT_KEY_BYTES_MAX 1024

bool layout_key_check(slice key, err *e) MUST_USE; /* 1 to 1,024 bytes of UTF-8 without NUL */
bool layout_bucket_check(const char *bucket, err *e) MUST_USE;

#endif
