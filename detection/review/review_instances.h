/* The distinct questions that reports name.
 *
 * What:    a set of 64-bit hashes of (evaluation set, split, instance); two instances that share one
 *          count as one, which is unlikely below a billion instances.
 * Owner:   embedded; review_instances_deinit. Threads: one.
 * Fails:   never; beyond REVIEW_INSTANCES_MAX every instance counts as seen, and `full` is set.
 */
#ifndef DETECTION_REVIEW_REVIEW_INSTANCES_H
#define DETECTION_REVIEW_REVIEW_INSTANCES_H

#include "decon/base/buf.h"
#include "base/util.h"

#define REVIEW_INSTANCES_MAX ((size_t)1 << 24) /* 256 MiB of slots at most */

typedef struct review_instances {
    uint64_t *slots; /* 0: free */
    size_t slot_count, count;
    bool full;
} review_instances;

void review_instances_deinit(review_instances *s);

/* True the first time. */
bool review_instances_add(review_instances *s, slice eval, slice split, uint64_t instance);

#endif
