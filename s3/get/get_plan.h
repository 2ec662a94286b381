/* How an object is shared out among ranges.
 *
 * What:    where no reader follows, all ranges have the size of a part. Where one does, what it has
 *          not read when the last byte comes is what everybody waits for while the line stands
 *          still: so ranges are shorter, the more so towards the object's end, and what is
 *          asked for or has come beyond the reader is never more than half of what is not asked for
 *          as yet.
 * Owner:   values. Threads: any; pure. Fails: never.
 */
#ifndef S3_GET_GET_PLAN_H
#define S3_GET_GET_PLAN_H

#include "base/util.h"

typedef struct get_plan {
    uint64_t part_bytes;
    uint64_t ahead_bytes; /* of s3_get_options: 0, no reader follows */
    uint64_t size_bytes;  /* of the object */
} get_plan;

/* Of the range that begins at `offset`; not 0. */
uint64_t get_plan_range_bytes(const get_plan *plan, uint64_t offset);
/* Has a range at `offset` to wait? All before `read` is read, all before `prefix` has come. */
bool get_plan_is_far(const get_plan *plan, uint64_t read, uint64_t prefix, uint64_t offset);

#endif
