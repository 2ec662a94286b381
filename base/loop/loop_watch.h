/* Descriptors of the program's own on the event loop: pipes, standard input.
 *
 * What:    loop_watch_readable calls `on_readable` once, when the descriptor can be read without
 *          waiting, or has ended; in the next round where it cannot be watched: regular files can
 *          always be read, and reading tells what is wrong with others.
 * Owner:   a watch is gone when it has been told, with loop_watch_stop, or with the loop. The
 *          descriptor stays the caller's, open until then.
 * Threads: the loop's; on_readable is never called from inside loop_watch_readable.
 * Fails:   never.
 */
#ifndef BASE_LOOP_LOOP_WATCH_H
#define BASE_LOOP_LOOP_WATCH_H

#include "decon/base/loop.h"
#include "base/util.h"

typedef struct loop_watch loop_watch;

loop_watch *loop_watch_readable(loop *l, int fd, void (*on_readable)(void *ctx), void *ctx)
    MUST_USE;
void loop_watch_stop(loop_watch *w); /* NULL is fine */

/* For loop.c. */
bool loop_watch_ready(loop *l, int fd); /* false: nobody watches the descriptor */
void loop_watches_free(loop *l);

#endif
