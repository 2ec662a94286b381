/* Standard input on its way up: read as it comes, sent while it is read.
 *
 * What:    the bytes of a descriptor go into the parts of an s3_put_stream; while there is no room in
 *          them nothing is read, so that whoever writes has to wait.
 * Owner:   input_start / input_free. The upload is the caller's to cancel, before input_free.
 * Threads: the loop's.
 * Fails:   a descriptor that cannot be read ends the upload (nothing stands in the store) and is told
 *          to on_failed; the store's errors come as those of s3_put_stream.
 */
#ifndef S3_CLI_TRANSFER_STREAM_INPUT_H
#define S3_CLI_TRANSFER_STREAM_INPUT_H

#include "base/loop/loop_watch.h"
#include "decon/s3/put_stream.h"
#include "base/util.h"

typedef struct input input;

/* on_room is set by it; ctx and the other callbacks are those of `options`. */
input *input_start(loop *l, s3_client *c, int fd, const s3_put_stream_options *options,
                   void (*on_failed)(void *ctx, const err *e), s3_op **upload) MUST_USE;
uint64_t input_bytes(const input *in); /* read so far */
void input_free(input *in);            /* NULL is fine */

/* Standard input as a file of its own descriptor: where it is one, and at its beginning. -1: it is to
 * be read as it comes. */
int input_as_file(void);

#endif
