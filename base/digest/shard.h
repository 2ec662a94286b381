/* The share of a file: which of several hosts processes it.
 *
 * What:    the MD5 of the full key, read as one 128-bit number, modulo the host count. The
 *          orchestrator, `decon-s3 --shard` and the reference script use this formula, so that a
 *          mixed fleet agrees.
 * Owner:   nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef BASE_DIGEST_SHARD_H
#define BASE_DIGEST_SHARD_H

#include "base/util.h"

unsigned shard_of_key(const char *key, unsigned host_count); /* host_count >= 1 */

#endif
