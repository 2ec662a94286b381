#include "base/util.h"
#include "s3/cli/session/line_reader.h"

#include <errno.h>
#include <unistd.h>

#include "base/loop/loop_watch.h"

#define READ_BYTES     ((size_t)64 * 1024)
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

typedef struct waiting {
    cli *c;
    bool ready;
} waiting;

static void on_readable(void *ctx)
{
    waiting *w = ctx;
    w->ready = true;
    cli_wake(w->c);
}

bool lines_wait(cli *c, int fd)
{
    waiting w = {.c = c};
    loop_watch *watch = loop_watch_readable(c->loop, fd, on_readable, &w);
    while (!w.ready)
        if (!cli_turn(c)) {
            if (!w.ready)
                loop_watch_stop(watch);
            return false;
        }
    return true;
}

void lines_init(lines *l, cli *c, int fd)
{
    *l = (lines){.c = c, .fd = fd};
    buf_init(&l->data, LINE_MAX_BYTES + READ_BYTES);
}

void lines_deinit(lines *l)
{
    buf_deinit(&l->data);
}

/* Returns the next complete line in `data`, or the rest at the end; else NULL. */
static char *take(lines *l)
{
    if (l->next == l->data.len)
        return NULL;
    char *line = l->data.data + l->next;
    char *end = memchr(line, '\n', l->data.len - l->next);
    if (!end && !l->ended)
        return NULL;
    l->next = end ? (size_t)(end - l->data.data) + 1 : l->data.len;
    if (end)
        *end = '\0';
    return line;
}

static bool read_more(lines *l, err *e)
{
    char bytes[READ_BYTES];
    if (!lines_wait(l->c, l->fd))
        return cli_interrupted(l->c, e);
    buf_consume(&l->data, l->next);
    l->next = 0;
    ssize_t got = read(l->fd, bytes, sizeof bytes);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN || err_set_errno(e, ERR_IO, errno, "cannot read");
    l->ended = got == 0;
    return (buf_append(&l->data, bytes, (size_t)got) && l->data.len <= LINE_MAX_BYTES) ||
           err_set(e, ERR_LIMIT, "a line exceeds %zu bytes", LINE_MAX_BYTES);
}

bool lines_next(lines *l, char **line, err *e)
{
    while (!(*line = take(l)) && !l->ended)
        if (!read_more(l, e))
            return false;
    return true;
}
