/* Verification of a file's content (--verify) by a function that the program passes down.
 *
 * What:    runs cli_verifier.check on a worker, for a file that was downloaded or is to be uploaded.
 * Owner:   the verification duplicates the descriptor and copies the name; it frees itself after
 *          on_done, or after verification_leave as soon as the worker is done.
 * Threads: the loop's; the check runs on a worker.
 * Fails:   by the err given to on_done.
 */
#ifndef S3_CLI_TRANSFER_VERIFICATION_H
#define S3_CLI_TRANSFER_VERIFICATION_H

#include "base/util.h"
#include "s3/cli/session/context.h"

typedef struct verification verification;

/* NULL: on_done is not called. */
verification *verification_start(cli *c, int fd, const char *name,
                                 void (*on_done)(void *ctx, const err *error), void *ctx, err *e)
    MUST_USE;
void verification_leave(verification *v); /* NULL is allowed */

#endif
