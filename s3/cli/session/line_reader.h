/* The lines of a descriptor, while the event loop goes on.
 *
 * What:    lines_next waits on the loop for the next line: transfers go on meanwhile, and a signal
 *          ends the waiting, also at a terminal or a slow pipe.
 * Owner:   lines_init / lines_deinit; the descriptor stays the caller's. A line is lent until the
 *          next call.
 * Threads: the loop's.
 * Fails:   ERR_CANCELLED when a signal came; ERR_IO; ERR_LIMIT for a line beyond any command's.
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
    size_t next; /* data + this: the line that comes next */
    bool ended;
} lines;

void lines_init(lines *l, cli *c, int fd);
void lines_deinit(lines *l);
DEFINE_AUTO(lines, lines_deinit)

/* *line is NULL at the end; it has no line break. */
bool lines_next(lines *l, char **line, err *e) MUST_USE;

/* Waits until the descriptor can be read, or has ended; false when a signal came. */
bool lines_wait(cli *c, int fd) MUST_USE;

#endif
