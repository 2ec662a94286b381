/* A set of distinct questions.
 *
 * What:    64-bit hashes of (evaluation set, split, instance); two instances that share one
 *          count as one, which is unlikely below a billion instances.
 * Owner:   embedded; instance_set_deinit. Threads: one.
 * Fails:   never; beyond INSTANCE_SET_MAX every instance counts as seen, and `full` is set.
 */
#ifndef DETECTION_TABLE_INSTANCE_SET_H
#define DETECTION_TABLE_INSTANCE_SET_H

#include "decon/base/buf.h"
#include "base/util.h"

#define INSTANCE_SET_MAX ((size_t)1 << 24) /* 256 MiB of slots at most */

typedef struct instance_set {
    uint64_t *slots; /* 0: free */
    size_t slot_count, count;
    bool full;
} instance_set;

void instance_set_deinit(instance_set *s);

bool instance_set_has(const instance_set *s, slice eval, slice split, uint64_t instance);
/* True the first time. */
bool instance_set_add(instance_set *s, slice eval, slice split, uint64_t instance);

#endif
