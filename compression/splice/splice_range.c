#include "base/util.h"
#include "compression/splice/splice_range.h"

bool splice_range_check(splice_range before, splice_range next, err *e)
{
    return (next.from >= before.to && next.to >= next.from) ||
           err_set(e, ERR_LIMIT, "splice: the removed ranges are not in order");
}

bool splice_range_beyond(err *e)
{
    return err_set(e, ERR_LIMIT, "splice: a removed range is beyond the end of the text");
}

bool splice_ranges_end(const splice_ranges *r, err *e)
{
    splice_range next;
    if (!r->next(r->ctx, &next, e))
        return false;
    return next.from == UINT64_MAX || splice_range_beyond(e);
}

bool splice_cursor_to(splice_cursor *c, uint64_t at, err *e)
{
    while (c->next.to <= at && c->next.to < UINT64_MAX) {
        splice_range before = c->next;
        if (!c->ranges->next(c->ranges->ctx, &c->next, e) ||
            !splice_range_check(before, c->next, e))
            return false;
    }
    return true;
}

bool splice_cursor_keep(splice_cursor *c, slice text, uint64_t from,
                        bool (*keep)(void *ctx, slice part, err *e), void *ctx, err *e)
{
    uint64_t end = from + text.len;
    for (uint64_t at = from; at < end;) {
        if (!splice_cursor_to(c, at, e))
            return false;
        bool kept = at < c->next.from;
        uint64_t to = MIN(kept ? c->next.from : c->next.to, end);
        slice part = {.data = text.data + (at - from), .len = (size_t)(to - at)};
        if (kept && !keep(ctx, part, e))
            return false;
        at = to;
    }
    return true;
}
