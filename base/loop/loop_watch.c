/* Descriptors of the program on the event loop: one callback when a descriptor is readable.
 *
 *   state    left for
 *   watched  gone, when the descriptor is readable or at its end: the callback is called
 *   ready    gone, in the next round: epoll refuses regular files, which are always readable, and
 *            reading reports the error of other descriptors
 */
#include "base/util.h"
#include "base/loop/loop_private.h"
#include "base/loop/loop_watch.h"

#include <sys/epoll.h>

struct loop_watch {
    list_link link; /* in loop.watches */
    loop *loop;
    int fd;
    bool in_epoll;
    timer *ready;
    void (*on_readable)(void *ctx);
    void *ctx;
};

static void watch_free(loop_watch *w)
{
    list_remove(&w->loop->watches, &w->link);
    timer_stop(&w->loop->base, w->ready);
    if (w->in_epoll)
        epoll_ctl(w->loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    free(w);
}

static void fire(loop_watch *w)
{
    void (*on_readable)(void *ctx) = w->on_readable;
    void *ctx = w->ctx;
    watch_free(w);
    on_readable(ctx);
}

static void ready_called(void *ctx)
{
    loop_watch *w = ctx;
    w->ready = NULL;
    fire(w);
}

loop_watch *loop_watch_readable(loop *l, int fd, void (*on_readable)(void *ctx), void *ctx)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    loop_watch *w = xcalloc(1, sizeof *w);
    *w = (loop_watch){.loop = l, .fd = fd, .ctx = ctx};
    w->on_readable = on_readable;
    list_prepend(&l->watches, &w->link);
    w->in_epoll = epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
    if (!w->in_epoll)
        w->ready = timer_start(&l->base, 0, ready_called, w);
    return w;
}

void loop_watch_stop(loop_watch *w)
{
    if (w)
        watch_free(w);
}

bool loop_watch_ready(loop *l, int fd)
{
    LIST_EACH (w, &l->watches, loop_watch, link)
        if (w->fd == fd && w->in_epoll) {
            fire(w);
            return true;
        }
    return false;
}

void loop_watches_free(loop *l)
{
    LIST_EACH (w, &l->watches, loop_watch, link)
        watch_free(w);
}
