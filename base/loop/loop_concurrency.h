/* How many calls are under way at once.
 *
 * What:    few, as long as they keep the loop busy: where the network brings bytes faster than they
 *          are taken, more connections bring no more of them, but their buffers fall out of the
 *          processor's caches and take memory. Whenever the loop has to wait for bytes while calls
 *          are held back, as it has behind any real distance, twice as many: it is milliseconds
 *          until all that may be are under way.
 * Owner:   an embedded value.
 * Threads: the loop's. Fails: never.
 */
#ifndef BASE_LOOP_LOOP_CONCURRENCY_H
#define BASE_LOOP_LOOP_CONCURRENCY_H

#include "base/util.h"

typedef struct loop_concurrency {
    unsigned calls, calls_max;
    uint64_t since_us, waited_us; /* the stretch of time that is looked at */
} loop_concurrency;

void loop_concurrency_init(loop_concurrency *w, unsigned calls_max, uint64_t now_us);
/* The loop waited for events while calls were held back. */
void loop_concurrency_waited(loop_concurrency *w, uint64_t from_us, uint64_t to_us);

#endif
