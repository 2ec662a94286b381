/* Writes texts of an output to its reader: the part of output.c without queue and lock.
 *
 * What:    partial writes are continued, interrupted ones repeated; a full disk is waited for if the
 *          output is lossy and has a thread.
 * Owner:   options and parts are borrowed.
 * Threads: the one that writes. Blocks while the reader is stalled.
 * Fails:   output_write by the errno of a write that is not repeated.
 */
#ifndef BASE_OUTPUT_WRITE_H
#define BASE_OUTPUT_WRITE_H

#include "base/output.h"

/* The default of output_options.write; `ctx` is the output_options. */
ssize_t output_write_fd(void *ctx, const struct iovec *parts, int count);
/* Returns 0 or errno. One writev(2) for each text if the kernel takes all of it, so that lines of
 * several processes in one pipe stay whole. */
int output_write(const output_options *o, struct iovec *parts, int count) MUST_USE;

#endif
