/* Uploads standard input while it is read.
 *
 * What:    the bytes of a descriptor fill the parts of an s3_put_stream; while these are full,
 *          nothing is read, so that the writer waits.
 * Owner:   input_start / input_free. The caller cancels the upload before input_free.
 * Threads: the loop's.
 * Fails:   an error of the descriptor ends the upload (no object is written) and is passed to
 *          on_failed; errors of the store are those of s3_put_stream.
 */
#ifndef S3_CLI_TRANSFER_STREAM_INPUT_H
#define S3_CLI_TRANSFER_STREAM_INPUT_H

#include "base/loop/loop_watch.h"
#include "decon/s3/put_stream.h"
#include "base/util.h"

typedef struct input input;

/* Sets on_room; ctx and the other callbacks are those of `options`. */
input *input_start(loop *l, s3_client *c, int fd, const s3_put_stream_options *options,
                   void (*on_failed)(void *ctx, const err *e), s3_op **upload) MUST_USE;
uint64_t input_bytes(const input *in); /* read so far */
void input_free(input *in);            /* NULL is allowed */

/* The descriptor of standard input if it is a regular file at its beginning; -1:
 * read it as a stream. */
int input_as_file(void);

#endif
