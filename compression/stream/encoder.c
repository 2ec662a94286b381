#include "base/util.h"
#include "compression/stream/coder.h"

static bool run(encoder *c, slice *data, bool finishing, bool *done, err *e)
{
    size_t out_len = 0;
    if (!c->ops->run(c, data, finishing, &out_len, done, e))
        return false;
    if (out_len == 0)
        return true;
    return stage_feed(c->stage.next, (slice){.data = c->out, .len = out_len}, e);
}

static bool feed(stage *s, slice data, err *e)
{
    encoder *c = (encoder *)s;
    bool done = false;
    while (data.len > 0)
        if (!run(c, &data, false, &done, e))
            return false;
    return true;
}

static bool finish(stage *s, err *e)
{
    encoder *c = (encoder *)s;
    slice nothing = {0};
    for (bool done = false; !done;)
        if (!run(c, &nothing, true, &done, e))
            return false;
    return stage_finish(s->next, e);
}

static void release(stage *s)
{
    encoder *c = (encoder *)s;
    c->ops->free(c);
}

static const stage_ops encoder_stage = {.feed = feed, .finish = finish, .free = release};

void encoder_init(encoder *c, const encoder_ops *ops, stage *next)
{
    *c = (encoder){
        .stage = {.ops = &encoder_stage, .next = next},
        .ops = ops,
        .out = xrealloc(NULL, CODER_OUT_BYTES),
    };
}

void encoder_deinit(encoder *c)
{
    free(c->out);
    c->out = NULL;
}
