/* Limit of requests in flight.
 *
 * What:    starts with few requests; while the loop is CPU-bound, more connections add no
 *          throughput, but their buffers take memory and processor cache. The limit doubles
 *          whenever the loop waited for bytes while requests were queued, so with any network
 *          latency it reaches the maximum within milliseconds.
 * Threads: the loop's. Fails: never.
 */
#ifndef BASE_LOOP_LOOP_CONCURRENCY_H
#define BASE_LOOP_LOOP_CONCURRENCY_H

#include "base/util.h"

typedef struct loop_concurrency {
    unsigned calls, calls_max;
    uint64_t since_us, waited_us; /* the current measurement */
} loop_concurrency;

void loop_concurrency_init(loop_concurrency *w, unsigned calls_max, uint64_t now_us);
/* The loop waited for events while calls were held back. */
void loop_concurrency_waited(loop_concurrency *w, uint64_t from_us, uint64_t to_us);

#endif
