/* What:    targets that are no files to be made: devices and pipes (/dev/null, a FIFO). What comes is
 *          written into them; nothing is ever put in their place.
 * Owner:   the caller closes the descriptor.
 * Threads: any.
 * Fails:   ERR_IO; a pipe that nobody reads from is an error, it is not waited for. */
#ifndef S3_CLI_TRANSFER_SPECIAL_FILES_H
#define S3_CLI_TRANSFER_SPECIAL_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

/* Something stands there that is neither a file nor a folder, by itself or behind a link. */
bool special_is(const char *path);
int special_open(const char *path, err *e) MUST_USE; /* for writing; -1: failed */

#endif
