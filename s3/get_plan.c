#include "s3/get_plan.h"

#define RANGES 4 /* under way at once before a reader */
/* The shortest range, of the longest; each costs a request. */
#define SHORTEST 8
/* What each range that is under way may take of the rest: all that are given out together are then no
 * more than half of it, and what is out of order at the end is next to nothing. */
#define SHARES (2 * RANGES)

uint64_t get_plan_range_bytes(const get_plan *plan, uint64_t offset)
{
    if (!plan->ahead_bytes)
        return plan->part_bytes;
    uint64_t longest = MIN(plan->part_bytes, MAX(plan->ahead_bytes / RANGES, (uint64_t)1));
    uint64_t shortest = MAX(longest / SHORTEST, (uint64_t)1);
    uint64_t share = plan->size_bytes > offset ? (plan->size_bytes - offset) / SHARES : 0;
    return MIN(longest, MAX(shortest, share));
}

bool get_plan_is_far(const get_plan *plan, uint64_t prefix, uint64_t offset)
{
    return plan->ahead_bytes && offset - prefix >= RANGES * get_plan_range_bytes(plan, offset);
}
