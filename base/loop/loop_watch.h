/* Descriptors of the program on the event loop: pipes, standard input.
 *
 * What:    loop_watch_readable calls `on_readable` once, when the descriptor can be read without
 *          waiting, or has ended. If it cannot be watched, that is in the next round: regular files
 *          are always readable, and reading reports the error of other descriptors.
 * Owner:   a watch ends with its callback, with loop_watch_stop, or with the loop. The descriptor
 *          stays the caller's and is open until then.
 * Threads: the loop's; on_readable is never called from within loop_watch_readable.
 * Fails:   never.
 */
#ifndef BASE_LOOP_LOOP_WATCH_H
#define BASE_LOOP_LOOP_WATCH_H

#include "decon/base/loop.h"
#include "base/util.h"

typedef struct loop_watch loop_watch;

loop_watch *loop_watch_readable(loop *l, int fd, void (*on_readable)(void *ctx), void *ctx)
    MUST_USE;
void loop_watch_stop(loop_watch *w); /* NULL is allowed */

/* For loop.c. */
bool loop_watch_ready(loop *l, int fd); /* false: the descriptor is not watched */
void loop_watches_free(loop *l);

#endif
