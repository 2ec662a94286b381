/* What:    whether bytes are UTF-8 (RFC 3629), as the keys of objects must be.
 * Owner:   nothing is kept.
 * Threads: any.
 * Fails:   never. */
#ifndef DECON_S3_UTF8_H
#define DECON_S3_UTF8_H

#include "base/buf.h"

bool s3_utf8_check(slice text);

#endif
