/* What:    whether bytes are valid UTF-8 (RFC 3629), as keys of objects must be.
 * Owner:   nothing is kept.
 * Threads: any.
 * Fails:   never. */
#ifndef S3_PROTOCOL_UTF8_H
#define S3_PROTOCOL_UTF8_H

#include "decon/base/buf.h"

bool s3_utf8_check(slice text);

#endif
