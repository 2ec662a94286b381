#include "base/util.h"

#include <stdarg.h>
#include <unistd.h>

void util_auto_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* One write, so that no other thread's line is within it; nothing here takes memory or a lock. */
void util_out_of_memory(size_t size_bytes)
{
    char line[128];
    int len = size_bytes
                  ? snprintf(line, sizeof line,
                             "out of memory: %zu bytes requested; free memory and run again\n",
                             size_bytes)
                  : snprintf(line, sizeof line, "out of memory: free memory and run again\n");
    ssize_t written = write(STDERR_FILENO, line, (size_t)len);
    UNUSED(written);
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
    return checked(calloc(count, size_bytes), count * size_bytes);
}

void *xrealloc(void *p, size_t size_bytes)
{
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
