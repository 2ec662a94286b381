#include "base/util.h"
#include "detection/rejudge/line_store.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"

#define PENDING_BYTES ((size_t)1 << 20)

void line_store_init(line_store *s, const char *near)
{
    *s = (line_store){.near = near, .fd = -1};
    buf_init(&s->pending, SIZE_MAX);
}

void line_store_deinit(line_store *s)
{
    util_auto_close(&s->fd);
    buf_deinit(&s->pending);
}

static bool write_pending(line_store *s, err *e)
{
    if (s->pending.len == 0)
        return true;
    if (s->fd < 0) {
        AUTO_FREE char *temp = NULL;
        s->fd = fs_temp_create(s->near, &temp, e);
        fs_temp_discard(&temp);
    }
    if (s->fd < 0 || !fs_write_all(s->fd, s->pending.data, s->pending.len, e))
        return false;
    s->len += s->pending.len;
    buf_clear(&s->pending);
    return true;
}

bool line_store_add(line_store *s, slice text, uint64_t *offset, err *e)
{
    *offset = s->len + s->pending.len;
    buf_append_slice(&s->pending, text);
    return s->pending.len < PENDING_BYTES || write_pending(s, e);
}

bool line_store_get(line_store *s, uint64_t offset, size_t len, buf *out, err *e)
{
    buf_clear(out);
    if (!write_pending(s, e))
        return false;
    char bytes[16384];
    while (out->len < len) {
        size_t most = MIN(len - out->len, sizeof bytes);
        ssize_t got = pread(s->fd, bytes, most, (off_t)(offset + out->len));
        if (got <= 0)
            return err_set_errno(e, ERR_IO, got < 0 ? errno : EIO,
                                 "report lines cannot be read back from the temporary file");
        buf_append(out, bytes, (size_t)got);
    }
    return true;
}

bool line_store_empty(line_store *s, err *e)
{
    buf_clear(&s->pending);
    s->len = 0;
    if (s->fd < 0)
        return true;
    return (ftruncate(s->fd, 0) == 0 && lseek(s->fd, 0, SEEK_SET) == 0) ||
           err_set_errno(e, ERR_IO, errno, "the temporary file of report lines cannot be emptied");
}
