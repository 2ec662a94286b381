#include "base/util.h"
#include "compression/pieces/file_copy.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

static bool ended(err *e)
{
    return err_set(e, ERR_IO, "the input became shorter while it was copied; submit it again");
}

bool file_read(int in, uint64_t from, void *bytes, size_t len, err *e)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(in, (char *)bytes + done, len - done, (off_t)(from + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "cannot read the input");
        if (got == 0)
            return ended(e);
        done += (size_t)got;
    }
    return true;
}

static bool copy_by_hand(int in, uint64_t from, uint64_t len, int out, err *e)
{
    char bytes[CHUNK_BYTES];
    while (len > 0) {
        size_t part = (size_t)MIN(len, (uint64_t)sizeof bytes);
        if (!file_read(in, from, bytes, part, e) || !fs_write_all(out, bytes, part, e))
            return false;
        from += part;
        len -= part;
    }
    return true;
}

/* Errors other than a full disk are ignored here: copy_by_hand gets them again and reports them. */
bool file_copy(int in, uint64_t from, uint64_t len, int out, err *e)
{
    while (len > 0) {
        off_t at = (off_t)from;
        ssize_t copied =
            copy_file_range(in, &at, out, NULL, (size_t)MIN(len, (uint64_t)1 << 30), 0);
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied <= 0)
            return copy_by_hand(in, from, len, out, e);
        from += (uint64_t)copied;
        len -= (uint64_t)copied;
    }
    return true;
}
