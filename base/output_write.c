#include "base/output_write.h"

#include <errno.h>
#include <poll.h>

#include "base/util.h"

ssize_t output_write_fd(void *ctx, const struct iovec *parts, int count)
{
    const output_options *o = ctx;
    ssize_t n = writev(o->fd, parts, count);
    if (n >= 0 || errno != EAGAIN)
        return n;
    /* Another process made the shared file description non-blocking. */
    struct pollfd ready = {.fd = o->fd, .events = POLLOUT};
    if (o->threaded)
        poll(&ready, 1, -1);
    errno = o->threaded ? EINTR : EAGAIN;
    return -1;
}

static bool is_final(const output_options *o, int error)
{
    return !o->lossy || error == EPIPE || error == EBADF;
}

/* Removes the first n bytes. */
static int skip_written(struct iovec *parts, int count, size_t n)
{
    int first = 0;
    while (first < count && n >= parts[first].iov_len)
        n -= parts[first++].iov_len;
    for (int i = first; i < count; i++)
        parts[i - first] = parts[i];
    if (first < count) {
        parts[0].iov_base = (char *)parts[0].iov_base + n;
        parts[0].iov_len -= n;
    }
    return count - first;
}

int output_write(const output_options *o, struct iovec *parts, int count)
{
    bool threaded = o->threaded;
    while ((count = skip_written(parts, count, 0)) > 0) {
        ssize_t n = o->write(o->ctx, parts, count);
        int error = n > 0 ? 0 : n == 0 ? EIO : errno;
        if (!error)
            count = skip_written(parts, count, (size_t)n);
        else if (error != EINTR && (is_final(o, error) || !threaded))
            return error;
        else if (error != EINTR)
            poll(NULL, 0, (int)o->retry_ms);
    }
    return 0;
}
