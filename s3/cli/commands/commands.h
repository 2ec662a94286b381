/* The table of commands. */
#ifndef S3_CLI_COMMANDS_COMMANDS_H
#define S3_CLI_COMMANDS_COMMANDS_H

#include "s3/cli/session/context.h"

/* Each command's table stands in its own file, s3/cli/cmd_*.c. */
extern const cli_command *const cli_commands[];
extern const size_t cli_command_count;
const cli_command *cli_find_command(const char *name, err *e) MUST_USE;

#endif
