/* Sinks: the last stage of a chain. */
#include "decon/compression/codec.h"
#include "base/util.h"

#include "base/fsutil.h"

typedef struct fd_writer {
    stage stage;
    int fd;
} fd_writer;

static bool writer_feed(stage *s, slice data, err *e)
{
    return fs_write_all(((fd_writer *)s)->fd, data.data, data.len, e);
}

static bool writer_finish(stage *s, err *e)
{
    UNUSED(s); /* fsync and close are the task of the descriptor's owner */
    UNUSED(e);
    return true;
}

static void sink_free(stage *s)
{
    free(s);
}

static const stage_ops writer_ops = {
    .feed = writer_feed,
    .finish = writer_finish,
    .free = sink_free,
};

stage *stage_fd_writer_new(int fd)
{
    fd_writer *w = xcalloc(1, sizeof *w);
    *w = (fd_writer){.stage = {.ops = &writer_ops}, .fd = fd};
    return &w->stage;
}

typedef struct callback_sink {
    stage stage;
    bool (*feed)(void *ctx, slice data, err *e);
    bool (*finish)(void *ctx, err *e);
    void *ctx;
} callback_sink;

static bool callback_feed(stage *s, slice data, err *e)
{
    callback_sink *c = (callback_sink *)s;
    return c->feed(c->ctx, data, e);
}

static bool callback_finish(stage *s, err *e)
{
    callback_sink *c = (callback_sink *)s;
    return !c->finish || c->finish(c->ctx, e);
}

static const stage_ops callback_ops = {
    .feed = callback_feed,
    .finish = callback_finish,
    .free = sink_free,
};

stage *stage_callback_new(bool (*feed)(void *ctx, slice data, err *e),
                          bool (*finish)(void *ctx, err *e), void *ctx)
{
    callback_sink *c = xcalloc(1, sizeof *c);
    *c = (callback_sink){
        .stage = {.ops = &callback_ops}, .feed = feed, .finish = finish, .ctx = ctx};
    return &c->stage;
}
