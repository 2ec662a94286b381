/* What:    targets that are devices and pipes (/dev/null, a FIFO). Data is written into them; they
 * are
 *          never replaced.
 * Owner:   the caller closes the descriptor.
 * Threads: any.
 * Fails:   ERR_IO; a pipe without a reader is an error. */
#ifndef S3_CLI_TRANSFER_SPECIAL_FILES_H
#define S3_CLI_TRANSFER_SPECIAL_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

/* The path exists and is neither a file nor a folder, directly or through a link. */
bool special_is(const char *path);
int special_open(const char *path, err *e) MUST_USE; /* for writing; -1: failed */

#endif
