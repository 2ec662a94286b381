/* What cp and mv share: SOURCE... TARGET, one by one or whole folders.
 *
 * What:    copy_words starts a transfer for everything that the words mean.
 * Owner:   everything is borrowed.
 * Threads: the loop's.
 * Fails:   usage errors before anything is begun; then what ends the listing of a source. Single
 *          transfers print their own errors.
 */
#ifndef S3_CLI_TRANSFER_COPY_H
#define S3_CLI_TRANSFER_COPY_H

#include "base/util.h"
#include "s3/cli/session/context.h"

bool copy_words(cli *c, bool is_move, err *e) MUST_USE;

#endif
