/* Common part of cp and mv: SOURCE... TARGET, single files or whole folders.
 *
 * What:    copy_words starts a transfer for everything that the arguments name.
 * Owner:   everything is borrowed.
 * Threads: the loop's.
 * Fails:   usage errors before anything is started; later the error of a source's listing. Single
 *          transfers print their own errors.
 */
#ifndef S3_CLI_TRANSFER_COPY_H
#define S3_CLI_TRANSFER_COPY_H

#include "base/util.h"
#include "s3/cli/session/context.h"

bool copy_words(cli *c, bool is_move, err *e) MUST_USE;

#endif
