/* Reads lines from a descriptor without blocking the event loop.
 *
 * What:    lines_next waits on the loop for the next line: transfers proceed, and a signal ends the
 *          wait, also for a terminal or a slow pipe.
 * Owner:   lines_init / lines_deinit; the descriptor remains the caller's. A line is borrowed until
 *          the next call.
 * Threads: the loop's.
 * Fails:   ERR_CANCELLED after a signal; ERR_IO; ERR_LIMIT for a line that is too long.
 */
#ifndef S3_CLI_SESSION_LINE_READER_H
#define S3_CLI_SESSION_LINE_READER_H

#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/cli/session/context.h"

typedef struct lines {
    cli *c;
    int fd;
    buf data;
    size_t next; /* offset in data of the next line */
    bool ended;
} lines;

void lines_init(lines *l, cli *c, int fd);
void lines_deinit(lines *l);
DEFINE_AUTO(lines, lines_deinit)

/* *line is NULL at the end; it has no line break. */
bool lines_next(lines *l, char **line, err *e) MUST_USE;

/* Waits until the descriptor is readable or has ended; false after a signal. */
bool lines_wait(cli *c, int fd) MUST_USE;

#endif
