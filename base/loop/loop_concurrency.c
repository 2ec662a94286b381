#include "base/util.h"
#include "base/loop/loop_concurrency.h"

#define FEW_CALLS  12
#define STRETCH_US 20000 /* one measurement */
#define ENOUGH_US  2000  /* shorter waits do not count as idle */
#define SHARE      10    /* idle: it waited for at least a tenth of the time */

void loop_concurrency_init(loop_concurrency *w, unsigned calls_max, uint64_t now_us)
{
    *w = (loop_concurrency){
        .calls = MIN(calls_max, FEW_CALLS), .calls_max = calls_max, .since_us = now_us};
}

void loop_concurrency_waited(loop_concurrency *w, uint64_t from_us, uint64_t to_us)
{
    w->waited_us += to_us - from_us;
    uint64_t stretch_us = to_us - w->since_us;
    bool idle = w->waited_us >= ENOUGH_US && w->waited_us >= stretch_us / SHARE;
    if (idle)
        w->calls = MIN(2 * w->calls, w->calls_max);
    if (idle || stretch_us >= STRETCH_US) {
        w->since_us = to_us;
        w->waited_us = 0;
    }
}
