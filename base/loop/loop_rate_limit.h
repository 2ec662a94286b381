/* Rate limit in bytes per second, for one direction.
 *
 * What:    a token bucket, one token per byte. A call may move its bytes when the bucket holds a
 *          token, and may put it into debt; the next call waits until the debt is paid. So reads
 *          and writes need not be cut to size.
 * Owner:   an embedded value.
 * Threads: the loop's. Fails: never.
 */
#ifndef BASE_LOOP_LOOP_RATE_LIMIT_H
#define BASE_LOOP_LOOP_RATE_LIMIT_H

#include "base/util.h"

typedef struct loop_rate_limit {
    uint64_t bytes_per_s; /* 0: no limit */
    int64_t tokens;       /* in 1/1000 byte: a rate below 1 byte/ms must not round to 0 */
    uint64_t filled_ms;
} loop_rate_limit;

void loop_rate_limit_init(loop_rate_limit *c, uint64_t bytes_per_s, uint64_t now_ms);
bool loop_rate_limit_may(loop_rate_limit *c, uint64_t now_ms);
void loop_rate_limit_take(loop_rate_limit *c, uint64_t bytes); /* moved just now */
uint64_t
loop_rate_limit_wait_ms(const loop_rate_limit *c); /* until it is in credit, from the last may on */

#endif
