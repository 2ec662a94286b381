#include "base/util.h"

#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

void util_auto_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define STDERR_WAIT_MS 2000

static void (*on_out_of_memory)(void); /* constant once threads run, as is allocation_most */
static size_t allocation_most = SIZE_MAX;

void util_on_out_of_memory(void (*handler)(void))
{
    on_out_of_memory = handler;
}

void util_limit_allocation(size_t most_bytes)
{
    allocation_most = most_bytes;
}

/* One write, so that lines of other threads are not mixed in; takes no memory and no lock. */
void util_out_of_memory(size_t size_bytes)
{
    char line[128];
    if (on_out_of_memory)
        on_out_of_memory();
    int len = size_bytes
                  ? snprintf(line, sizeof line,
                             "out of memory: %zu bytes requested; free memory and run again\n",
                             size_bytes)
                  : snprintf(line, sizeof line, "out of memory: free memory and run again\n");
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, STDERR_WAIT_MS) > 0) { /* a full pipe without a reader would block */
        ssize_t written = write(STDERR_FILENO, line, (size_t)len);
        UNUSED(written);
    }
    _exit(1);
}

static void *checked(void *p, size_t size_bytes)
{
    if (!p && size_bytes > 0)
        util_out_of_memory(size_bytes);
    return p;
}

void *xcalloc(size_t count, size_t size_bytes)
{
    if (size_bytes > 0 && count > allocation_most / size_bytes)
        util_out_of_memory(allocation_most);
    return checked(calloc(count, size_bytes), count * size_bytes);
}

void *xrealloc(void *p, size_t size_bytes)
{
    if (size_bytes > allocation_most)
        util_out_of_memory(size_bytes);
    return checked(realloc(p, size_bytes), size_bytes);
}

char *xstrdup(const char *s)
{
    return checked(strdup(s), strlen(s) + 1);
}

char *xstrdup_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

char *xstrndup(const char *s, size_t len)
{
    return checked(strndup(s, len), len + 1);
}

char *xasprintf(const char *fmt, ...)
{
    char *out = NULL;
    va_list args;
    va_start(args, fmt);
    int len = vasprintf(&out, fmt, args);
    va_end(args);
    return checked(len < 0 ? NULL : out, strlen(fmt) + 1);
}
