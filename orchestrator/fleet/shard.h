/* The share of a file: which host processes it.
 *
 * What:    the MD5 of the full key, read as one 128-bit number, modulo the host count. The
 *          reference script uses the same formula, so that a mixed fleet agrees.
 * Owner:   nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_FLEET_SHARD_H
#define ORCHESTRATOR_FLEET_SHARD_H

#include "base/util.h"

unsigned shard_of_key(const char *key, unsigned host_count); /* host_count >= 1 */

#endif
