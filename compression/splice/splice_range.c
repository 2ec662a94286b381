#include "base/util.h"
#include "compression/splice/splice_gzip.h"

bool splice_range_check(splice_range before, splice_range next, err *e)
{
    return (next.from >= before.to && next.to >= next.from) ||
           err_set(e, ERR_LIMIT, "splice: the removed ranges are not in order");
}

bool splice_range_beyond(err *e)
{
    return err_set(e, ERR_LIMIT, "splice: a removed range lies beyond the end of the text");
}

bool splice_ranges_end(const splice_ranges *r, err *e)
{
    splice_range next;
    if (!r->next(r->ctx, &next, e))
        return false;
    return next.from == UINT64_MAX || splice_range_beyond(e);
}
