/* Message after a signal: what was done, and how to continue.
 *
 * What:    one line on standard error, or one JSON object with --json.
 * Owner:   borrows its arguments.
 * Threads: the main thread.
 * Fails:   never.
 */
#ifndef S3_CLI_SESSION_INTERRUPTION_H
#define S3_CLI_SESSION_INTERRUPTION_H

#include "s3/cli/session/context.h"
#include "s3/cli/session/progress.h"

#define INTERRUPTED_TEXT_SIZE 512

/* The text of the line, without the program's name; pure, for tests. */
void interrupted_text(const cli_command *command, const progress_numbers *n, int signal_number,
                      bool dry_run, char out[INTERRUPTED_TEXT_SIZE]);

/* Call after the jobs were cancelled. */
void interrupted_print(const cli *c);

#endif
