/* Divides an object into ranges.
 *
 * What:    without a reader, all ranges have the part size. With a reader, the bytes that it has not
 *          read when the last byte arrives delay the end while the network is idle: ranges are
 *          shorter, especially towards the object's end, and the bytes requested or received beyond
 *          the reader are at most half of those not yet requested.
 * Owner:   values. Threads: any; pure. Fails: never.
 */
#ifndef S3_GET_GET_PLAN_H
#define S3_GET_GET_PLAN_H

#include "base/util.h"

typedef struct get_plan {
    uint64_t part_bytes;
    uint64_t ahead_bytes; /* of s3_get_options: 0: no reader follows */
    uint64_t size_bytes;  /* of the object */
} get_plan;

/* Length of the range that begins at `offset`; not 0. */
uint64_t get_plan_range_bytes(const get_plan *plan, uint64_t offset);
/* Whether a range at `offset` must wait. All before `read` is read, all before
 * `prefix` is received. */
bool get_plan_is_far(const get_plan *plan, uint64_t read, uint64_t prefix, uint64_t offset);

#endif
