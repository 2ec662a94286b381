#include "base/util.h"
#include "s3/get/get_plan.h"

/* The longest range as a fraction of what the reader reads in 50 ms; the shortest as a fraction of
 * the longest: each range costs a request. */
#define LONGEST  4
#define SHORTEST 8
/* Ranges in flight: more of them share the bandwidth, each takes longer, and the reader waits for
 * the first. All of them are at most half of the remaining object. */
#define RANGES 4
#define SHARES (2 * RANGES)
/* How far the download may be ahead of the reader within an object, in units of 50 ms of reading;
 * this much waits in the page cache. */
#define READINGS 4
/* Enough for the reader to proceed (objects.h), for any part size. */
#define LEAST 32

uint64_t get_plan_range_bytes(const get_plan *plan, uint64_t offset)
{
    if (!plan->ahead_bytes)
        return plan->part_bytes;
    uint64_t longest = MIN(plan->part_bytes, MAX(plan->ahead_bytes / LONGEST, (uint64_t)1));
    uint64_t shortest = MAX(longest / SHORTEST, (uint64_t)1);
    uint64_t share = plan->size_bytes > offset ? (plan->size_bytes - offset) / SHARES : 0;
    return MIN(longest, MAX(shortest, share));
}

bool get_plan_is_far(const get_plan *plan, uint64_t read, uint64_t prefix, uint64_t offset)
{
    if (!plan->ahead_bytes || offset <= read)
        return false;
    uint64_t several = RANGES * get_plan_range_bytes(plan, offset);
    if (offset - prefix >= several)
        return true;
    uint64_t least = MAX(several, plan->ahead_bytes / LEAST);
    uint64_t half = plan->size_bytes > offset ? (plan->size_bytes - offset) / 2 : 0;
    return offset - read >= MAX(least, MIN(READINGS * plan->ahead_bytes, half));
}
