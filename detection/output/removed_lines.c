#include "detection/output/removed_lines.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"

#define PENDING_BYTES ((size_t)4096 * sizeof(splice_range))

void removed_lines_init(removed_lines *r, const char *near)
{
    *r = (removed_lines){.near = near, .fd = -1};
    buf_init(&r->pending, PENDING_BYTES);
}

void removed_lines_deinit(removed_lines *r)
{
    util_auto_close(&r->fd);
    buf_deinit(&r->pending);
}

static bool spill(removed_lines *r, err *e)
{
    if (r->fd < 0) {
        AUTO_FREE char *temp = NULL;
        r->fd = fs_temp_create(r->near, &temp, e);
        fs_temp_discard(&temp);
    }
    if (r->fd < 0 || !fs_write_all(r->fd, r->pending.data, r->pending.len, e))
        return false;
    buf_clear(&r->pending);
    return true;
}

static bool push_last(removed_lines *r, err *e)
{
    if (r->last.from == r->last.to)
        return true;
    if (r->pending.len == PENDING_BYTES && !spill(r, e))
        return false;
    buf_append(&r->pending, &r->last, sizeof r->last);
    return true;
}

bool removed_lines_add(removed_lines *r, splice_range range, err *e)
{
    if (range.from == r->last.to) {
        r->last.to = range.to;
        return true;
    }
    if (!push_last(r, e))
        return false;
    r->last = range;
    return true;
}

static bool fill(removed_lines *r, err *e)
{
    char bytes[PENDING_BYTES];
    ssize_t got = pread(r->fd, bytes, sizeof bytes, (off_t)r->read);
    if (got < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the list of removed lines");
    buf_clear(&r->pending);
    buf_append(&r->pending, bytes, (size_t)got);
    r->read += (uint64_t)got;
    r->at = 0;
    return true;
}

static bool next(void *ctx, splice_range *out, err *e)
{
    removed_lines *r = ctx;
    *out = SPLICE_NO_RANGE;
    if (r->at + sizeof *out > r->pending.len && r->fd >= 0 && !fill(r, e))
        return false;
    if (r->at + sizeof *out > r->pending.len)
        return true;
    memcpy(out, r->pending.data + r->at, sizeof *out);
    r->at += sizeof *out;
    return true;
}

bool removed_lines_end(removed_lines *r, splice_ranges *out, err *e)
{
    *out = (splice_ranges){.next = next, .ctx = r};
    return push_last(r, e) && (r->fd < 0 || spill(r, e));
}
