/* A cap on bytes a second, for one direction.
 *
 * What:    a bucket of tokens, one a byte. Who finds it in credit may move what is at hand and put it
 *          into debt; the next one waits until the debt is paid. So pieces need not be cut.
 * Owner:   an embedded value.
 * Threads: the loop's. Fails: never.
 */
#ifndef BASE_LOOP_LOOP_RATE_LIMIT_H
#define BASE_LOOP_LOOP_RATE_LIMIT_H

#include "base/util.h"

typedef struct loop_rate_limit {
    uint64_t bytes_per_s; /* 0: no cap */
    int64_t tokens;       /* in millibytes: a rate below 1 byte/ms must not be rounded away */
    uint64_t filled_ms;
} loop_rate_limit;

void loop_rate_limit_init(loop_rate_limit *c, uint64_t bytes_per_s, uint64_t now_ms);
bool loop_rate_limit_may(loop_rate_limit *c, uint64_t now_ms);
void loop_rate_limit_take(loop_rate_limit *c, uint64_t bytes); /* moved just now */
uint64_t
loop_rate_limit_wait_ms(const loop_rate_limit *c); /* until it is in credit, from the last may on */

#endif
