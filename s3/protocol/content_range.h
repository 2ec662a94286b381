/* The Content-Range header, and the query of a version.
 *
 * What:    "bytes 0-9/100" as numbers; "versionId=ID" for requests of one version.
 * Owner:   s3_version_query's result is the caller's.
 * Threads: any; pure.
 * Fails:   false for any other text.
 * Sources: RFC 9110, section 14.4.
 */
#ifndef S3_PROTOCOL_CONTENT_RANGE_H
#define S3_PROTOCOL_CONTENT_RANGE_H

#include "base/util.h"

typedef struct s3_content_range {
    uint64_t from, to, total; /* bytes [from, to) of `total` */
} s3_content_range;

bool s3_content_range_parse(const char *text, s3_content_range *out) MUST_USE;

/* NULL for NULL. */
char *s3_version_query(const char *version_id) MUST_USE;

#endif
