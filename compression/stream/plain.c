/* Plain data: both directions pass it on unchanged. */
#include "base/util.h"
#include "compression/stream/coder.h"

static bool feed(stage *s, slice data, err *e)
{
    return data.len == 0 || stage_feed(s->next, data, e);
}

static bool finish(stage *s, err *e)
{
    return stage_finish(s->next, e);
}

static void release(stage *s)
{
    free(s);
}

static const stage_ops plain_stage = {.feed = feed, .finish = finish, .free = release};

stage *plain_new(stage *next)
{
    stage *s = xcalloc(1, sizeof *s);
    *s = (stage){.ops = &plain_stage, .next = next};
    return s;
}
