/* The table of commands. */
#ifndef S3_CLI_COMMANDS_COMMANDS_H
#define S3_CLI_COMMANDS_COMMANDS_H

#include "base/util.h"
#include "s3/cli/session/context.h"

/* Each command's table stands in its own file, s3/cli/cmd_*.c. */
extern const cli_command *const cli_commands[];
extern const size_t cli_command_count;
/* Flags may stand before the command, as with s5cmd and the AWS CLI: moves the command's word to
 * argv[0], and they follow it. False where there is no command, or a flag that none has. */
bool cli_command_first(int argc, char **argv, err *e) MUST_USE;
const cli_command *cli_find_command(const char *name, err *e) MUST_USE;

#endif
